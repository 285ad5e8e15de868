using Fabric.Delta.Actions;

namespace Fabric.Delta.Log;

/// <summary>
/// The table's state while a log is replayed: the newest protocol, metadata and txn win, and for each file the newest of add
/// and remove (protocol, "Action Reconciliation").
/// </summary>
/// <remarks>Not thread-safe while replaying; a snapshot owns it afterwards and never changes it.</remarks>
internal sealed class LogState
{
    private readonly string _tableRoot;
    private readonly Dictionary<FileKey, AddAction> _files;
    private readonly Dictionary<FileKey, RemoveAction> _tombstones;
    private readonly Dictionary<string, TxnAction> _txns;

    public LogState(string tableRoot)
    {
        _tableRoot = tableRoot;
        _files = [];
        _tombstones = [];
        _txns = new Dictionary<string, TxnAction>(StringComparer.Ordinal);
    }

    /// <summary>A copy to go on from, while the other stays as it is.</summary>
    public LogState(LogState other)
    {
        _tableRoot = other._tableRoot;
        _files = new Dictionary<FileKey, AddAction>(other._files);
        _tombstones = new Dictionary<FileKey, RemoveAction>(other._tombstones);
        _txns = new Dictionary<string, TxnAction>(other._txns, StringComparer.Ordinal);
        Protocol = other.Protocol;
        Metadata = other.Metadata;
    }

    public ProtocolAction? Protocol { get; private set; }

    public MetadataAction? Metadata { get; private set; }

    public Dictionary<FileKey, AddAction> Files => _files;

    public Dictionary<FileKey, RemoveAction> Tombstones => _tombstones;

    public IReadOnlyDictionary<string, TxnAction> Txns => _txns;

    /// <summary>Applies actions in log order: a later one replaces an earlier one.</summary>
    /// <param name="where">File, for errors.</param>
    public void Apply(IEnumerable<DeltaAction> actions, string where)
    {
        foreach (DeltaAction action in actions)
        {
            Apply(action, where);
        }
    }

    public FileKey KeyOf(AddAction add, string where = "") =>
        new(DataPath.Key(add.Path, _tableRoot, where), add.DeletionVector?.UniqueId);

    public FileKey KeyOf(RemoveAction remove, string where = "") =>
        new(DataPath.Key(remove.Path, _tableRoot, where), remove.DeletionVector?.UniqueId);

    private void Apply(DeltaAction action, string where)
    {
        switch (action)
        {
            case ProtocolAction protocol:
                Protocol = protocol;
                break;
            case MetadataAction metadata:
                Metadata = metadata;
                break;
            case TxnAction txn:
                _txns[txn.AppId] = txn;
                break;
            case AddAction add:
                FileKey added = KeyOf(add, where);
                _files[added] = add;
                _tombstones.Remove(added);
                break;
            case RemoveAction remove:
                FileKey removed = KeyOf(remove, where);
                _files.Remove(removed);
                _tombstones[removed] = remove;
                break;
            default:
                break; // commitInfo is provenance, not state
        }
    }
}

/// <summary>A logical file: its path and, when it has one, its deletion vector.</summary>
internal readonly record struct FileKey(string Path, string? DeletionVectorId);
