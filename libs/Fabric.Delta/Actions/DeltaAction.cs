namespace Fabric.Delta.Actions;

/// <summary>One line of a commit, or one row of a checkpoint (protocol, "Actions").</summary>
public abstract record DeltaAction
{
    private protected DeltaAction()
    {
    }
}

/// <summary>What a reader and a writer must understand.</summary>
/// <param name="ReaderFeatures">Present only when <paramref name="MinReaderVersion"/> is 3.</param>
/// <param name="WriterFeatures">Present only when <paramref name="MinWriterVersion"/> is 7.</param>
public sealed record ProtocolAction(
    int MinReaderVersion, int MinWriterVersion,
    IReadOnlyList<string>? ReaderFeatures = null, IReadOnlyList<string>? WriterFeatures = null) : DeltaAction
{
    public bool Equals(ProtocolAction? other) =>
        other is not null && MinReaderVersion == other.MinReaderVersion && MinWriterVersion == other.MinWriterVersion
        && Same(ReaderFeatures, other.ReaderFeatures) && Same(WriterFeatures, other.WriterFeatures);

    public override int GetHashCode() => HashCode.Combine(MinReaderVersion, MinWriterVersion);

    private static bool Same(IReadOnlyList<string>? a, IReadOnlyList<string>? b) =>
        a is null || b is null ? a is null && b is null : a.SequenceEqual(b);
}

/// <summary>Schema, partitioning and properties of the table.</summary>
/// <param name="Id">A GUID that never changes.</param>
/// <param name="Provider">The file format; only <c>parquet</c> is read.</param>
/// <param name="SchemaString">The schema as JSON text, as it stands in the log; empty (old writers left it out) means no columns.</param>
/// <param name="CreatedTimeMs">Milliseconds since 1970-01-01T00:00:00Z.</param>
public sealed record MetadataAction(
    string Id, string? Name, string? Description, string Provider, IReadOnlyDictionary<string, string?> Options,
    string SchemaString, IReadOnlyList<string> PartitionColumns, IReadOnlyDictionary<string, string?> Configuration,
    long? CreatedTimeMs) : DeltaAction;

/// <summary>A data file becomes part of the table.</summary>
/// <param name="Path">A URI reference as it stands in the log: percent-encoded, relative to the table or absolute.</param>
/// <param name="PartitionValues">Column name to serialized value; null and empty both mean null.</param>
/// <param name="Size">Bytes.</param>
/// <param name="ModificationTimeMs">Milliseconds since 1970-01-01T00:00:00Z.</param>
/// <param name="DataChange">False when rows were only rearranged.</param>
/// <param name="Stats">Row count and column ranges as JSON text.</param>
/// <param name="Tags">Notes about the file; kept by checkpoints.</param>
public sealed record AddAction(
    string Path, IReadOnlyDictionary<string, string?> PartitionValues, long Size, long ModificationTimeMs, bool DataChange,
    string? Stats = null, IReadOnlyDictionary<string, string?>? Tags = null) : DeltaAction
{
    /// <summary>Rows of the file that no longer count; outside the profile, so its presence makes a file unreadable.</summary>
    public DeletionVector? DeletionVector { get; init; }

    public long? BaseRowId { get; init; }

    public long? DefaultRowCommitVersion { get; init; }

    public string? ClusteringProvider { get; init; }
}

/// <summary>A data file is no longer part of the table; it stays on disk for readers of older versions.</summary>
/// <param name="DeletionTimestampMs">Milliseconds since 1970-01-01T00:00:00Z; null means long ago.</param>
/// <param name="ExtendedFileMetadata">Whether partition values and size are given.</param>
public sealed record RemoveAction(
    string Path, long? DeletionTimestampMs, bool DataChange, bool? ExtendedFileMetadata = null,
    IReadOnlyDictionary<string, string?>? PartitionValues = null, long? Size = null) : DeltaAction
{
    public DeletionVector? DeletionVector { get; init; }

    public long? BaseRowId { get; init; }

    public long? DefaultRowCommitVersion { get; init; }
}

/// <summary>How far an application has come; what makes its appends idempotent.</summary>
/// <param name="LastUpdatedMs">Milliseconds since 1970-01-01T00:00:00Z.</param>
public sealed record TxnAction(string AppId, long Version, long? LastUpdatedMs = null) : DeltaAction;

/// <summary>Provenance of a commit; not part of the table's state.</summary>
/// <param name="TimestampMs">Milliseconds since 1970-01-01T00:00:00Z, by the writer's clock.</param>
/// <param name="TxnId">Unique for each attempt to commit: how a writer recognizes its own.</param>
/// <param name="Json">The whole action as JSON text.</param>
public sealed record CommitInfoAction(
    long? TimestampMs, string? Operation, string? TxnId, long? InCommitTimestampMs, string Json) : DeltaAction;

/// <summary>Where the deleted rows of a file are listed (feature <c>deletionVectors</c>).</summary>
public sealed record DeletionVector(
    string StorageType, string PathOrInlineDv, int? Offset, int SizeInBytes, long Cardinality)
{
    /// <summary>Part of a file's identity: the same path with another vector is another logical file.</summary>
    public string UniqueId => Offset is { } offset ? $"{StorageType}{PathOrInlineDv}@{offset}" : StorageType + PathOrInlineDv;
}
