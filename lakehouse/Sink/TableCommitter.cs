using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Fabric.Core.Storage;
using Fabric.Delta;
using Fabric.Delta.Actions;
using Fabric.Delta.Commits;
using Fabric.Delta.Log;
using Fabric.Delta.Schema;
using Fabric.Delta.Statistics;
using Fabric.DuckDb;
using Fabric.Governance.Lineage;
using Fabric.Lakehouse.Tables;

namespace Fabric.Lakehouse.Sink;

/// <summary>Files, positions and lineage of one flush, as one Delta commit.</summary>
/// <remarks>Owned by the sink's thread.</remarks>
internal sealed class TableCommitter
{
    private readonly TableDefinition _definition;
    private readonly SinkServices _services;
    private readonly DeltaTable _table;
    private readonly IReadOnlyList<DatasetField> _lineageFields;

    private TableCommitter(TableDefinition definition, SinkServices services, DeltaTable table, Snapshot snapshot)
    {
        _definition = definition;
        _services = services;
        _table = table;
        Snapshot = snapshot;
        _lineageFields = [.. snapshot.Schema.Fields.Select(field => new DatasetField(field.Name, field.Type.Name))];
    }

    /// <summary>The table as last seen.</summary>
    public Snapshot Snapshot { get; private set; }

    /// <summary>Opens the table, or creates it.</summary>
    public static async Task<TableCommitter> OpenAsync(
        TableDefinition definition, SinkServices services, CancellationToken cancellationToken)
    {
        var table = new DeltaTable(services.Store, definition.Name, services.Delta);
        StructType wanted = DeltaSchema.Of(definition.FileFields);
        CreateOutcome created = await table.CreateAsync(
            new NewTable(wanted, [TableDefinition.DateColumn], definition.Name), cancellationToken).ConfigureAwait(false);
        var committer = new TableCommitter(definition, services, table, created.Snapshot);
        await committer.FitSchemaAsync(wanted, cancellationToken).ConfigureAwait(false);
        return committer;
    }

    /// <summary>Name of a partition's position in the Delta log.</summary>
    public string AppIdOf(int partition) => string.Create(
        CultureInfo.InvariantCulture, $"{_services.Fabric}/{_definition.Name}/{_definition.Topic}/{partition}");

