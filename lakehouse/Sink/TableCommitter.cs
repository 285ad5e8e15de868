using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Fabric.Core;
using Fabric.Core.Storage;
using Fabric.Delta;
using Fabric.Delta.Actions;
using Fabric.Delta.Commits;
using Fabric.Delta.Schema;
using Fabric.Delta.Statistics;
using Fabric.DuckDb;
using Fabric.Governance.Lineage;
using Fabric.Lakehouse.Tables;
using Microsoft.Extensions.Logging;

namespace Fabric.Lakehouse.Sink;

/// <summary>Files, positions and provenance of one flush, as one Delta commit.</summary>
/// <remarks>Owned by the sink's thread.</remarks>
internal sealed class TableCommitter(TableDefinition definition, SinkServices services, TableVersions versions, ILogger log) : IDisposable
{
    // Never a thread of the pool, as a file takes seconds; and always the same one: DuckDB's allocator keeps what was freed by
    // thread, and on a new one every page would be touched for the first time.
    private readonly IWorkThread _writing = services.Threads.OpenWorkThread($"write:{definition.Name}");

    /// <summary>The version of the table that is written.</summary>
    public TableVersions Versions => versions;

    /// <summary>What the last commit was about; null before the first.</summary>
    public CommitFacts? LastFacts { get; private set; }

    /// <summary>
    /// Opens the table. Where its columns and what this software writes cannot be one table, the next version is begun.
    /// </summary>
    /// <exception cref="LakehouseException"><c>TABLE_NEWER</c>: newer software began a version that this one cannot write.</exception>
    public static async Task<TableCommitter> OpenAsync(
        TableDefinition definition, SinkServices services, ILogger log, CancellationToken cancellationToken)
    {
        while (true)
        {
            TableVersions versions = await TableVersions.OpenAsync(definition, services, cancellationToken).ConfigureAwait(false);
            TableShape shape = TableShape.Of(definition, versions.IsOfThisLayout ? versions.Snapshot : null);
            StructType wanted = shape.ToSchema();
            SchemaMerge? merge = versions.Snapshot is { } snapshot ? SchemaEvolution.Merge(snapshot.Schema, wanted) : null;
            if (versions.IsOfThisLayout && merge is not SchemaMerge.Incompatible)
            {
                return new TableCommitter(definition, services, versions, log);
            }

            if (definition.Mapping is not null && versions.FitsClosed(wanted))
            {
                throw new LakehouseException(
                    "TABLE_NEWER", "The table was continued with other columns by newer software; upgrade this process",
                    versions.Current.Root);
            }

            string next = await versions.ContinueAsync(shape, cancellationToken).ConfigureAwait(false);
            string why = merge is SchemaMerge.Incompatible incompatible
                ? string.Join("; ", incompatible.Reasons) : "its partitions or its exploded array are configured otherwise";
            SinkLog.TableContinued(log, versions.Name, next, why);
        }
    }

    /// <summary>Name of a partition's position in the Delta log: the same in all versions of the table.</summary>
    public string AppIdOf(int partition) => string.Create(
        CultureInfo.InvariantCulture, $"{services.Fabric}/{definition.Name}/{definition.Topic}/{partition}");

    /// <summary>Where a partition stands in the table.</summary>
    public PartitionProgress ProgressOf(TopicPartition partition)
    {
        string appId = AppIdOf(partition.Partition);
        return new PartitionProgress(partition, appId, versions.Stored(appId), versions.Reached(appId));
    }

    /// <summary>
    /// Writes the buffered rows, one file a date, and commits them with the positions. Files that are in no commit are removed;
    /// those of a commit that may have landed stay.
    /// </summary>
    /// <returns>Null when the table's columns became others meanwhile, which the rows do not have: nothing was committed.</returns>
    public async Task<CommitOutcome?> CommitAsync(
        RowBuffer rows, IReadOnlyCollection<PartitionProgress> positions, CancellationToken cancellationToken)
    {
        Snapshot snapshot = await versions.CreateAsync(rows.Shape, cancellationToken).ConfigureAwait(false);
        StructType wanted = rows.Shape.ToSchema();
        SchemaMerge merge = SchemaEvolution.Merge(snapshot.Schema, wanted);
        if (versions.IsClosed || merge is SchemaMerge.Incompatible || !rows.Shape.AgreesWith(snapshot.Schema))
        {
            return null;
        }

        var staged = new List<StagedObject>();
        long rowCount = rows.RowCount;
        bool keepsFiles = false;
        try
        {
            DeltaTransaction transaction = versions.Current.Begin(snapshot);
            if (merge is SchemaMerge.Widened)
            {
                transaction.ChangeSchema(wanted);
            }

            Describe(transaction, rows, positions);
            List<AddAction> files = await WriteFilesAsync(rows, transaction.Schema, positions, staged, cancellationToken)
                .ConfigureAwait(false);
            files.ForEach(file => transaction.Add(file));
            CommitOutcome outcome = await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            keepsFiles = outcome is CommitOutcome.Committed or CommitOutcome.Unresolved;
            Observe(outcome, rowCount, positions, files);
            return outcome;
        }
        finally
        {
            if (!keepsFiles)
            {
                await DiscardAsync(staged).ConfigureAwait(false);
            }
        }
    }

