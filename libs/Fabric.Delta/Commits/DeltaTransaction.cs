using System.Text.Json.Nodes;
using Fabric.Core.Storage;
using Fabric.Delta.Actions;
using Fabric.Delta.Checkpoints;
using Fabric.Delta.Log;
using Fabric.Delta.Schema;

namespace Fabric.Delta.Commits;

/// <summary>
/// One commit in the making: files to add and remove, positions to advance, a schema to widen. Nothing is visible before
/// <see cref="CommitAsync"/> answers, and disposing of the object without it leaves nothing behind but the data files.
/// </summary>
/// <remarks>Not thread-safe; used once.</remarks>
public sealed class DeltaTransaction
{
    private static readonly TimeSpan PauseFirst = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan PauseMax = TimeSpan.FromMilliseconds(250);

    private readonly DeltaTable _table;
    private readonly Snapshot _base;
    private readonly List<AddAction> _adds = [];
    private readonly List<RemoveAction> _removes = [];
    private readonly Dictionary<string, (TxnAction Txn, long? ExpectedBase)> _txns = new(StringComparer.Ordinal);
    private readonly HashSet<FileKey> _added = [];
    private readonly HashSet<FileKey> _removed = [];
    private readonly JsonObject _parameters = [];
    private readonly JsonObject _notes = [];
    private readonly List<(string Tag, string Note, Func<long, string> Value)> _stamps = [];
    private MetadataAction? _metadata;
    private string _operation = "WRITE";
    private bool _readsWholeTable;
    private bool _isUsed;

    internal DeltaTransaction(DeltaTable table, Snapshot snapshot)
    {
        _table = table;
        _base = snapshot;
        Schema = snapshot.Schema;
        Id = table.Environment.Ids.NewId().ToString();
    }

    /// <summary>Unique; stands in the commit as <c>commitInfo.txnId</c>.</summary>
    public string Id { get; }

    /// <summary>The version this commit builds on.</summary>
    public long ReadVersion => _base.Version;

    /// <summary>The schema the added files must have: the snapshot's, or the one given to <see cref="ChangeSchema"/>.</summary>
    public StructType Schema { get; private set; }

    /// <summary>Adds a data file that is finished and durable.</summary>
    /// <exception cref="ArgumentException">
    /// The path was added before; the partition values do not match the partition columns.
    /// </exception>
    /// <exception cref="DeltaException"><see cref="DeltaCode.PathRefused"/>: the path is not inside the table.</exception>
    public DeltaTransaction Add(AddAction add)
    {
        _ = DataPath.Relative(add.Path, _table.Root);
        if (!_added.Add(_base.State.KeyOf(add)))
        {
            throw new ArgumentException($"The file '{add.Path}' is added twice", nameof(add));
        }

        bool matches = add.PartitionValues.Count == _base.PartitionColumns.Count
            && _base.PartitionColumns.All(add.PartitionValues.ContainsKey);
        if (!matches)
        {
            throw new ArgumentException(
                $"Partition values [{string.Join(", ", add.PartitionValues.Keys)}] for partition columns "
                + $"[{string.Join(", ", _base.PartitionColumns)}]", nameof(add));
        }

        _adds.Add(add);
        return this;
    }

    /// <summary>Removes a file of the snapshot.</summary>
    /// <param name="dataChange">False when its rows are in an added file, unchanged.</param>
    /// <exception cref="ArgumentException">The file is no part of the snapshot, or was removed before.</exception>
    public DeltaTransaction Remove(AddAction file, bool dataChange)
    {
        FileKey key = _base.State.KeyOf(file);
        if (!_base.State.Files.ContainsKey(key) || !_removed.Add(key))
        {
            throw new ArgumentException($"The file '{file.Path}' is not in version {_base.Version}, or removed twice", nameof(file));
        }

        long now = _table.Environment.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        _removes.Add(new RemoveAction(file.Path, now, dataChange, true, file.PartitionValues, file.Size));
        return this;
    }

    /// <summary>
    /// Advances an application's position in the same commit as its rows. The commit holds only if, at the version it follows,
    /// the position still equals <paramref name="expectedBase"/>.
    /// </summary>
    /// <param name="version">The new position, e.g. the last Kafka offset included.</param>
    /// <param name="expectedBase">The position from which the rows were collected; null when there was none.</param>
    /// <exception cref="ArgumentException">The application was named before.</exception>
    public DeltaTransaction Advance(string appId, long version, long? expectedBase)
    {
        ArgumentException.ThrowIfNullOrEmpty(appId);
        long now = _table.Environment.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        return _txns.TryAdd(appId, (new TxnAction(appId, version, now), expectedBase))
            ? this
            : throw new ArgumentException($"The position of '{appId}' is advanced twice", nameof(appId));
    }

