using Fabric.Core;

namespace Fabric.Kafka.Groups;

/// <summary>Which offset: a partition as one group reads it.</summary>
internal readonly record struct OffsetId(string GroupId, TopicPartition Partition);

/// <summary>How far a group has read a partition: the next offset it wants.</summary>
/// <param name="LeaderEpoch">Of the last record read; -1 when the client did not say.</param>
/// <param name="Metadata">Whatever the client wanted kept; never null.</param>
/// <param name="CommitTimestampMs">When it was committed; milliseconds of Unix time.</param>
internal sealed record CommittedOffset(long Offset, int LeaderEpoch, string Metadata, long CommitTimestampMs)
{
    /// <summary>When it expires, if the client asked for its own retention (versions 2 to 4 of the request).</summary>
    public long? ExpireTimestampMs { get; init; }

    /// <summary>Where its record stands in the coordinator's log: of two commits the one further back wins.</summary>
    public long RecordOffset { get; init; }
}