    public void Dispose() => _writing.Dispose();

    private void Describe(DeltaTransaction transaction, RowBuffer rows, IReadOnlyCollection<PartitionProgress> positions)
    {
        transaction
            .Describe(
                "STREAMING UPDATE", new Dictionary<string, string> { ["outputMode"] = "Append", ["queryId"] = definition.Name })
            .Note(CommitNotes.Node, services.Node)
            .Note(CommitNotes.Topic, definition.Topic)
            .Note(CommitNotes.Offsets, CommitNotes.OffsetsOf(positions))
            .Note(CommitNotes.Rows, rows.RowCount)
            .Note(CommitNotes.SchemaIds, new JsonArray([.. rows.SchemaIds.Select(id => JsonValue.Create(id))]))
            .Stamp(
                CommitNotes.RunIdTag, CommitNotes.RunId,
                version => LineageRunId.OfCommit(versions.Snapshot!.Metadata.Id, version).ToString());
        if (CommitNotes.ContextOf(rows) is { } context)
        {
            transaction.Note(CommitNotes.ContextVersion, context);
        }

        if (services.TopologyHashes.TryGetValue(definition.Topic, out string? hash))
        {
            transaction.Note(CommitNotes.TopologyHash, hash);
        }

        foreach (PartitionProgress position in positions)
        {
            transaction.Advance(position.AppId, position.Taken!.Value, position.Stored);
        }
    }

    private async Task<List<AddAction>> WriteFilesAsync(
        RowBuffer rows, StructType schema, IReadOnlyCollection<PartitionProgress> positions, List<StagedObject> staged,
        CancellationToken cancellationToken)
    {
        var files = new List<AddAction>();
        Dictionary<string, string?> tags = CommitNotes.TagsOf(
            definition, rows, positions, services.TopologyHashes.GetValueOrDefault(definition.Topic));
        foreach ((int day, ParquetFileWriter writer) in rows.Writers)
        {
            var partition = new Dictionary<string, string?>(StringComparer.Ordinal);
            if (definition.Partitioning == TablePartitioning.Date)
            {
                partition[TableDefinition.DateColumn] = DateOnly.FromDayNumber(day + DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber)
                    .ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            }

            string path = ObjectPath.Join(
                versions.Current.Path, DataFile.NewPath(definition.PartitionColumns, partition, services.Ids));
            StagedObject file = await services.Store.StageAsync(path, cancellationToken).ConfigureAwait(false);
            staged.Add(file);
            (ParquetFileInfo info, string sha256) = await _writing
                .RunAsync(() => (writer.Finish(file.LocalPath, cancellationToken), HashOf(file.LocalPath))).ConfigureAwait(false);
            StoredObject stored = await services.Store.FinishAsync(file, cancellationToken).ConfigureAwait(false);
            files.Add(DataFile.ToAdd(
                versions.Current, stored, partition, DeltaStatistics.Write(versions.Snapshot!, schema, info, []),
                new Dictionary<string, string?>(tags) { [CommitNotes.Sha256Tag] = sha256 }));
        }

        return files;
    }

    private void Observe(
        CommitOutcome outcome, long rowCount, IReadOnlyCollection<PartitionProgress> positions, List<AddAction> files)
    {
        switch (outcome)
        {
            case CommitOutcome.Committed committed:
                versions.Advance(committed.Snapshot);
                LastFacts = CommitFacts.Of(
                    committed.Version, services.Clock.GetUtcNow(), services.Node, definition.Topic, rowCount, positions, files);
                break;
            case CommitOutcome.Superseded superseded:
                versions.Advance(superseded.Snapshot);
                break;
        }
    }

    /// <summary>A file that cannot be removed is no part of the table and costs only its space: the next is removed all the same.</summary>
    private async Task DiscardAsync(List<StagedObject> staged)
    {
        foreach (StagedObject file in staged)
        {
            try
            {
                await services.Store.DiscardAsync(file, CancellationToken.None).ConfigureAwait(false);
            }
            catch (StorageException exception)
            {
                SinkLog.OrphanLeft(log, file.Path, exception);
            }
        }
    }

    private static string HashOf(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LakehouseException(
                "DATA_FILE_UNREADABLE", $"A data file could not be read back: {exception.Message}", path, isRetriable: true, exception);
        }
    }
}
