using Fabric.Core;
using Fabric.Kafka;
using Fabric.Kafka.Clients;

namespace Fabric.Testing.Kafka;

/// <summary>A transactional writer of <see cref="MemoryKafka"/>: what it produced shows when it commits, all or nothing.</summary>
internal sealed class MemoryProducer(MemoryKafka kafka, string transactionalId) : ITransactionalProducer
{
    private readonly List<(TopicPartition Partition, byte[]? Key, byte[]? Value)> _open = [];
    private int _epoch;
    private bool _isOpen;

    public void InitTransactions(TimeSpan timeout)
    {
        kafka.Fault("init");
        _epoch = kafka.Claim(transactionalId);
    }

    public void Begin()
    {
        Check("begin");
        Assert.False(_isOpen, "A transaction is open already");
        _isOpen = true;
    }

    public void Produce(
        string topic, int? partition, ReadOnlySpan<byte> key, bool hasKey, ReadOnlySpan<byte> value, bool hasValue,
        long? timestampMs = null, IReadOnlyList<RecordHeader>? headers = null)
    {
        Check("produce");
        Assert.True(_isOpen, "No transaction is open");
        if (value.Length > kafka.ClientBytesMax)
        {
            throw new KafkaException("MSG_SIZE_TOO_LARGE", $"Producing {value.Length} bytes failed", topic);
        }

        _open.Add((new TopicPartition(topic, partition ?? 0), hasKey ? key.ToArray() : null, hasValue ? value.ToArray() : null));
    }

    public void SendOffsets(IReadOnlyCollection<PartitionPosition> nextOffsets, object groupMetadata, TimeSpan timeout) =>
        throw new NotSupportedException("Neither sinks nor connectors commit group offsets");

    public void Commit(TimeSpan timeout)
    {
        Check("commit");
        if (_open.Any(record => record.Value?.Length > kafka.TopicBytesMax))
        {
            throw new KafkaException("MSG_SIZE_TOO_LARGE", "Committing failed: a record is too large", transactionalId, isAbortable: true);
        }

        long nowMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        lock (kafka.Lock)
        {
            foreach (IGrouping<TopicPartition, (TopicPartition, byte[]? Key, byte[]? Value)> group in _open.GroupBy(r => r.Partition))
            {
                kafka.LogOf(group.Key).Append(group.Key, group.Select(record => (record.Key, record.Value)), nowMs);
            }
        }

        Drop();
        kafka.Committed();
    }

    public void Abort(TimeSpan timeout)
    {
        Check("abort");
        Drop();
    }

    public void Dispose() => Drop();

    private void Drop()
    {
        _open.Clear();
        _isOpen = false;
    }

    private void Check(string operation)
    {
        kafka.Fault(operation);
        if (!kafka.Holds(transactionalId, _epoch))
        {
            throw new KafkaException("PRODUCER_FENCED", "Another producer claimed the transactional id", transactionalId, isFenced: true);
        }
    }
}
