namespace Fabric.Kafka.Log;

/// <summary>What becomes of old records: Kafka's <c>cleanup.policy</c>.</summary>
[Flags]
internal enum CleanupPolicy
{
    Delete = 1,
    Compact = 2,
}

/// <summary>A topic's settings as far as its logs look at them; names and defaults are Kafka's.</summary>
internal sealed record LogConfig
{
    /// <summary>Bytes after which a segment is closed and the next begun; 14 to 2 GiB - 1.</summary>
    public int SegmentBytes { get; init; } = 1 << 30;

    /// <summary>Milliseconds from its first append after which a segment is closed; at least 1.</summary>
    public long SegmentMs { get; init; } = 7L * 24 * 3600 * 1000;

    /// <summary>Milliseconds a record is kept after its timestamp; -1 for ever.</summary>
    public long RetentionMs { get; init; } = 7L * 24 * 3600 * 1000;

    /// <summary>Bytes the log may hold; -1 for no bound.</summary>
    public long RetentionBytes { get; init; } = -1;

    public CleanupPolicy CleanupPolicy { get; init; } = CleanupPolicy.Delete;

    /// <summary>Largest batch accepted, header included.</summary>
    public int MaxMessageBytes { get; init; } = 1_048_588;

    public TimestampType MessageTimestampType { get; init; } = TimestampType.CreateTime;

    /// <summary>Milliseconds during which a record is not compacted.</summary>
    public long MinCompactionLagMs { get; init; }

    /// <summary>Milliseconds a tombstone stays after the first compaction that met it.</summary>
    public long DeleteRetentionMs { get; init; } = 24L * 3600 * 1000;

    /// <summary>Share of bytes never compacted before which a compaction is not worth its while; 0 to 1.</summary>
    public double MinCleanableDirtyRatio { get; init; } = 0.5;

    /// <summary>Bytes between two index entries.</summary>
    public int IndexIntervalBytes { get; init; } = 4096;

    /// <summary>Milliseconds after its last append that an idle producer's sequence numbers are remembered.</summary>
    public long ProducerIdExpirationMs { get; init; } = 24L * 3600 * 1000;

    /// <summary>Bytes of keys one compaction may hold in memory; what does not fit waits for the next.</summary>
    public long CompactionKeyBytesMax { get; init; } = 64L << 20;

    public bool IsCompacted => (CleanupPolicy & CleanupPolicy.Compact) != 0;
}
