using System.Globalization;
using Fabric.Delta;
using Fabric.Delta.Commits;
using Fabric.Lakehouse.Tables;

namespace Fabric.Lakehouse.Sink;

/// <summary>
/// The versions of a table: <c>name</c>, <c>name_v2</c>, and so on, each begun when records no longer fitted the one before.
/// One of them is written: the first that is not closed.
/// </summary>
/// <remarks>
/// A version is closed by a last change of its metadata, after the next one was created. Whoever still collects rows for the old
/// version then conflicts when he commits (metadata changed), and finds the new one when he looks again. So from the moment of
/// closing nobody can advance a <c>txn</c> of the old version, and the greatest over all versions is where reading resumes.
/// </remarks>
internal sealed class TableVersions
{
    private const int VersionsMax = 1_000;
    private const int CloseAttemptsMax = 100;
    private const string ContinuedIn = "fabric.continuedIn";
    private const string ExplodeProperty = "fabric.explode";

    private readonly TableDefinition _definition;
    private readonly SinkServices _services;
    private readonly List<Snapshot> _closed = [];
    private int _number = 1;

    private TableVersions(TableDefinition definition, SinkServices services)
    {
        _definition = definition;
        _services = services;
        Current = TableOf(1);
    }

    /// <summary>The version that is written.</summary>
    public DeltaTable Current { get; private set; }

    /// <summary>Null while it does not exist.</summary>
    public Snapshot? Snapshot { get; private set; }

    /// <summary>Its folder under the lake.</summary>
    public string Name => Current.Path;

    /// <summary>Whether the version was closed by somebody else meanwhile.</summary>
    public bool IsClosed => Snapshot is { } snapshot && snapshot.Metadata.Configuration.ContainsKey(ContinuedIn);

    /// <summary>Whether rows of this definition can stand in the version: same partitions, same meaning of a row.</summary>
    public bool IsOfThisLayout => Snapshot is not { } snapshot
        || (snapshot.PartitionColumns.SequenceEqual(_definition.PartitionColumns)
            && (snapshot.Metadata.Configuration.GetValueOrDefault(ExplodeProperty) ?? "") == (_definition.Explode ?? ""));

    /// <summary>Finds the version that is written.</summary>
    public static async Task<TableVersions> OpenAsync(
        TableDefinition definition, SinkServices services, CancellationToken cancellationToken)
    {
        var versions = new TableVersions(definition, services);
        while (await versions.LoadAsync(cancellationToken).ConfigureAwait(false) && versions.IsClosed)
        {
            versions._closed.Add(versions.Snapshot!);
            versions.Current = versions.TableOf(++versions._number);
            versions.Snapshot = null;
        }

        return versions;
    }

    /// <summary>What the version's log says of a position.</summary>
    public long? Stored(string appId) => Snapshot?.TxnVersion(appId);

    /// <summary>The greatest over all versions.</summary>
    public long? Reached(string appId)
    {
        long? reached = Stored(appId);
        foreach (Snapshot closed in _closed)
        {
            reached = closed.TxnVersion(appId) is { } earlier && (reached is null || earlier > reached) ? earlier : reached;
        }

        return reached;
    }

    /// <summary>Whether a schema fits a version that was closed: who wants it back is older than the table.</summary>
    public bool FitsClosed(Delta.Schema.StructType schema) => _closed.Exists(
        closed => Delta.Schema.SchemaEvolution.Merge(closed.Schema, schema) is not Delta.Schema.SchemaMerge.Incompatible);

    /// <summary>Sees what others committed.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (Snapshot is { } known)
        {
            Snapshot = await Current.RefreshAsync(known, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await LoadAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes over what a commit returned.</summary>
    public void Advance(Snapshot snapshot) => Snapshot = snapshot;

    /// <summary>Creates the version unless somebody did.</summary>
    public async Task<Snapshot> CreateAsync(TableShape shape, CancellationToken cancellationToken) =>
        Snapshot ??= await CreateAsync(Current, shape, cancellationToken).ConfigureAwait(false);

    /// <summary>Creates the next version with these columns, then closes this one.</summary>
    public async Task<string> ContinueAsync(TableShape shape, CancellationToken cancellationToken)
    {
        if (_number == VersionsMax)
        {
            throw new LakehouseException(
                "TABLE_VERSIONS_EXHAUSTED", $"The table has {VersionsMax} versions; its records change their types again and again",
                Current.Root);
        }

        DeltaTable next = TableOf(_number + 1);
        await CreateAsync(next, shape, cancellationToken).ConfigureAwait(false);
        for (int attempt = 1; attempt <= CloseAttemptsMax; attempt++)
        {
            await RefreshAsync(cancellationToken).ConfigureAwait(false);
            if (IsClosed)
            {
                return next.Path;
            }

            CommitOutcome outcome = await Current.Begin(Snapshot!).SetProperty(ContinuedIn, next.Path)
                .Describe("CONTINUE", new Dictionary<string, string> { ["table"] = next.Path })
                .CommitAsync(cancellationToken).ConfigureAwait(false);
            if (outcome is CommitOutcome.Committed committed)
            {
                Snapshot = committed.Snapshot;
                return next.Path;
            }
        }

        throw new LakehouseException(
            "TABLE_NOT_CLOSED", $"The table could not be closed in {CloseAttemptsMax} attempts", Current.Root, isRetriable: true);
    }

    private async Task<bool> LoadAsync(CancellationToken cancellationToken)
    {
        bool exists = await Current.ExistsAsync(cancellationToken).ConfigureAwait(false);
        Snapshot = exists ? await Current.LoadAsync(cancellationToken).ConfigureAwait(false) : null;
        return exists;
    }

    private async Task<Snapshot> CreateAsync(DeltaTable table, TableShape shape, CancellationToken cancellationToken)
    {
        var properties = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (_definition.Explode is { } explode)
        {
            properties[ExplodeProperty] = explode;
        }

        CreateOutcome created = await table.CreateAsync(
            new NewTable(shape.ToSchema(), _definition.PartitionColumns, _definition.Name, properties), cancellationToken)
            .ConfigureAwait(false);
        return created.Snapshot;
    }

    private DeltaTable TableOf(int number) => new(
        _services.Store,
        number == 1 ? _definition.Name : string.Create(CultureInfo.InvariantCulture, $"{_definition.Name}_v{number}"),
        _services.Delta);
}
