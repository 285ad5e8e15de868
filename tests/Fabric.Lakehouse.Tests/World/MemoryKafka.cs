using Fabric.Core;
using Fabric.Kafka;
using Fabric.Kafka.Clients;

namespace Fabric.Lakehouse.Tests.World;

/// <summary>
/// Kafka in memory behind its doors, as far as sinks use it: logs with transaction markers, truncation and cooperative groups whose
/// members can be declared dead while they live. Fast and without sockets, so that many faults can be tried.
/// </summary>
internal sealed class MemoryKafka : IKafkaClients
{
    private readonly Dictionary<TopicPartition, MemoryLog> _logs = [];
    private readonly Dictionary<string, MemoryGroup> _groups = [];

    public Lock Lock { get; } = new();

    /// <summary>Sees what producers do (begin, produce, commit); what it throws comes out.</summary>
    public Action<string> Fault { get; set; } = _ => { };

    public IRecordConsumer OpenConsumer(string? groupId, string? instanceId) => new MemoryConsumer(this, groupId);

    public ITransactionalProducer OpenProducer(string transactionalId) => new Producer(this);

    public IKafkaAdmin OpenAdmin() => new Admin(this);

    public MemoryLog LogOf(TopicPartition partition)
    {
        lock (Lock)
        {
            return _logs.TryGetValue(partition, out MemoryLog? log)
                ? log : throw new KafkaException("UNKNOWN_TOPIC_OR_PART", "No such topic", partition.ToString(), isRetriable: true);
        }
    }

    public int PartitionsOf(string topic)
    {
        lock (Lock)
        {
            return _logs.Keys.Count(partition => partition.Topic == topic);
        }
    }

    public MemoryGroup GroupOf(string id)
    {
        lock (Lock)
        {
            if (!_groups.TryGetValue(id, out MemoryGroup? group))
            {
                _groups[id] = group = new MemoryGroup();
            }

            return group;
        }
    }

    /// <summary>The topic begins anew: other records under the same offsets.</summary>
    public void Recreate(string topic)
    {
        lock (Lock)
        {
            foreach (TopicPartition partition in _logs.Keys.Where(partition => partition.Topic == topic).ToArray())
            {
                _logs[partition] = new MemoryLog();
            }
        }
    }

    /// <summary>The group takes all its members for dead at once: each learns it with its next poll.</summary>
    public void ExpireAll(string group)
    {
        lock (Lock)
        {
            GroupOf(group).Expire();
        }
    }

    private sealed class Admin(MemoryKafka kafka) : IKafkaAdmin
    {
        public Task EnsureTopicsAsync(IReadOnlyCollection<TopicSpec> topics, CancellationToken cancellationToken)
        {
            lock (kafka.Lock)
            {
                foreach (TopicSpec topic in topics)
                {
                    for (int partition = 0; partition < topic.Partitions; partition++)
                    {
                        kafka._logs.TryAdd(new TopicPartition(topic.Name, partition), new MemoryLog());
                    }
                }
            }

            return Task.CompletedTask;
        }

        public Task<int> PartitionCountAsync(string topic, CancellationToken cancellationToken) =>
            Task.FromResult(kafka.PartitionsOf(topic));

        public Task DeleteRecordsAsync(IReadOnlyCollection<PartitionPosition> before, CancellationToken cancellationToken)
        {
            lock (kafka.Lock)
            {
                foreach (PartitionPosition position in before)
                {
                    kafka.LogOf(position.Partition).Start = position.Offset;
                }
            }

            return Task.CompletedTask;
        }

        public void Dispose()
        {
        }
    }

    private sealed class Producer(MemoryKafka kafka) : ITransactionalProducer
    {
        private readonly List<(TopicPartition Partition, byte[]? Key, byte[]? Value)> _open = [];

        public void InitTransactions(TimeSpan timeout) => kafka.Fault("init");

        public void Begin() => kafka.Fault("begin");

        public void Produce(
            string topic, int? partition, ReadOnlySpan<byte> key, bool hasKey, ReadOnlySpan<byte> value, bool hasValue,
            long? timestampMs = null, IReadOnlyList<RecordHeader>? headers = null)
        {
            kafka.Fault("produce");
            _open.Add((new TopicPartition(topic, partition ?? 0), hasKey ? key.ToArray() : null, hasValue ? value.ToArray() : null));
        }

        public void SendOffsets(IReadOnlyCollection<PartitionPosition> nextOffsets, object groupMetadata, TimeSpan timeout) =>
            throw new NotSupportedException("Sinks commit no group offsets");

        public void Commit(TimeSpan timeout)
        {
            kafka.Fault("commit");
            long nowMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            lock (kafka.Lock)
            {
                foreach (IGrouping<TopicPartition, (TopicPartition, byte[]? Key, byte[]? Value)> group in _open.GroupBy(r => r.Partition))
                {
                    kafka.LogOf(group.Key).Append(group.Key, group.Select(record => (record.Key, record.Value)), nowMs);
                }

                _open.Clear();
            }
        }

        public void Abort(TimeSpan timeout) => _open.Clear();

        public void Dispose() => _open.Clear();
    }
}

/// <summary>One partition: records, and nulls where transaction markers stand.</summary>
internal sealed class MemoryLog
{
    private readonly List<ConsumedRecord?> _records = [];

    public long Start { get; set; }

    public long End => _records.Count;

    public void Append(TopicPartition partition, IEnumerable<(byte[]? Key, byte[]? Value)> records, long nowMs)
    {
        foreach ((byte[]? key, byte[]? value) in records)
        {
            _records.Add(new ConsumedRecord(partition, _records.Count, nowMs, key, value, []));
        }

        _records.Add(null);
    }

    /// <summary>Adds what stands from a position on; the next position.</summary>
    public long Read(long from, int most, List<ConsumedRecord> into)
    {
        // Out of range goes to the start, as auto.offset.reset=earliest does.
        long at = from < Start || from > End ? Start : from;
        for (; at < End && into.Count < most; at++)
        {
            if (_records[(int)at] is { } record)
            {
                into.Add(record);
            }
        }

        return at;
    }
}
