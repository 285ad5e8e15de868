// Judges our MQTT packets with mqtt-packet, the codec of mqtt.js.
//   generate VERSION SEED COUNT   prints COUNT random packets, one hex line each
//   echo VERSION                  reads hex lines, parses each, prints what it generates from it
//   compare VERSION               reads lines of two hex packets and demands that both parse to the same object
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { isDeepStrictEqual } from 'node:util'

const mqttPacket = createRequire(import.meta.url)('mqtt-packet')
const [command, versionText, seedText, countText] = process.argv.slice(2)
const version = Number(versionText)
const v5 = version === 5

let state = Number(seedText ?? 1) >>> 0
function random (below) { // mulberry32
  state = (state + 0x6D2B79F5) >>> 0
  let t = state
  t = Math.imul(t ^ (t >>> 15), t | 1)
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
  return Math.floor(((t ^ (t >>> 14)) >>> 0) / 4294967296 * below)
}
const chance = n => random(n) === 0
const pick = list => list[random(list.length)]
const text = () => pick(['plant', 'Öl', '振動', '😀', 'pump 3', 'x'])
const topic = () => Array.from({ length: 1 + random(5) }, text).join('/')
const bytes = max => Buffer.from(Array.from({ length: random(max) }, () => random(256)))
const id = () => 1 + random(65535)
const some = entries => Object.fromEntries(Object.entries(entries).filter(() => chance(2)))
const user = () => ({ first: text(), second: [text(), text()] })
const properties = entries => v5 && chance(2) ? { properties: some({ ...entries, userProperties: user() }) } : {}
const message = () => ({
  payloadFormatIndicator: chance(2), messageExpiryInterval: random(4294967296), contentType: text(),
  responseTopic: topic(), correlationData: Buffer.concat([Buffer.from([1]), bytes(20)])
})

const makers = {
  connect: () => ({
    protocolId: 'MQTT', protocolVersion: version, clean: chance(2), clientId: 'c' + random(1000), keepalive: random(65536),
    ...(chance(2) ? { username: text(), password: bytes(20) } : {}),
    ...(chance(2) ? { will: { topic: topic(), payload: Buffer.concat([Buffer.from('w'), bytes(30)]), qos: random(3), retain: chance(2), ...properties({ ...message(), willDelayInterval: random(1000) }) } } : {}),
    ...properties({ sessionExpiryInterval: random(4294967296), receiveMaximum: id(), maximumPacketSize: 1 + random(4294967295), topicAliasMaximum: id(), requestResponseInformation: chance(2), requestProblemInformation: chance(2) })
  }),
  connack: () => ({
    sessionPresent: false, ...(v5 ? { reasonCode: pick([0, 0x80, 0x87, 0x9c]) } : { returnCode: random(6) }),
    ...properties({ sessionExpiryInterval: random(4294967296), receiveMaximum: id(), maximumQoS: random(2), retainAvailable: chance(2), maximumPacketSize: 1 + random(4294967295), assignedClientIdentifier: text(), topicAliasMaximum: id(), reasonString: text(), wildcardSubscriptionAvailable: chance(2), subscriptionIdentifiersAvailable: chance(2), sharedSubscriptionAvailable: chance(2), serverKeepAlive: id(), responseInformation: text(), serverReference: text() })
  }),
  publish: () => {
    const qos = random(3)
    return { topic: topic(), payload: bytes(chance(20) ? 3000 : 80), qos, retain: chance(2), dup: qos > 0 && chance(2), ...(qos ? { messageId: id() } : {}), ...properties({ ...message(), topicAlias: id(), subscriptionIdentifier: 1 + random(268435455) }) }
  },
  puback: () => ack([0, 0x10, 0x80, 0x87, 0x97, 0x99]),
  pubrec: () => ack([0, 0x10, 0x80, 0x91]),
  pubrel: () => ack([0, 0x92]),
  pubcomp: () => ack([0, 0x92]),
  subscribe: () => ({
    messageId: id(), ...properties({ subscriptionIdentifier: 1 + random(268435455) }),
    subscriptions: Array.from({ length: 1 + random(4) }, () => ({ topic: pick(['#', '+/a/#', topic(), '$share/g/' + topic()]), qos: random(3), ...(v5 ? { nl: false, rap: chance(2), rh: random(3) } : {}) }))
  }),
  suback: () => ({ messageId: id(), granted: Array.from({ length: 1 + random(4) }, () => pick([0, 1, 2, 0x80])), ...properties({ reasonString: text() }) }),
  unsubscribe: () => ({ messageId: id(), unsubscriptions: Array.from({ length: 1 + random(4) }, topic), ...properties({}) }),
  unsuback: () => ({ messageId: id(), ...(v5 ? { granted: Array.from({ length: 1 + random(4) }, () => pick([0, 0x11, 0x87])) } : {}), ...properties({ reasonString: text() }) }),
  pingreq: () => ({}),
  pingresp: () => ({}),
  disconnect: () => v5 ? { reasonCode: pick([0, 4, 0x81, 0x8e, 0x9d]), ...properties({ sessionExpiryInterval: random(4294967296), reasonString: text(), serverReference: text() }) } : {}
}
if (v5) makers.auth = () => ({ reasonCode: pick([0, 0x18, 0x19]), properties: { authenticationMethod: text(), ...some({ authenticationData: bytes(20), reasonString: text() }) } })

function ack (reasons) {
  return { messageId: id(), ...(v5 ? { reasonCode: pick(reasons), ...properties({ reasonString: text() }) } : {}) }
}

function parse (hex) {
  const parser = mqttPacket.parser({ protocolVersion: version })
  let found
  let problem
  parser.on('packet', packet => { found = packet })
  parser.on('error', error => { problem = error })
  parser.parse(Buffer.from(hex, 'hex'))
  if (!found || problem) throw new Error(`${problem ?? 'no packet'} in ${hex}`)
  return found
}

// A parsed packet without what only says how it was written down.
function meaning (packet) {
  const { length, ...rest } = packet
  if (rest.properties && Object.keys(rest.properties).length === 0) delete rest.properties
  return rest
}

if (command === 'generate') {
  const kinds = Object.keys(makers)
  for (let n = 0; n < Number(countText); n++) {
    const cmd = pick(kinds)
    console.log(mqttPacket.generate({ cmd, ...makers[cmd]() }, { protocolVersion: version }).toString('hex'))
  }
} else {
  let equal = 0
  let different = 0
  for await (const line of createInterface({ input: process.stdin })) {
    if (command === 'echo') {
      console.log(mqttPacket.generate(parse(line), { protocolVersion: version }).toString('hex'))
      continue
    }
    const [one, other] = line.split(' ')
    if (isDeepStrictEqual(structuredClone(meaning({ ...parse(one) })), structuredClone(meaning({ ...parse(other) })))) {
      equal++
    } else {
      if (++different <= 3) console.log('differ', JSON.stringify(parse(one)), JSON.stringify(parse(other)))
      process.exitCode = 1
    }
  }
  if (command === 'compare') console.log(`${equal} equal`)
}
