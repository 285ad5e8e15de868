// A small reader of Delta tables, written from the protocol alone, on hyparquet.
//   node delta-read.mjs TABLE [VERSION | latest] [--state]      (--state: the first line alone)
// First line: {"version","protocol","metaData","files":[add…],"removes":[…],"txns":{appId: version}}; then one line per row:
// an array of texts (null for null) in schema order. Reals are written as their bits, so that nothing is lost or rounded.
// A table outside the profile (reader 1, or 2 with column mapping) gives {"refused":[…]} and exit code 3;
// a broken log gives {"broken": "…"} and exit code 4.
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const table = resolve(process.argv[2])
const wanted = [undefined, 'latest'].includes(process.argv[3]) ? Infinity : Number(process.argv[3])
const stateOnly = process.argv.includes('--state')
const log = join(table, '_delta_log')

function stop(code, answer) {
  process.stdout.write(JSON.stringify(answer) + '\n')
  process.exit(code)
}
const broken = (reason) => stop(4, { broken: reason })

// ---- Parquet: values as they are stored, types applied by us ------------------------------------------------------------------

const parsers = {
  timestampFromMilliseconds: (v) => ({ micros: BigInt(v) * 1000n }),
  timestampFromMicroseconds: (v) => ({ micros: BigInt(v) }),
  timestampFromNanoseconds: (v) => ({ micros: floorDiv(BigInt(v), 1000n) }),
  dateFromDays: (v) => ({ days: Number(v) }),
  stringFromBytes: (v) => v && new TextDecoder('utf-8', { fatal: true }).decode(v),
}

function floorDiv(a, b) {
  const q = a / b
  return a % b < 0n ? q - 1n : q
}

/** hyparquet turns decimals into numbers and maps into objects; both lose. Decimals come raw, maps as { key_value: [{ key, value }] }. */
function keepExact(metadata) {
  for (const element of metadata.schema) {
    if (element.converted_type === 'DECIMAL' || element.logical_type?.type === 'DECIMAL') {
      delete element.converted_type
      delete element.logical_type
    }
    if (element.converted_type === 'MAP' || element.converted_type === 'MAP_KEY_VALUE' || element.logical_type?.type === 'MAP') {
      delete element.converted_type
      delete element.logical_type
    }
  }
  return metadata
}

async function readParquet(path) {
  const file = await asyncBufferFromFile(path)
  const metadata = keepExact(await parquetMetadataAsync(file))
  const rows = await parquetReadObjects({ file, metadata, compressors, parsers, utf8: false })
  return { rows, metadata }
}

const entriesOf = (map) => Object.values(map)[0] ?? []
const entriesToMap = (map) => map == null ? null : Object.fromEntries(entriesOf(map).map((e) => [e.key, e.value ?? null]))

// ---- the log --------------------------------------------------------------------------------------------------------------

function listLog() {
  if (!existsSync(log)) broken('no _delta_log')
  const commits = new Map()
  const checkpoints = new Map()
  for (const name of readdirSync(log)) {
    let m
    if ((m = /^(\d{20})\.json$/.exec(name))) commits.set(Number(m[1]), name)
    else if ((m = /^(\d{20})\.checkpoint\.parquet$/.exec(name))) checkpoints.set(Number(m[1]), [name])
    else if ((m = /^(\d{20})\.checkpoint\.(\d{10})\.(\d{10})\.parquet$/.exec(name))) {
      const key = `${Number(m[1])}/${Number(m[3])}`
      checkpoints.set(key, [...(checkpoints.get(key) ?? []), name])
    }
  }
  const whole = []
  for (const [key, names] of checkpoints) {
    const [version, parts] = String(key).split('/').map(Number)
    if ((parts ?? 1) === names.length && version <= wanted) whole.push({ version, names: names.sort() })
  }
  whole.sort((a, b) => a.version - b.version)
  return { commits, checkpoint: whole.at(-1) }
}