    /// <summary>Changes the schema in the same commit: only what <see cref="SchemaEvolution"/> calls widened.</summary>
    /// <exception cref="ArgumentException">The schema does not follow from the snapshot's by widening.</exception>
    public DeltaTransaction ChangeSchema(StructType schema)
    {
        SchemaMerge merge = SchemaEvolution.Merge(_base.Schema, schema);
        switch (merge)
        {
            case SchemaMerge.Same:
                return this;
            case SchemaMerge.Widened widened:
                _metadata = (_metadata ?? _base.Metadata) with { SchemaString = SchemaJson.Write(widened.Schema) };
                Schema = widened.Schema;
                return this;
            case SchemaMerge.Incompatible incompatible:
                throw new ArgumentException(string.Join("; ", incompatible.Reasons), nameof(schema));
            default:
                throw new InvalidOperationException($"Unknown outcome {merge.GetType()}");
        }
    }

    /// <summary>
    /// Sets a property of the table. Like every change of metadata it makes each commit that was collected on an earlier version
    /// conflict.
    /// </summary>
    /// <exception cref="ArgumentException">The name begins with <c>delta.</c>: those change what writers must do.</exception>
    public DeltaTransaction SetProperty(string name, string value)
    {
        if (name.StartsWith("delta.", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"The property '{name}' is Delta's own", nameof(name));
        }

        MetadataAction before = _metadata ?? _base.Metadata;
        _metadata = before with
        {
            Configuration = new Dictionary<string, string?>(before.Configuration, StringComparer.Ordinal) { [name] = value },
        };
        return this;
    }

    /// <summary>Declares that the commit depends on every row of the snapshot: appends that come first then conflict.</summary>
    public DeltaTransaction ReadWholeTable()
    {
        _readsWholeTable = true;
        return this;
    }

    /// <summary>What <c>DESCRIBE HISTORY</c> shows; "WRITE" by default.</summary>
    public DeltaTransaction Describe(string operation, IReadOnlyDictionary<string, string>? parameters = null)
    {
        _operation = operation;
        foreach ((string key, string value) in parameters ?? new Dictionary<string, string>())
        {
            _parameters[key] = value;
        }

        return this;
    }

    /// <summary>Adds a member to <c>commitInfo.fabric</c>, e.g. the run id or the offset ranges.</summary>
    public DeltaTransaction Note(string name, JsonNode? value)
    {
        _notes[name] = value?.DeepClone();
        return this;
    }

    /// <summary>
    /// Adds what follows from the version that the commit becomes, which is known only when it is there, as a tag of every added
    /// file and as a member of <c>commitInfo.fabric</c>.
    /// </summary>
    public DeltaTransaction Stamp(string tag, string note, Func<long, string> valueOfVersion)
    {
        _stamps.Add((tag, note, valueOfVersion));
        return this;
    }

    /// <summary>
    /// Makes the commit the next version, whoever else commits meanwhile, unless their commits and this one do not go together.
    /// </summary>
    /// <exception cref="StorageException">The disk or service failed; nothing was committed.</exception>
    /// <exception cref="DeltaException">A commit that came first does not parse, or the snapshot is older than the log; nothing was committed.</exception>
    public async Task<CommitOutcome> CommitAsync(CancellationToken cancellationToken)
    {
        if (_isUsed)
        {
            throw new InvalidOperationException("A transaction commits once; begin another one");
        }

        _isUsed = true;
        List<DeltaAction> actions = Actions(_base.Version + 1);
        byte[] content = ActionWriter.Write(actions);
        long writtenFor = _base.Version + 1;
        Snapshot latest = await StillThereAsync(cancellationToken).ConfigureAwait(false);
        for (int attempt = 1; attempt <= _table.Environment.CommitAttemptsMax; attempt++)
        {
            if (FindSuperseded(latest) is { } superseded)
            {
                return superseded;
            }

            long version = latest.Version + 1;
            if (version != writtenFor && _stamps.Count > 0)
            {
                actions = Actions(version);
                content = ActionWriter.Write(actions);
                writtenFor = version;
            }

            (PutResult result, Exception? failure) = await CommitWriter
                .PutAsync(_table, version, content, Id, cancellationToken).ConfigureAwait(false);
            if (result == PutResult.Ours)
            {
                return await CommittedAsync(latest, new Commit(version, LogPath.Commit(version), actions)).ConfigureAwait(false);
            }

            if (result == PutResult.Unknown)
            {
                return new CommitOutcome.Unresolved(failure!, version);
            }

            List<Commit> winners = await LogReplay.FollowAsync(_table, version, cancellationToken).ConfigureAwait(false);
            if (FindConflict(winners) is { } conflict)
            {
                return conflict;
            }

            latest = latest.After(winners);
            await PauseAsync(attempt, cancellationToken).ConfigureAwait(false);
        }

        return new CommitOutcome.Conflicted(
            ConflictReason.Contention, $"Other writers were first {_table.Environment.CommitAttemptsMax} times", latest.Version);
    }

