using Fabric.Delta.Actions;
using Fabric.Delta.Log;
using Fabric.Delta.Schema;

namespace Fabric.Delta;

/// <summary>
/// A table as of one version: schema, properties, data files, and how far each application has come. It never changes, however
/// many commits follow.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public sealed class Snapshot
{
    private readonly LogState _state;

    /// <exception cref="DeltaException">
    /// <see cref="DeltaCode.StateIncomplete"/>, <see cref="DeltaCode.ReadUnsupported"/> or <see cref="DeltaCode.SchemaInvalid"/>.
    /// </exception>
    internal Snapshot(string tableRoot, long version, LogState state)
    {
        TableRoot = tableRoot;
        Version = version;
        _state = state;
        string where = $"{tableRoot}, version {version}";
        Protocol = state.Protocol ?? throw Incomplete("protocol", where);
        Metadata = state.Metadata ?? CheckedWithout(Protocol, where);
        MappingMode = ProtocolGate.Read(Protocol, Metadata, where);
        Schema = Metadata.SchemaString.Length == 0 ? new StructType([]) : SchemaJson.Parse(Metadata.SchemaString);
        ProtocolGate.CheckTypes(Schema, where);
        foreach (string column in Metadata.PartitionColumns)
        {
            if (Schema.Find(column)?.Type is not (PrimitiveType or DecimalType))
            {
                throw new DeltaException(
                    DeltaCode.SchemaInvalid, $"The partition column '{column}' is no plain column of the schema", where);
            }
        }
    }

    /// <summary>Absolute location of the table's folder.</summary>
    public string TableRoot { get; }

    /// <summary>From 0.</summary>
    public long Version { get; }

    public ProtocolAction Protocol { get; }

    public MetadataAction Metadata { get; }

    public StructType Schema { get; }

    /// <summary>Names of the partition columns in order.</summary>
    public IReadOnlyList<string> PartitionColumns => Metadata.PartitionColumns;

    public ColumnMappingMode MappingMode { get; }

    /// <summary>The data files, in no order.</summary>
    public IReadOnlyCollection<AddAction> Files => _state.Files.Values;

    /// <summary>Files that are no longer part of the table but still remembered, in no order.</summary>
    public IReadOnlyCollection<RemoveAction> Tombstones => _state.Tombstones.Values;

    /// <summary>The newest <c>txn</c> of each application.</summary>
    public IReadOnlyDictionary<string, TxnAction> Txns => _state.Txns;

    internal LogState State => _state;

    /// <summary>How far an application has come, null when it never committed here.</summary>
    public long? TxnVersion(string appId) => _state.Txns.TryGetValue(appId, out TxnAction? txn) ? txn.Version : null;

    /// <summary>A data file's path relative to the table's folder, decoded.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaCode.PathRefused"/>; <see cref="DeltaCode.ReadUnsupported"/> when the file has a deletion vector.
    /// </exception>
    public string RelativePath(AddAction add)
    {
        string where = $"{TableRoot}, version {Version}";
        return add.DeletionVector is null
            ? DataPath.Relative(add.Path, TableRoot, where)
            : throw new DeltaException(
                DeltaCode.ReadUnsupported, "The table is not read: a data file has a deletion vector (deletionVectors)", where)
            { Features = ["deletionVectors"] };
    }

    /// <summary>The state after the given commits, which must follow this version without a gap.</summary>
    internal Snapshot After(IReadOnlyList<Commit> commits)
    {
        if (commits.Count == 0)
        {
            return this;
        }

        var state = new LogState(_state);
        foreach (Commit commit in commits)
        {
            state.Apply(commit.Actions, commit.Name);
        }

        return new Snapshot(TableRoot, commits[^1].Version, state);
    }

    private static DeltaException Incomplete(string action, string where) =>
        new(DeltaCode.StateIncomplete, $"The log has no '{action}' action; version 0 or a checkpoint must carry it", where);

    /// <summary>Without metadata there is no table, but a protocol outside the profile is the better reason.</summary>
    private static MetadataAction CheckedWithout(ProtocolAction protocol, string where)
    {
        var none = new MetadataAction(
            "", null, null, "parquet", new Dictionary<string, string?>(), "", [], new Dictionary<string, string?>(), null);
        _ = ProtocolGate.Read(protocol, none, where);
        throw Incomplete("metaData", where);
    }
}
