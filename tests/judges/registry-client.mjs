// Judge of the schema registry: @kafkajs/confluent-schema-registry against the server at the address given. Prints one JSON
// object with what it saw.
import { SchemaRegistry, SchemaType, COMPATIBILITY } from '@kafkajs/confluent-schema-registry';

const host = process.argv[2];
const registry = new SchemaRegistry({ host });
const schema = (fields) => JSON.stringify({ type: 'record', name: 'Reading', namespace: 'judge', fields });
const v1 = schema([{ name: 'device', type: 'string' }, { name: 'value', type: 'double' }]);
const v2 = schema([{ name: 'device', type: 'string' }, { name: 'value', type: 'double' }, { name: 'unit', type: ['null', 'string'], default: null }]);
const broken = schema([{ name: 'device', type: 'string' }, { name: 'value', type: 'double' }, { name: 'must', type: 'int' }]);

const { id: first } = await registry.register({ type: SchemaType.AVRO, schema: v1 }, { subject: 'readings-value', compatibility: COMPATIBILITY.BACKWARD });
const { id: again } = await registry.register({ type: SchemaType.AVRO, schema: v1 }, { subject: 'readings-value', compatibility: COMPATIBILITY.BACKWARD });
const { id: second } = await registry.register({ type: SchemaType.AVRO, schema: v2 }, { subject: 'readings-value', compatibility: COMPATIBILITY.BACKWARD });
const { id: elsewhere } = await registry.register({ type: SchemaType.AVRO, schema: v1 }, { subject: 'other-value', compatibility: COMPATIBILITY.BACKWARD });
let refused = '';
try {
  await registry.register({ type: SchemaType.AVRO, schema: broken }, { subject: 'readings-value', compatibility: COMPATIBILITY.BACKWARD });
} catch (error) {
  refused = `${error.status} ${error.message}`;
}

const payload = { device: 'pump-1', value: 21.5, unit: 'Cel' };
const encoded = await registry.encode(second, payload);
const fresh = new SchemaRegistry({ host });
const decoded = await fresh.decode(encoded);
console.log(JSON.stringify({
  first, again, second, elsewhere, refused, decoded,
  latest: await fresh.getLatestSchemaId('readings-value'),
  bySchema: await fresh.getRegistryIdBySchema('readings-value', { type: SchemaType.AVRO, schema: v1 }),
  byVersion: await fresh.getRegistryId('readings-value', 2),
  encoded: encoded.toString('hex'),
}));