/** One name per file: decoded once, relative to the table where it lies inside. */
function fileKey(path) {
  let decoded = decodeURIComponent(path)
  if (/^file:/i.test(path)) decoded = fileURLToPath(path.replace(/^file:\/*/i, 'file:///'))
  return decoded.startsWith(table + '/') ? decoded.slice(table.length + 1) : decoded
}

const state = { protocol: undefined, metaData: undefined, files: new Map(), removes: new Map(), txns: new Map() }

function apply(action) {
  if (action.protocol) state.protocol = action.protocol
  if (action.metaData) state.metaData = action.metaData
  if (action.txn) state.txns.set(action.txn.appId, Number(action.txn.version))
  const file = action.add ?? action.remove
  if (!file) return
  const dv = file.deletionVector
  const key = fileKey(file.path) + '\u0000' + (dv ? `${dv.storageType}${dv.pathOrInlineDv}@${dv.offset ?? ''}` : '')
  const [into, outOf] = action.add ? [state.files, state.removes] : [state.removes, state.files]
  into.set(key, file)
  outOf.delete(key)
}

function fromCheckpointRow(row) {
  const action = {}
  for (const kind of ['protocol', 'metaData', 'txn', 'add', 'remove']) {
    if (row[kind] == null) continue
    const value = { ...row[kind] }
    for (const name of ['partitionValues', 'tags', 'configuration']) if (name in value) value[name] = entriesToMap(value[name])
    if (value.format) value.format = { ...value.format, options: entriesToMap(value.format.options) ?? {} }
    action[kind] = value
  }
  return action
}

async function replay() {
  const { commits, checkpoint } = listLog()
  let version = -1
  if (checkpoint) {
    for (const name of checkpoint.names) {
      for (const row of (await readParquet(join(log, name))).rows) apply(fromCheckpointRow(row))
    }
    version = checkpoint.version
    if (!state.protocol || !state.metaData) broken('checkpoint without protocol or metaData')
  }
  const later = [...commits.keys()].filter((v) => v > version && v <= wanted).sort((a, b) => a - b)
  for (const v of later) {
    if (v !== version + 1) broken(`version ${version + 1} is missing`)
    const lines = readFileSync(join(log, commits.get(v)), 'utf8').split('\n').filter((line) => line.trim() !== '')
    if (lines.length === 0) broken(`commit ${v} is empty`)
    for (const line of lines) {
      let action
      try {
        action = JSON.parse(line)
      } catch {
        broken(`commit ${v} has a torn line`)
      }
      apply(action)
    }
    version = v
  }
  if (version < 0) broken('no commit')
  if (wanted !== Infinity && version !== wanted) broken(`version ${wanted} does not exist`)
  if (!state.protocol) broken('no protocol')
  return version
}

function checkProtocol() {
  const { minReaderVersion, readerFeatures } = state.protocol
  if (minReaderVersion > 3) stop(3, { refused: [`minReaderVersion=${minReaderVersion}`] })
  const unknown = minReaderVersion === 3 ? (readerFeatures ?? []).filter((name) => name !== 'columnMapping') : []
  if (unknown.length > 0) stop(3, { refused: unknown })
  if (!state.metaData) broken('no metaData')
  const mapped = minReaderVersion === 2 || (readerFeatures ?? []).includes('columnMapping')
  return mapped ? state.metaData.configuration?.['delta.columnMapping.mode'] ?? 'none' : 'none'
}

// ---- values as text -------------------------------------------------------------------------------------------------------

const pad = (n, width) => String(n).padStart(width, '0')

function dateText(days) {
  const date = new Date(days * 86400000)
  return `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1, 2)}-${pad(date.getUTCDate(), 2)}`
}

function timestampText(micros) {
  const seconds = floorDiv(micros, 1000000n)
  const time = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  return `${time}.${pad(micros - seconds * 1000000n, 6)}Z`
}

function realText(value, isFloat) {
  const view = new DataView(new ArrayBuffer(8))
  if (isFloat) {
    view.setFloat32(0, value)
    return 'f' + pad(view.getUint32(0).toString(16), 8)
  }
  view.setFloat64(0, value)
  return 'd' + pad(view.getBigUint64(0).toString(16), 16)
}

function decimalText(value, scale) {
  let unscaled
  if (value instanceof Uint8Array) {
    unscaled = 0n
    for (const byte of value) unscaled = (unscaled << 8n) | BigInt(byte)
    if (value.length > 0 && value[0] & 0x80) unscaled -= 1n << BigInt(8 * value.length)
  } else {
    unscaled = BigInt(value)
  }
  const digits = pad(unscaled < 0n ? -unscaled : unscaled, scale + 1)
  const sign = unscaled < 0n ? '-' : ''
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

const nameInFile = (field, mode) => (mode === 'none' ? field.name : field.metadata['delta.columnMapping.physicalName'])

function text(value, type, mode) {
  if (value === null || value === undefined) return 'null'
  if (typeof type === 'object') {
    if (type.type === 'array') return '[' + value.map((item) => text(item, type.elementType, mode)).join(', ') + ']'
    if (type.type === 'map') {
      const entries = entriesOf(value).map((e) => `${text(e.key, type.keyType, mode)}: ${text(e.value, type.valueType, mode)}`)
      return '<' + entries.join(', ') + '>'
    }
    return '{' + type.fields.map((f) => `${f.name}: ${text(value[nameInFile(f, mode)], f.type, mode)}`).join(', ') + '}'
  }
  const decimal = /^decimal\((\d+),\s*(\d+)\)$/.exec(type)
  if (decimal) return decimalText(value, Number(decimal[2]))
  switch (type) {
    case 'date': return dateText(value.days)
    case 'timestamp': return timestampText(value.micros)
    case 'float': case 'double': return realText(value, type === 'float')
    case 'binary': return '0x' + Buffer.from(value).toString('hex').toUpperCase()
    default: return String(value) // string, boolean, and integers of all widths
  }
}

function partitionText(value, type) {
  if (value === null || value === undefined || value === '') return null
  const decimal = /^decimal\((\d+),\s*(\d+)\)$/.exec(type)
  if (decimal) {
    const m = /^(-?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(value)
    const shift = Number(decimal[2]) - m[3].length + Number(m[4] ?? 0)
    let unscaled = BigInt(m[2] + m[3])
    unscaled = shift >= 0 ? unscaled * 10n ** BigInt(shift) : unscaled / 10n ** BigInt(-shift)
    return decimalText(m[1] ? -unscaled : unscaled, Number(decimal[2]))
  }
  switch (type) {
    case 'timestamp': {
      const m = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?Z?$/.exec(value)
      return timestampText(BigInt(Date.parse(`${m[1]}T${m[2]}Z`)) * 1000n + BigInt((m[3] ?? '').padEnd(6, '0')))
    }
    case 'float': case 'double': return realText(Number(value), type === 'float')
    case 'binary': return '0x' + Buffer.from(value, 'utf8').toString('hex').toUpperCase()
    default: return value
  }
}

// ---- rows -----------------------------------------------------------------------------------------------------------------

function columnOf(field, mode, metadata) {
  if (mode !== 'id') return nameInFile(field, mode)
  const id = field.metadata['delta.columnMapping.id']
  return metadata.schema.find((element) => element.field_id === id)?.name
}

async function* rowsOf(add, fields, partitions, mode) {
  const key = fileKey(add.path)
  if (key.startsWith('/') || key.split('/').includes('..')) broken(`${basename(key)} is outside the table`)
  const path = join(table, key)
  if (!existsSync(path)) broken(`data file ${key} is missing`)
  const { rows, metadata } = await readParquet(path)
  const columns = fields.map((field) => columnOf(field, mode, metadata))
  for (const row of rows) {
    yield fields.map((field, i) => {
      if (partitions.has(field.name)) return partitionText(add.partitionValues[nameInFile(field, mode)], field.type)
      const value = columns[i] === undefined ? undefined : row[columns[i]]
      return value === null || value === undefined ? null : text(value, field.type, mode)
    })
  }
}

const version = await replay()
const mode = checkProtocol()
const fields = state.metaData.schemaString ? JSON.parse(state.metaData.schemaString).fields : []
const partitions = new Set(state.metaData.partitionColumns ?? [])
const out = []
out.push(JSON.stringify({
  version,
  protocol: state.protocol,
  metaData: state.metaData,
  files: [...state.files.values()],
  removes: [...state.removes.values()],
  txns: Object.fromEntries(state.txns),
}, (_, value) => (typeof value === 'bigint' ? Number(value) : value)))
for (const add of stateOnly ? [] : state.files.values()) {
  if (add.deletionVector) stop(3, { refused: ['deletionVectors'] })
  for await (const row of rowsOf(add, fields, partitions, mode)) out.push(JSON.stringify(row))
}
await new Promise((done) => process.stdout.write(out.join('\n') + '\n', done))
