using Fabric.Core;

namespace Fabric.Lakehouse.Sink;

/// <summary>How far one topic partition got in the table and in the buffer.</summary>
internal sealed class PartitionProgress(TopicPartition partition, string appId, long? committed)
{
    public TopicPartition Partition { get; } = partition;

    /// <summary>Name of the partition's <c>txn</c> in the Delta log.</summary>
    public string AppId { get; } = appId;

    /// <summary>The stored <c>txn</c> that the buffer started from; null when the table has none.</summary>
    public long? Committed { get; private set; } = committed;

    /// <summary>Last offset that was taken into the buffer (or to quarantine); equals <see cref="Committed"/> when nothing is.</summary>
    public long? Taken { get; set; } = committed;

    /// <summary>First offset taken since the last commit; null when nothing is buffered.</summary>
    public long? FirstTaken { get; set; }

    /// <summary>The next offset to read after a restart from the table.</summary>
    public long? Resume => Committed + 1;

    public bool HasUncommitted => Taken != Committed;

    public void MarkCommitted()
    {
        Committed = Taken;
        FirstTaken = null;
    }
}
