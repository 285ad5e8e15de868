using Fabric.Core.Storage;
using Fabric.Delta.Actions;
using Fabric.Delta.Checkpoints;
using Fabric.Delta.Commits;
using Fabric.Delta.Log;
using Fabric.Delta.Schema;

namespace Fabric.Delta;

/// <summary>A Delta table in a folder of an object store: loads versions, creates, starts commits.</summary>
/// <remarks>
/// Holds no state but where the table is; thread-safe. Any number of objects, processes and engines may work on one folder.
/// </remarks>
public sealed class DeltaTable
{
    /// <param name="path">The table's folder, relative to the store's root; "" is the root itself.</param>
    public DeltaTable(IObjectStore store, string path, DeltaEnvironment environment)
    {
        if (path.Length > 0)
        {
            ObjectPath.Check(path);
        }

        Store = store;
        Path = path;
        Environment = environment;
        Root = ObjectPath.Join(store.Root.TrimEnd('/'), path).TrimEnd('/');
        LogFolder = ObjectPath.Join(path, LogPath.Folder);
    }

    /// <summary>Relative to the store's root.</summary>
    public string Path { get; }

    /// <summary>Absolute location of the table's folder.</summary>
    public string Root { get; }

    public IObjectStore Store { get; }

    public DeltaEnvironment Environment { get; }

    internal string LogFolder { get; }

    /// <summary>Whether a log with at least one version is there.</summary>
    public async Task<bool> ExistsAsync(CancellationToken cancellationToken)
    {
        List<LogFile> files = await LogSegment.ListAsync(Store, LogFolder, 0, cancellationToken).ConfigureAwait(false);
        return files.Any(file => file.Kind != LogFileKind.Checksum);
    }

    /// <summary>The latest version.</summary>
    /// <exception cref="DeltaException">Any code that is about reading.</exception>
    public Task<Snapshot> LoadAsync(CancellationToken cancellationToken) => LoadAsync(null, cancellationToken);

    /// <summary>One version, the latest when null.</summary>
    /// <exception cref="DeltaException">Any code that is about reading; <see cref="DeltaCode.VersionNotFound"/>.</exception>
    public async Task<Snapshot> LoadAsync(long? version, CancellationToken cancellationToken)
    {
        LogSegment segment = await LogSegment
            .FindAsync(Store, LogFolder, version, cancellationToken).ConfigureAwait(false);
        return await LogReplay.RunAsync(this, segment, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The latest version whose timestamp is not after <paramref name="moment"/>. A commit's timestamp is its
    /// <c>inCommitTimestamp</c> where the table keeps one, else the file's time, made to grow with the version.
    /// </summary>
    /// <remarks>A moment after the last commit gives the latest version (as in delta-rs; Spark refuses).</remarks>
    /// <exception cref="DeltaException"><see cref="DeltaCode.VersionNotFound"/>: the moment is before the first commit that is left.</exception>
    public async Task<Snapshot> LoadAsOfAsync(DateTimeOffset moment, CancellationToken cancellationToken)
    {
        long version = await VersionTimes.FindAsync(this, moment, cancellationToken).ConfigureAwait(false);
        return await LoadAsync(version, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The latest version, by applying to <paramref name="known"/> what came after it.</summary>
    public async Task<Snapshot> RefreshAsync(Snapshot known, CancellationToken cancellationToken)
    {
        List<LogFile> files = await LogSegment
            .ListAsync(Store, LogFolder, known.Version, cancellationToken).ConfigureAwait(false);
        bool isContinuous = files.Any(file => file.Kind == LogFileKind.Commit && file.Version == known.Version);
        if (!isContinuous)
        {
            return await LoadAsync(cancellationToken).ConfigureAwait(false); // cleaned up, or created anew
        }

        return known.After(await LogReplay.FollowAsync(this, known.Version + 1, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Creates the table as version 0 (reader 1, writer 2), unless there is one: then that one is loaded, whatever its schema.
    /// </summary>
    /// <exception cref="DeltaException"><see cref="DeltaCode.SchemaInvalid"/> or <see cref="DeltaCode.WriteUnsupported"/>.</exception>
    public Task<CreateOutcome> CreateAsync(NewTable table, CancellationToken cancellationToken) =>
        TableCreation.RunAsync(this, table, cancellationToken);

    /// <summary>Starts a commit that builds on <paramref name="snapshot"/>.</summary>
    /// <exception cref="DeltaException"><see cref="DeltaCode.WriteUnsupported"/>, with features and properties by name.</exception>
    public DeltaTransaction Begin(Snapshot snapshot)
    {
        if (snapshot.TableRoot != Root)
        {
            throw new ArgumentException($"The snapshot is of {snapshot.TableRoot}, the table is {Root}", nameof(snapshot));
        }

        ProtocolGate.CheckWritable(snapshot);
        return new DeltaTransaction(this, snapshot);
    }

    /// <summary>What the commits say about themselves, newest first.</summary>
    /// <param name="limit">At most so many.</param>
    public Task<IReadOnlyList<HistoryEntry>> HistoryAsync(int limit, CancellationToken cancellationToken) =>
        HistoryAsync(limit, long.MaxValue, cancellationToken);

    /// <summary>What the commits up to a version say about themselves, newest first.</summary>
    /// <param name="limit">At most so many.</param>
    /// <param name="through">The last version to look at; it need not exist.</param>
    public async Task<IReadOnlyList<HistoryEntry>> HistoryAsync(int limit, long through, CancellationToken cancellationToken)
    {
        List<LogFile> files = await LogSegment.ListAsync(Store, LogFolder, 0, cancellationToken).ConfigureAwait(false);
        var entries = new List<HistoryEntry>();
        foreach (LogFile file in files
            .Where(file => file.Kind == LogFileKind.Commit && file.Version <= through).OrderByDescending(file => file.Version).Take(limit))
        {
            Commit? commit = await Commit.ReadAsync(Store, LogFolder, file.Version, cancellationToken).ConfigureAwait(false);
            if (commit is not null)
            {
                entries.Add(new HistoryEntry(commit.Version, file.Object.ModifiedAt, commit.Info, commit.Actions));
            }
        }

        return entries;
    }
}

/// <summary>One commit of the history.</summary>
/// <param name="ModifiedAt">When the commit's file was written.</param>
/// <param name="Info">Provenance, null when the writer left none.</param>
/// <param name="Actions">All actions of the commit.</param>
public sealed record HistoryEntry(
    long Version, DateTimeOffset ModifiedAt, CommitInfoAction? Info, IReadOnlyList<DeltaAction> Actions);

/// <summary>The doors a table needs beside its store.</summary>
/// <param name="Clock">Times in the log, and pauses between attempts.</param>
/// <param name="Chance">Jitter of those pauses; used under a lock.</param>
/// <param name="Ids">Table and transaction ids.</param>
/// <param name="Checkpoints">Reads and writes checkpoint files.</param>
public sealed record DeltaEnvironment(
    TimeProvider Clock, Random Chance, Core.IIdSource Ids, ICheckpointFiles Checkpoints)
{
    /// <summary>Attempts before a commit answers <see cref="ConflictReason.Contention"/>; each follows somebody else's success.</summary>
    public int CommitAttemptsMax { get; init; } = 10_000;

    /// <summary>Written into every commit, as <c>name/version</c>.</summary>
    public string EngineInfo { get; init; } = "fabric/0.1.0";
}