    private List<DeltaAction> Actions(long version)
    {
        foreach ((_, string note, Func<long, string> value) in _stamps)
        {
            _notes[note] = value(version);
        }

        var actions = new List<DeltaAction> { Info() };
        if (_metadata is not null)
        {
            actions.Add(_metadata);
        }

        actions.AddRange(_txns.Values.Select(pair => pair.Txn));
        actions.AddRange(_removes);
        actions.AddRange(_stamps.Count == 0 ? _adds : _adds.Select(add => Stamped(add, version)));
        return actions;
    }

    private AddAction Stamped(AddAction add, long version)
    {
        var tags = new Dictionary<string, string?>(add.Tags ?? new Dictionary<string, string?>(), StringComparer.Ordinal);
        foreach ((string tag, _, Func<long, string> value) in _stamps)
        {
            tags[tag] = value(version);
        }

        return add with { Tags = tags };
    }

    private CommitInfoAction Info()
    {
        long now = _table.Environment.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var info = new JsonObject
        {
            ["timestamp"] = now,
            ["operation"] = _operation,
            ["operationParameters"] = _parameters.DeepClone(),
            ["readVersion"] = _base.Version,
            ["isolationLevel"] = "WriteSerializable",
            ["isBlindAppend"] = _removes.Count == 0 && !_readsWholeTable,
            ["engineInfo"] = _table.Environment.EngineInfo,
            ["txnId"] = Id,
        };
        if (_notes.Count > 0)
        {
            info["fabric"] = _notes.DeepClone();
        }

        return new CommitInfoAction(now, _operation, Id, null, info.ToJsonString(ActionJson.SerializerOptions));
    }

    /// <summary>
    /// A snapshot so old that its commit was cleaned away must not be built on: the version after it may be free again
    /// although the log went on long ago.
    /// </summary>
    private async Task<Snapshot> StillThereAsync(CancellationToken cancellationToken)
    {
        string path = ObjectPath.Join(_table.LogFolder, LogPath.Commit(_base.Version));
        if (await _table.Store.StatAsync(path, cancellationToken).ConfigureAwait(false) is not null)
        {
            return _base;
        }

        Snapshot latest = await _table.LoadAsync(cancellationToken).ConfigureAwait(false);
        return latest.Version == _base.Version
            ? _base
            : throw new DeltaException(
                DeltaCode.VersionNotFound,
                $"The snapshot (version {_base.Version}) is older than the log, now at {latest.Version}; load the table again",
                _table.Root, isRetriable: true);
    }

    private CommitOutcome.Superseded? FindSuperseded(Snapshot latest)
    {
        List<string> moved = _txns
            .Where(pair => latest.TxnVersion(pair.Key) != pair.Value.ExpectedBase).Select(pair => pair.Key).ToList();
        return moved.Count > 0 ? new CommitOutcome.Superseded(moved, latest) : null;
    }

    private CommitOutcome.Conflicted? FindConflict(List<Commit> winners)
    {
        foreach (Commit winner in winners)
        {
            if (ConflictCheck.Check(winner, _base.State, _removed, _readsWholeTable) is { } conflict)
            {
                return conflict;
            }
        }

        return null;
    }

    private async Task<CommitOutcome> CommittedAsync(Snapshot before, Commit commit)
    {
        Snapshot snapshot = before.After([commit]);
        try
        {
            await CheckpointWriter.WriteIfDueAsync(_table, snapshot, CancellationToken.None).ConfigureAwait(false);
            return new CommitOutcome.Committed(snapshot, null);
        }
        catch (Exception e)
        {
            // Whatever it was, the commit stands: an exception from here would make the caller remove files that are in the table.
            return new CommitOutcome.Committed(snapshot, e);
        }
    }

    private Task PauseAsync(int attempt, CancellationToken cancellationToken)
    {
        double scale;
        lock (_table.Environment.Chance)
        {
            scale = _table.Environment.Chance.NextDouble();
        }

        double milliseconds = Math.Min(
            PauseMax.TotalMilliseconds, PauseFirst.TotalMilliseconds * Math.Pow(2, Math.Min(attempt - 1, 16)));
        return Task.Delay(TimeSpan.FromMilliseconds(milliseconds * scale), _table.Environment.Clock, cancellationToken);
    }
}
