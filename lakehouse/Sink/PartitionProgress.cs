using Fabric.Core;

namespace Fabric.Lakehouse.Sink;

/// <summary>How far one topic partition got in the table and in the buffer.</summary>
/// <param name="partition">Which.</param>
/// <param name="appId">Name of the partition's <c>txn</c> in the Delta log.</param>
/// <param name="stored">The <c>txn</c> in the table that is written now; null when it has none.</param>
/// <param name="reached">The greatest <c>txn</c> over all versions of the table; null when none has one.</param>
internal sealed class PartitionProgress(TopicPartition partition, string appId, long? stored, long? reached)
{
    public TopicPartition Partition { get; } = partition;

    public string AppId { get; } = appId;

    /// <summary>What a commit of this buffer builds on.</summary>
    public long? Stored { get; private set; } = stored;

    /// <summary>Last offset that is in the table.</summary>
    public long? Committed { get; private set; } = reached;

    /// <summary>Last offset that was taken into the buffer, to quarantine, or passed over; equals <see cref="Committed"/> when nothing is.</summary>
    public long? Taken { get; private set; } = reached;

    /// <summary>First offset taken since the last commit; null when nothing is buffered.</summary>
    public long? FirstTaken { get; private set; }

    /// <summary>The longest stretch without records since the last commit: mostly transaction markers, but perhaps records that expired.</summary>
    public (long First, long Last)? LongestSkip { get; private set; }

    /// <summary>The next offset to read after a restart from the table.</summary>
    public long? Resume => Committed + 1;

    public bool HasUncommitted => Taken != Committed;

    public void Take(long offset)
    {
        if (Taken is { } last && offset - last - 1 is var skipped && skipped > 0
            && (LongestSkip is not { } longest || skipped > longest.Last - longest.First + 1))
        {
            LongestSkip = (last + 1, offset - 1);
        }

        FirstTaken ??= offset;
        Taken = offset;
    }

    /// <summary>Goes on behind a stretch that is known to be gone.</summary>
    public void PassOver(long lastGone) => Taken = lastGone;

    public void MarkCommitted()
    {
        Committed = Taken;
        Stored = Taken;
        FirstTaken = null;
        LongestSkip = null;
    }
}
