namespace Fabric.Delta.Commits;

/// <summary>
/// What became of a commit; the caller must look. An exception instead means that nothing was committed and nothing will be.
/// </summary>
public abstract record CommitOutcome
{
    private CommitOutcome()
    {
    }

    /// <summary>The commit is the table's version <see cref="Version"/>, durably.</summary>
    /// <param name="Snapshot">The table as of that version.</param>
    /// <param name="CheckpointFailure">
    /// Why the checkpoint that was due could not be written; null when it was written or none was due. The commit stands
    /// either way, and a later commit tries again.
    /// </param>
    public sealed record Committed(Snapshot Snapshot, Exception? CheckpointFailure) : CommitOutcome
    {
        public long Version => Snapshot.Version;
    }

    /// <summary>
    /// Somebody else advanced a <c>txn</c> that this commit builds on: its rows may be in the table already. Nothing was
    /// written; drop the files and start over from the stored positions.
    /// </summary>
    /// <param name="AppIds">Whose position differs from the expected base.</param>
    /// <param name="Snapshot">The table as it stands.</param>
    public sealed record Superseded(IReadOnlyList<string> AppIds, Snapshot Snapshot) : CommitOutcome;

    /// <summary>
    /// The commit may or may not be there, or is there and may not survive a power cut. Its files must be kept: deleting them
    /// would lose rows of a commit that did land. Load the table and go by its <c>txn</c> positions.
    /// </summary>
    /// <param name="Cause">What kept the outcome from being known.</param>
    /// <param name="Version">The version it may be.</param>
    public sealed record Unresolved(Exception Cause, long Version) : CommitOutcome;

    /// <summary>A commit that came first does not go together with this one. Nothing was written.</summary>
    /// <param name="Reason">Which rule.</param>
    /// <param name="Detail">For people.</param>
    /// <param name="Version">The commit it conflicts with.</param>
    public sealed record Conflicted(ConflictReason Reason, string Detail, long Version) : CommitOutcome;
}

/// <summary>Why two commits do not go together (standards: Spark's checker, isolation WriteSerializable).</summary>
public enum ConflictReason
{
    /// <summary>The protocol changed; what may be written changed with it.</summary>
    ProtocolChanged,

    /// <summary>Schema or properties changed; the files may not fit any more.</summary>
    MetadataChanged,

    /// <summary>A file that this commit removes was removed.</summary>
    ConcurrentDelete,

    /// <summary>Rows were added to a table that this commit read whole.</summary>
    ConcurrentAppend,

    /// <summary>Other writers were faster every time; nothing stands in the way of another try.</summary>
    Contention,
}
