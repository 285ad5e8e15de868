// mqtt.js's side of the MQTT benchmark: node mqtt-speed.mjs PORT FILTER. First line: the Avro schema of an observation. Then
// one command per line:
//   count | encode    subscribe at QoS 0; count messages, or parse each and encode it; answer "ready"
//   stop              wait until it is quiet, unsubscribe, answer "MESSAGES CPU_MICROSECONDS"
import avro from 'avsc';
import mqtt from 'mqtt';
import { createInterface } from 'node:readline';

const [port, filter] = process.argv.slice(2);
const quietMs = 500;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const type = avro.Type.forSchema(JSON.parse((await lines.next()).value));
const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'peer' });
let messages = 0;
let bytes = 0;
let cpu;
let encodes = false;

client.on('message', (topic, payload) => {
  messages++;
  if (encodes) {
    bytes += encode(topic, payload).length;
  }
});

function encode(topic, payload) {
  const [, , device, point] = topic.split('/');
  const { ts, v, q, u } = JSON.parse(payload);
  return type.toBuffer({
    node: 'edge-1', source: 'sensors', device, epoch: 1, sequence: messages, receivedAt: Date.now() * 1000, delivery: 'LIVE',
    samples: [{
      point, value: { double: v }, type: 'number', observedAt: ts * 1000, clock: 'DEVICE', quality: q === 'good' ? 'GOOD' : 'BAD',
      status: null, unit: u,
    }],
    attributes: {},
  });
}

async function quiet() {
  for (let seen = -1; seen !== messages;) {
    seen = messages;
    await new Promise(resolve => setTimeout(resolve, quietMs));
  }
}

for (let line; !(line = await lines.next()).done;) {
  if (line.value === 'stop') {
    await quiet();
    const { user, system } = process.cpuUsage(cpu);
    await client.unsubscribeAsync(filter);
    process.stdout.write(`${messages} ${user + system}\n`);
  } else {
    encodes = line.value === 'encode';
    await client.subscribeAsync(filter, { qos: 0 });
    messages = 0;
    cpu = process.cpuUsage();
    process.stdout.write('ready\n');
  }
}
await client.endAsync();
if (bytes === 0) {
  process.stderr.write('nothing was encoded\n');
}