    /// <summary>Sees what others committed.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken) =>
        Snapshot = await _table.RefreshAsync(Snapshot, cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Writes the buffered rows, one file a date, and commits them with the positions. Whatever the outcome, files that are in no
    /// commit are removed.
    /// </summary>
    public async Task<CommitOutcome> CommitAsync(
        RowBuffer rows, IReadOnlyCollection<PartitionProgress> positions, CancellationToken cancellationToken)
    {
        var staged = new List<StagedObject>();
        bool isCommitted = false;
        try
        {
            long rowCount = rows.RowCount, version = Snapshot.Version + 1;
            Guid runId = LineageRunId.OfCommit(Snapshot.Metadata.Id, version);
            List<AddAction> files = await WriteFilesAsync(rows, positions, staged, runId, cancellationToken).ConfigureAwait(false);
            DeltaTransaction transaction = _table.Begin(Snapshot).Describe(
                "STREAMING UPDATE", new Dictionary<string, string> { ["outputMode"] = "Append", ["queryId"] = _definition.Name });
            foreach (AddAction file in files)
            {
                transaction.Add(file);
            }

            foreach (PartitionProgress position in positions)
            {
                transaction.Advance(position.AppId, position.Taken!.Value, position.Committed);
            }

            transaction.Note("node", _services.Node).Note("offsets", OffsetsJson(positions));
            CommitOutcome outcome = await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            isCommitted = outcome is CommitOutcome.Committed;
            Observe(outcome, rowCount, files, positions);
            return outcome;
        }
        finally
        {
            if (!isCommitted)
            {
                await DiscardAsync(staged).ConfigureAwait(false);
            }
        }
    }

    private async Task FitSchemaAsync(StructType wanted, CancellationToken cancellationToken)
    {
        switch (SchemaEvolution.Merge(Snapshot.Schema, wanted))
        {
            case SchemaMerge.Same:
                return;
            case SchemaMerge.Widened widened:
                CommitOutcome outcome = await _table.Begin(Snapshot).Describe("ADD COLUMNS").ChangeSchema(widened.Schema)
                    .CommitAsync(cancellationToken).ConfigureAwait(false);
                await RefreshAsync(cancellationToken).ConfigureAwait(false);
                if (outcome is not CommitOutcome.Committed && SchemaEvolution.Merge(Snapshot.Schema, wanted) is not SchemaMerge.Same)
                {
                    throw new LakehouseException(
                        "TABLE_SCHEMA_CONTENDED", "Another writer changed the table's schema at the same time", _table.Root,
                        isRetriable: true);
                }

                return;
            case SchemaMerge.Incompatible incompatible:
                throw new LakehouseException(
                    "TABLE_SCHEMA_INCOMPATIBLE",
                    $"The table's columns do not fit what this version writes ({string.Join("; ", incompatible.Reasons)}); "
                    + "rename the old table's folder to keep it beside a new one", _table.Root);
            default:
                throw new InvalidOperationException("Unknown outcome of a schema merge");
        }
    }

    private async Task<List<AddAction>> WriteFilesAsync(
        RowBuffer rows, IReadOnlyCollection<PartitionProgress> positions, List<StagedObject> staged, Guid runId,
        CancellationToken cancellationToken)
    {
        var files = new List<AddAction>();
        string offsets = OffsetsJson(positions).ToJsonString();
        foreach ((int day, ParquetFileWriter writer) in rows.Writers)
        {
            string date = DateOnly.FromDayNumber(day + DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber)
                .ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            string name = $"{TableDefinition.DateColumn}={date}/part-{_services.Ids.NewId():N}.zstd.parquet";
            StagedObject file = await _services.Store
                .StageAsync(ObjectPath.Join(_definition.Name, name), cancellationToken).ConfigureAwait(false);
            staged.Add(file);
            ParquetFileInfo info = writer.Finish(file.LocalPath, cancellationToken);
            string sha256 = HashOf(file.LocalPath);
            StoredObject stored = await _services.Store.FinishAsync(file, cancellationToken).ConfigureAwait(false);
            files.Add(new AddAction(
                DataPath.Encode(name), new Dictionary<string, string?> { [TableDefinition.DateColumn] = date }, stored.Size,
                stored.ModifiedAt.ToUnixTimeMilliseconds(), DataChange: true, DeltaStatistics.Write(Snapshot, Snapshot.Schema, info, []),
                new Dictionary<string, string?>
                {
                    ["fabric.runId"] = runId.ToString(), ["fabric.topic"] = _definition.Topic, ["fabric.offsets"] = offsets,
                    ["fabric.sha256"] = sha256,
                }));
        }

        return files;
    }

    private void Observe(
        CommitOutcome outcome, long rowCount, List<AddAction> files, IReadOnlyCollection<PartitionProgress> positions)
    {
        switch (outcome)
        {
            case CommitOutcome.Committed committed:
                Snapshot = committed.Snapshot;
                if (_definition.EmitsLineage)
                {
                    EmitLineage(committed.Version, rowCount, files, positions);
                }

                break;
            case CommitOutcome.Superseded superseded:
                Snapshot = superseded.Snapshot;
                break;
        }
    }

    /// <summary>A run per commit, which starts and completes: catalogs ignore streams that never complete.</summary>
    private void EmitLineage(
        long version, long rowCount, List<AddAction> files, IReadOnlyCollection<PartitionProgress> positions)
    {
        var output = new OutputDataset(
            "file", _table.Root, version.ToString(CultureInfo.InvariantCulture), _lineageFields,
            new OutputStatistics(rowCount, files.Sum(file => file.Size), files.Count),
            [.. files.Select(file => new WrittenFile(file.Path, file.Tags!["fabric.sha256"]!))]);
        var input = new InputDataset(
            _services.KafkaNamespace, _definition.Topic,
            [.. positions.Where(position => position.FirstTaken is not null).Select(position => new OffsetRange(
                position.Partition.Partition, position.FirstTaken!.Value, position.Taken!.Value))]);
        Guid runId = LineageRunId.OfCommit(Snapshot.Metadata.Id, version);
        var job = new LineageJob(_services.Fabric, $"sink.{_definition.Name}", "SINK");
        DateTimeOffset now = _services.Clock.GetUtcNow();
        _services.Lineage.Emit(new RunEvent(RunEventType.Start, now, runId, job, [input], [output]));
        _services.Lineage.Emit(new RunEvent(RunEventType.Complete, now, runId, job, [input], [output]));
    }

    private async Task DiscardAsync(List<StagedObject> staged)
    {
        foreach (StagedObject file in staged)
        {
            await _services.Store.DiscardAsync(file, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static JsonObject OffsetsJson(IReadOnlyCollection<PartitionProgress> positions)
    {
        var json = new JsonObject();
        foreach (PartitionProgress position in positions.OrderBy(position => position.Partition.Partition))
        {
            json[position.Partition.Partition.ToString(CultureInfo.InvariantCulture)] =
                new JsonArray(position.FirstTaken, position.Taken);
        }

        return json;
    }

    private static string HashOf(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
