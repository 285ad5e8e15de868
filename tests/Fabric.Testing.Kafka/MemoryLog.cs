using Fabric.Core;
using Fabric.Kafka.Clients;

namespace Fabric.Testing.Kafka;

/// <summary>One partition: records, and nulls where transaction markers stand.</summary>
/// <remarks>Guarded by the lock of its Kafka.</remarks>
public sealed class MemoryLog
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
