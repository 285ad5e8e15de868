// Reads a Parquet file with DuckDB's own Node client and prints one array of strings per row:
//   null | b:true | i:<decimal> | d:<bits as hex> | t:<text> | x:<hex>; long values by their SHA-256.
import { createHash } from 'node:crypto'
import { DuckDBInstance, DuckDBTypeId } from '@duckdb/node-api'

const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()
const result = await connection.run(`SELECT * FROM read_parquet('${process.argv[2].replaceAll("'", "''")}')`)
const types = result.columnTypes().map(t => t.typeId)
for (;;) {
  const chunk = await result.fetchChunk()
  if (!chunk || chunk.rowCount === 0) break
  for (const row of chunk.getRows()) {
    process.stdout.write(`${JSON.stringify(row.map((value, i) => encode(value, types[i])))}\n`)
  }
}

function encode(value, type) {
  if (value === null) return 'null'
  switch (type) {
    case DuckDBTypeId.BOOLEAN: return `b:${value}`
    case DuckDBTypeId.DOUBLE: case DuckDBTypeId.FLOAT: return `d:${bits(value)}`
    case DuckDBTypeId.VARCHAR: return long('t', value, value)
    case DuckDBTypeId.BLOB: return long('x', value.bytes, Buffer.from(value.bytes).toString('hex'))
    case DuckDBTypeId.DATE: return `i:${value.days}`
    case DuckDBTypeId.TIMESTAMP_TZ: return `i:${value.micros}`
    case DuckDBTypeId.DECIMAL: return `i:${value.value}`
    default: return `i:${value}`
  }
}

function long(tag, value, text) {
  return value.length > 1000 ? `${tag}#${createHash('sha256').update(value).digest('hex')}` : `${tag}:${text}`
}

function bits(value) {
  if (Number.isNaN(value)) return 'nan'
  const buffer = Buffer.alloc(8)
  buffer.writeDoubleBE(value)
  return buffer.toString('hex')
}
