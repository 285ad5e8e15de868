// avsc's side of the Avro benchmark. First line: {schema, hexes}. Then one command per line:
//   fromBuffer N | encode N     run it N times over the values, answer the CPU nanoseconds per value
import avro from 'avsc';
import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { schema, hexes } = JSON.parse((await lines.next()).value);
const type = avro.Type.forSchema(schema);
const buffers = hexes.map(hex => Buffer.from(hex, 'hex'));
const values = buffers.map(buffer => type.fromBuffer(buffer));
const target = Buffer.alloc(1 << 16);
let sink = 0;

const operations = {
  fromBuffer: () => {
    for (const buffer of buffers) {
      sink += type.fromBuffer(buffer).sequence;
    }
  },
  encode: () => {
    for (const value of values) {
      sink += type.encode(value, target, 0);
    }
  },
};

for (let line; !(line = await lines.next()).done;) {
  const [name, rounds] = line.value.split(' ');
  const before = process.cpuUsage();
  for (let i = 0; i < Number(rounds); i++) {
    operations[name]();
  }
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`${((user + system) * 1000) / (Number(rounds) * buffers.length)}\n`);
}
process.stderr.write(`${sink}\n`);
