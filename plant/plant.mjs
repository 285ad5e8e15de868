#!/usr/bin/env node
// A simulated plant on third-party protocol stacks. See --help.
import { parseArgs } from 'node:util';
import { startBroker } from './broker.mjs';
import { Ledger } from './ledger.mjs';
import { load } from './load.mjs';
import { Publisher } from './publisher.mjs';
import { play } from './recording.mjs';
import { simulate } from './simulation.mjs';

const HELP = `plant: a simulated plant that publishes over MQTT and keeps a ledger of what was acknowledged

  --url URL          broker to publish to; without it, one is started on loopback (and told on standard output)
  --ledger FILE      where acknowledged messages are entered, one JSON object a line
  --qos N            0, 1 or 2 (1)
  --in-flight N      unacknowledged messages at most (200)
  --seconds N        stop by itself after N seconds; 0 = when standard input closes (60)
  --seed N           chance (1)
  --scale N          so many times the machines (1: about 1,050 samples a second)
  --wait-for N       wait until N clients have subscribed at the started broker (0)

  --csv FILE         play a recording instead; may be given several times
  --topic TOPIC      topic of the recording or load, {device} is the file's or device's name (plant/{device})
  --separator C      (;)   --leave-out COLUMN   may be given several times   --rate N   rows or samples a second (0 = as fast as acknowledged)

  --load             a steady load instead: --rate samples a second (5000), --devices N (8), --per-message N (20)

Events go to standard output as JSON lines: listening, started, done. The started broker lives until standard input closes.`;

const { values: args } = parseArgs({
  options: {
    help: { type: 'boolean' }, url: { type: 'string' }, ledger: { type: 'string' }, qos: { type: 'string', default: '1' },
    'in-flight': { type: 'string', default: '200' }, seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' }, scale: { type: 'string', default: '1' },
    'wait-for': { type: 'string', default: '0' }, csv: { type: 'string', multiple: true, default: [] },
    topic: { type: 'string', default: 'plant/{device}' }, separator: { type: 'string', default: ';' },
    'leave-out': { type: 'string', multiple: true, default: [] }, rate: { type: 'string' },
    load: { type: 'boolean', default: false }, devices: { type: 'string', default: '8' },
    'per-message': { type: 'string', default: '20' },
  },
});
if (args.help) {
  console.log(HELP);
  process.exit(0);
}

const number = (name) => {
  const value = Number(args[name]);
  if (!Number.isFinite(value) || value < 0) {
    console.error(`plant: --${name} must be a number of 0 or more, found '${args[name]}'`);
    process.exit(2);
  }
  return value;
};
const tell = (event, fields = {}) => process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);

let inputClosed = false;
const closed = new Promise((resolve) => {
  const close = () => {
    inputClosed = true;
    resolve();
  };
  process.stdin.on('end', close).on('close', close).resume();
  process.on('SIGTERM', close).on('SIGINT', close);
});
const stopped = () => inputClosed;

const broker = args.url ? null : await startBroker();
const url = args.url ?? broker.url;
if (broker) tell('listening', { url, port: broker.port });
const ledger = new Ledger(args.ledger);
const publisher = await Publisher.connect(url, `plant-${args.seed}`, ledger, {
  qos: number('qos'), inFlightMax: number('in-flight'),
});
while (broker && broker.subscribers() < number('wait-for') && !stopped()) await new Promise((r) => setTimeout(r, 20));
tell('started');
if (args.csv.length > 0) {
  for (const file of args.csv) {
    await play(publisher, file, {
      topic: args.topic, separator: args.separator, leaveOut: args['leave-out'], rate: args.rate ? number('rate') : 0, stopped,
    });
  }
} else if (args.load) {
  await load(publisher, {
    devices: number('devices'), perMessage: number('per-message'), rate: args.rate ? number('rate') : 5000,
    seconds: number('seconds'), topic: args.topic, stopped,
  });
} else {
  await simulate(publisher, { seed: number('seed'), scale: number('scale'), seconds: number('seconds'), stopped });
}
await publisher.close();
await ledger.close();
tell('done', ledger.totals);
if (broker) {
  await closed;
  await broker.close();
}
process.exit(0);
