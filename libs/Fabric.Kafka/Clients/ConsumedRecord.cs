using Fabric.Core;

namespace Fabric.Kafka.Clients;

/// <summary>One record as it was read. Its memory belongs to the receiver and stays valid.</summary>
/// <param name="Partition">Where it was read.</param>
/// <param name="Offset">Its offset; gaps are normal (control records, compaction, aborted transactions).</param>
/// <param name="TimestampMs">Milliseconds since 1970-01-01T00:00:00Z; -1 when the record has none.</param>
/// <param name="Key">Null when the record has no key.</param>
/// <param name="Value">Null for a tombstone.</param>
/// <param name="Headers">In order; empty when there are none.</param>
public readonly record struct ConsumedRecord(
    TopicPartition Partition, long Offset, long TimestampMs, byte[]? Key, byte[]? Value,
    IReadOnlyList<RecordHeader> Headers);

/// <summary>A record header. Keys may repeat.</summary>
public readonly record struct RecordHeader(string Key, byte[]? Value);

/// <summary>A position to read from: the offset of the next record wanted, or a named end of the log.</summary>
public readonly record struct PartitionPosition(TopicPartition Partition, long Offset)
{
    /// <summary>The log start.</summary>
    public const long Beginning = -2;

    /// <summary>The log end (the last stable offset, as all readers are read_committed).</summary>
    public const long End = -1;
}
