// kafkajs against a broker: admin, groups, idempotent and transactional producers, read_committed.
// usage: kafka-clients.mjs HOST:PORT [--sasl USER:PASSWORD]. Prints one JSON object of what it saw; exits 1 when something is wrong.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import kafkajs from 'kafkajs'

const { Kafka, CompressionTypes, ConfigResourceTypes, logLevel } = kafkajs
const [bootstrap, ...rest] = process.argv.slice(2)
const sasl = rest[0] === '--sasl' ? { mechanism: 'plain', username: rest[1].split(':')[0], password: rest[1].split(':')[1] } : undefined
const kafka = new Kafka({ clientId: 'judge', brokers: [bootstrap], logLevel: logLevel.NOTHING, sasl, retry: { retries: 5 } })
const seen = {}

const admin = kafka.admin()
await admin.connect()
assert.equal(await admin.createTopics({ topics: [{ topic: 'judged', numPartitions: 3, configEntries: [{ name: 'retention.ms', value: '3600000' }] }] }), true)
assert.equal(await admin.createTopics({ topics: [{ topic: 'judged', numPartitions: 3 }] }), false)
await assert.rejects(admin.createTopics({ topics: [{ topic: 'bad name' }] }), /topic|INVALID/i)
await admin.createPartitions({ topicPartitions: [{ topic: 'judged', count: 4 }] })
const metadata = await admin.fetchTopicMetadata({ topics: ['judged'] })
seen.partitions = metadata.topics[0].partitions.length
const described = await admin.describeConfigs({ includeSynonyms: true, resources: [{ type: ConfigResourceTypes.TOPIC, name: 'judged' }] })
seen.retention = described.resources[0].configEntries.find(entry => entry.configName === 'retention.ms').configValue
await admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: 'judged', configEntries: [{ name: 'retention.ms', value: '7200000' }] }] })
seen.cluster = (await admin.describeCluster()).brokers.length

// An idempotent producer with keys, headers and gzip; then a consumer group of two members.
const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
await producer.connect()
const messages = Array.from({ length: 500 }, (_, i) => ({ key: `k${i % 50}`, value: `v${i}`, headers: { n: `${i}` } }))
await producer.send({ topic: 'judged', messages, compression: CompressionTypes.GZIP, acks: -1 })
await producer.disconnect()

async function consume (groupId, count, members = 1, readUncommitted = false, topic = 'judged') {
  const got = []
  let done
  const enough = new Promise(resolve => { done = resolve })
  const consumers = await Promise.all(Array.from({ length: members }, async () => {
    const consumer = kafka.consumer({ groupId, readUncommitted, sessionTimeout: 10000, heartbeatInterval: 500, maxWaitTimeInMs: 200 })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({ autoCommitInterval: 100, eachMessage: async ({ message, partition }) => {
      got.push({ key: message.key?.toString(), value: message.value?.toString(), header: message.headers.n?.toString(), partition })
      if (got.length >= count) done()
    } })
    return consumer
  }))
  const late = new Promise((resolve, reject) => setTimeout(() => reject(new Error(`${groupId}: ${got.length} of ${count} records`)), 40000).unref())
  await Promise.race([enough, late])
  return { got, consumers, stop: () => Promise.all(consumers.map(consumer => consumer.disconnect())) }
}

const group = await consume('judges', 500, 2)
assert.deepEqual(group.got.map(one => one.value).sort(), messages.map(one => one.value).sort())
assert.ok(group.got.every(one => one.header === one.value.slice(1)))
const state = (await admin.describeGroups(['judges'])).groups[0]
seen.members = state.members.length
await group.stop()
const committed = (await admin.fetchOffsets({ groupId: 'judges', topics: ['judged'] }))[0].partitions
const ends = await admin.fetchTopicOffsets('judged')
seen.committed = committed.reduce((sum, one) => sum + Math.max(0, Number(one.offset)), 0)
seen.ends = ends.reduce((sum, one) => sum + Number(one.high), 0)

// Transactions: committed records are seen, aborted ones never by read_committed.
await admin.createTopics({ topics: [{ topic: 'transacted', numPartitions: 2 }] })
const transactional = kafka.producer({ idempotent: true, transactionalId: 'judge-tx', maxInFlightRequests: 1 })
await transactional.connect()
for (let i = 0; i < 10; i++) {
  const transaction = await transactional.transaction()
  await transaction.send({ topic: 'transacted', messages: [{ key: `${i}`, value: i % 2 ? 'aborted' : 'committed' }] })
  await transaction.sendOffsets({ consumerGroupId: 'tx-group', topics: [{ topic: 'judged', partitions: [{ partition: 0, offset: `${i}` }] }] })
  await (i % 2 ? transaction.abort() : transaction.commit())
}
await transactional.disconnect()
const clean = await consume('tx-clean', 5, 1, false, 'transacted')
seen.committedRecords = clean.got.filter(one => one.value === 'committed').length
seen.abortedSeen = clean.got.filter(one => one.value === 'aborted').length
await clean.stop()
const dirty = await consume('tx-dirty', 10, 1, true, 'transacted')
seen.uncommittedRecords = dirty.got.length
await dirty.stop()
seen.txOffset = (await admin.fetchOffsets({ groupId: 'tx-group', topics: ['judged'] }))[0].partitions.find(one => one.partition === 0).offset

// A second producer with the same transactional id fences the first.
const first = kafka.producer({ idempotent: true, transactionalId: 'fenced', maxInFlightRequests: 1, retry: { retries: 1 } })
const second = kafka.producer({ idempotent: true, transactionalId: 'fenced', maxInFlightRequests: 1 })
await first.connect()
const begun = await first.transaction()
await begun.send({ topic: 'transacted', messages: [{ value: 'zombie' }] })
await second.connect()
const taken = await second.transaction()
await taken.send({ topic: 'transacted', messages: [{ value: 'heir' }] })
await taken.commit()
seen.fenced = await begun.commit().then(() => 'committed', error => error.type ?? error.name)
await first.disconnect()
await second.disconnect()

await admin.deleteTopicRecords({ topic: 'judged', partitions: [{ partition: 0, offset: '1' }] })
seen.low = (await admin.fetchTopicOffsets('judged')).find(one => one.partition === 0).low
await admin.deleteGroups(['judges'])
seen.groups = (await admin.listGroups()).groups.map(one => one.groupId).sort()
await admin.deleteTopics({ topics: ['judged'] })
seen.topics = (await admin.listTopics()).sort()
await admin.disconnect()
process.stdout.write(JSON.stringify(seen) + '\n')
process.stdout.writableNeedDrain && await once(process.stdout, 'drain')
process.exit(0)
