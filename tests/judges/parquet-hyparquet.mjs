// Reads a Parquet file with hyparquet and prints what stands in it, one line of JSON after another:
//   {"schema": [...]}, then one array of strings per row: null | b:true | i:<decimal> | d:<bits as hex> | t:<text> | x:<hex>.
// Decimals are read raw (hyparquet's own conversion goes through doubles); long texts are given by their SHA-256.
// With --nested: rows as plain JSON, integers of 64 bits as text.
import { createHash } from 'node:crypto'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'

const path = process.argv[2]
const nested = process.argv.includes('--nested')
const file = await asyncBufferFromFile(path)
const metadata = await parquetMetadataAsync(file)
const raw = { dateFromDays: d => ({ int: d }), timestampFromMicroseconds: m => ({ int: m }) }

const schema = metadata.schema.map(e => ({
  name: e.name, type: e.type, repetition: e.repetition_type, converted: e.converted_type, scale: e.scale, precision: e.precision,
  children: e.num_children, utc: e.logical_type?.isAdjustedToUTC, unit: e.logical_type?.unit,
}))
const statistics = metadata.row_groups.map(g => g.columns.map(c => ({
  path: c.meta_data.path_in_schema, bloom: c.meta_data.bloom_filter_offset !== undefined, codec: c.meta_data.codec,
  encodings: c.meta_data.encodings,
  hasBounds: ['min', 'max', 'min_value', 'max_value'].some(k => c.meta_data.statistics?.[k] !== undefined),
  nulls: c.meta_data.statistics?.null_count?.toString(),
})))
print({ schema, statistics, rows: metadata.num_rows.toString() })

const types = metadata.schema.slice(1)
if (!nested) {
  for (const element of metadata.schema) {
    if (element.converted_type === 'DECIMAL') {
      delete element.converted_type
      delete element.logical_type
    }
  }
}
const rows = metadata.num_rows === 0n ? [] : await parquetReadObjects({ file, metadata, compressors, utf8: false, parsers: nested ? {} : raw })
for (const row of rows) {
  print(nested ? row : types.map(t => encode(row[t.name], t)))
}

function encode(value, element) {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'boolean') return `b:${value}`
  if (typeof value === 'string') return text(value)
  if (typeof value === 'bigint') return `i:${value}`
  if (value.int !== undefined) return `i:${value.int}`
  if (value instanceof Uint8Array) {
    return element.precision ? `i:${twosComplement(value)}` : bytes(value)
  }
  return element.type === 'DOUBLE' || element.type === 'FLOAT' ? `d:${bits(value)}` : `i:${value}`
}

function text(value) {
  return value.length > 1000 ? `t#${createHash('sha256').update(value, 'utf8').digest('hex')}` : `t:${value}`
}

function bytes(value) {
  return value.length > 1000 ? `x#${createHash('sha256').update(value).digest('hex')}` : `x:${Buffer.from(value).toString('hex')}`
}

function bits(value) {
  if (Number.isNaN(value)) return 'nan'
  const buffer = Buffer.alloc(8)
  buffer.writeDoubleBE(value)
  return buffer.toString('hex')
}

function twosComplement(value) {
  return BigInt.asIntN(value.length * 8, BigInt(`0x${Buffer.from(value).toString('hex')}`))
}

function print(value) {
  process.stdout.write(`${JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? v.toString() : v))}\n`)
}
