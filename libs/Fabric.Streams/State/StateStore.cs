namespace Fabric.Streams.State;

/// <summary>What a task needs of every store: restore, changelog, undo.</summary>
/// <remarks>
/// Between two commits a store marks keys dirty; <see cref="FlushChangelog"/> writes one record per dirty key into the open
/// transaction. When that transaction is lost the store is cleared and restored: memory never runs ahead of the changelog.
/// </remarks>
internal abstract class StateStore(string name, bool isLogged) : IStateStore
{
    public string Name { get; } = name;

    /// <summary>Whether a changelog topic backs it. A source table is backed by its source topic instead.</summary>
    public bool IsLogged { get; } = isLogged;

    public abstract long Entries { get; }

    /// <summary>Told who asks for time and undo. Called once before use.</summary>
    public abstract void Attach(IStoreOwner owner);

    /// <summary>One record of the changelog, in order; null deletes.</summary>
    public abstract void Restore(byte[] key, byte[]? value, long timestampMs);

    public abstract void FlushChangelog(IChangelogSink sink);

    public abstract void Clear();

    /// <summary>Keeps what the current record changed.</summary>
    public abstract void AcceptChanges();

    /// <summary>Takes back what the current record changed.</summary>
    public abstract void RejectChanges();
}

/// <summary>The task, as its stores see it.</summary>
internal interface IStoreOwner
{
    /// <summary>Event time of the record being processed, or stream time outside of one.</summary>
    long CurrentTimestampMs { get; }

    long WallClockMs { get; }

    /// <summary>The changelog topic of a store: serdes name their schemas after it.</summary>
    string TopicOf(StateStore store);

    /// <summary>The partition of every changelog of this task.</summary>
    int Partition { get; }

    /// <summary>A store changes for the first time within the current record.</summary>
    void Touched(StateStore store);
}

/// <summary>Takes changelog records into the open transaction.</summary>
internal interface IChangelogSink
{
    void Write(string topic, int partition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue, long timestampMs);
}
