// avsc as a judge of Fabric.Avro. One JSON request per line, one JSON answer per line:
//   {op: 'roundtrip', schema, hex}     decode and encode again          -> {hex, md5}
//   {op: 'random', schema, count}      values of avsc's own making      -> {hexes, md5}
//   {op: 'resolve', writer, reader, hex}  read as reader, encode by it  -> {hex}
// An error is {error}. Longs are BigInts: a JavaScript number would round them.
import avro from 'avsc';
import { createInterface } from 'node:readline';

const longs = avro.types.LongType.__with({
  fromBuffer: buffer => buffer.readBigInt64LE(),
  toBuffer: value => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: value => typeof value === 'bigint',
  compare: (left, right) => (left < right ? -1 : left > right ? 1 : 0),
});
// Random values are made by the prototype, which makes numbers; the type itself is frozen.
Object.getPrototypeOf(longs).random = () =>
  BigInt.asIntN(64, BigInt(Math.floor(Math.random() * 2 ** 53)) * BigInt(Math.floor(Math.random() * 2 ** 12) - 2 ** 11));

// The registry alone would miss {"type": "long", ...}.
const typeHook = schema => ((schema?.type ?? schema) === 'long' ? longs : undefined);
const parse = schema => avro.Type.forSchema(schema, { typeHook, wrapUnions: true });
const md5 = type => type.fingerprint('md5').toString('hex');

const operations = {
  roundtrip: ({ schema, hex }) => {
    const type = parse(schema);
    return { hex: type.toBuffer(type.fromBuffer(Buffer.from(hex, 'hex'))).toString('hex'), md5: md5(type) };
  },
  random: ({ schema, count }) => {
    const type = parse(schema);
    return { hexes: Array.from({ length: count }, () => type.toBuffer(type.random()).toString('hex')), md5: md5(type) };
  },
  resolve: ({ writer, reader, hex }) => {
    const [from, to] = [parse(writer), parse(reader)];
    return { hex: to.toBuffer(to.fromBuffer(Buffer.from(hex, 'hex'), to.createResolver(from))).toString('hex') };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer;
  try {
    answer = operations[request.op](request);
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
