using System.Globalization;
using System.Text.Json;
using Fabric.Core.Storage;
using Fabric.Delta;
using Fabric.Delta.Actions;
using Fabric.Delta.Reading;
using Fabric.DuckDb;

namespace Fabric.Lakehouse.Trace;

/// <summary>Where one row came from: file, commit, Kafka record, and for telemetry the raw record, source and device.</summary>
/// <param name="File">Path of the data file within the table.</param>
/// <param name="Sha256">Of the file, as its commit states it; null for files of other writers.</param>
/// <param name="Version">The commit that added the file; null when that commit's log was cleaned away.</param>
/// <param name="RunId">OpenLineage run of the commit; null for files of other writers.</param>
public sealed record RowOrigin(
    string Table, string File, string? Sha256, long? Version, DateTimeOffset? CommittedAt, string? RunId, string Topic,
    int Partition, long Offset, int Index, RawOrigin? Raw);

/// <summary>The raw record of a row.</summary>
public sealed record RawOrigin(
    string Topic, int Partition, long Offset, int Index, string Node, string Source, string Device, long Sequence, string Point,
    string ReceivedAt);

/// <summary>Traces rows of a table back to the device, with what tables and log say and nothing else.</summary>
public sealed class RowTrace(string lakeFolder, DeltaEnvironment environment)
{
    private readonly LocalObjectStore _store = new(Path.GetFullPath(lakeFolder), environment.Ids);

    /// <summary>Origins of the rows that a predicate picks.</summary>
    /// <param name="predicate">SQL over the table's columns.</param>
    /// <param name="limit">At most so many rows.</param>
    /// <exception cref="LakehouseException"><c>TABLE_UNKNOWN</c>.</exception>
    /// <exception cref="DuckDbException">The predicate is not SQL over the table's columns.</exception>
    public async Task<IReadOnlyList<RowOrigin>> TraceAsync(
        string tableName, string predicate, int limit, CancellationToken cancellationToken)
    {
        DeltaTable table = await OpenAsync(tableName, cancellationToken).ConfigureAwait(false);
        Snapshot snapshot = await table.LoadAsync(cancellationToken).ConfigureAwait(false);
        using DuckDbDatabase database = DuckDbDatabase.Open(new DuckDbOptions { ConfinedTo = [_store.Root], LockConfiguration = true });
        using DuckDbConnection sql = database.Connect();
        DeltaSql.RegisterView(sql, tableName, table, snapshot);
        bool hasRaw = snapshot.Schema.Find("raw_offset") is not null;
        List<Position> rows = ReadRows(sql, tableName, predicate, limit, hasRaw, cancellationToken);
        IReadOnlyDictionary<string, HistoryEntry> commits = await CommitsAsync(table, cancellationToken).ConfigureAwait(false);
        await RegisterRawAsync(sql, cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(row => OriginOf(row, table, snapshot, sql, commits))];
    }

    private async Task<DeltaTable> OpenAsync(string name, CancellationToken cancellationToken)
    {
        var table = new DeltaTable(_store, name, environment);
        return await table.ExistsAsync(cancellationToken).ConfigureAwait(false)
            ? table
            : throw new LakehouseException("TABLE_UNKNOWN", $"There is no table '{name}' in the lake", _store.Root);
    }

    private async Task RegisterRawAsync(DuckDbConnection sql, CancellationToken cancellationToken)
    {
        var raw = new DeltaTable(_store, "raw", environment);
        if (await raw.ExistsAsync(cancellationToken).ConfigureAwait(false))
        {
            DeltaSql.RegisterView(sql, "raw", raw, await raw.LoadAsync(cancellationToken).ConfigureAwait(false));
        }
    }

    private static List<Position> ReadRows(
        DuckDbConnection sql, string table, string predicate, int limit, bool hasRaw, CancellationToken cancellationToken)
    {
        string raw = hasRaw ? "raw_partition, raw_offset, raw_index" : "_partition, _offset, _index";
        using DuckDbStatement statement = sql.PrepareSelect(string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT _topic, _partition, _offset, _index, {raw} FROM {SqlText.Identifier(table)} WHERE ({predicate}) LIMIT {limit}"));
        using DuckDbResult result = statement.Query(cancellationToken);
        return [.. result.Rows().Select(row => new Position(
            (string)row[0]!, Whole(row[1]), Whole(row[2]), Whole(row[3]), Whole(row[4]), Whole(row[5]), Whole(row[6])))];
    }

    private static RowOrigin OriginOf(
        Position row, DeltaTable table, Snapshot snapshot, DuckDbConnection sql,
        IReadOnlyDictionary<string, HistoryEntry> commits)
    {
        AddAction file = FileOf(row, table, snapshot, sql);
        commits.TryGetValue(file.Path, out HistoryEntry? commit);
        return new RowOrigin(
            table.Path, snapshot.RelativePath(file), Tag(file, "fabric.sha256"), commit?.Version, commit?.ModifiedAt,
            Tag(file, "fabric.runId"), row.Topic, (int)row.Partition, row.Offset, (int)row.Index, RawOf(row, sql));
    }

    /// <summary>The file whose offsets hold the row; asked of the files themselves where several could.</summary>
    private static AddAction FileOf(Position row, DeltaTable table, Snapshot snapshot, DuckDbConnection sql)
    {
        AddAction[] candidates = [.. snapshot.Files.Where(file => MayHold(file, row))];
        foreach (AddAction file in candidates.Length > 1 ? candidates : [])
        {
            string query = string.Create(
                CultureInfo.InvariantCulture,
                $"SELECT count(*) FROM ({DeltaSql.Select(table, snapshot, [file])}) WHERE _partition = {row.Partition} AND _offset = {row.Offset} AND _index = {row.Index}");
            if (Whole(sql.Scalar(query)) > 0)
            {
                return file;
            }
        }

        return candidates.Length > 0
            ? candidates[0]
            : throw new LakehouseException(
                "ROW_WITHOUT_FILE", $"No file of the table states offset {row.Offset} of partition {row.Partition}", table.Root);
    }

    private static bool MayHold(AddAction file, Position row)
    {
        if (Tag(file, "fabric.offsets") is not { } text)
        {
            return true; // written by another engine: only its rows can tell
        }

        using JsonDocument json = JsonDocument.Parse(text);
        return json.RootElement.TryGetProperty(row.Partition.ToString(CultureInfo.InvariantCulture), out JsonElement range)
            && range.ValueKind == JsonValueKind.Array && range[0].TryGetInt64(out long first) && range[1].TryGetInt64(out long last)
            && row.Offset >= first && row.Offset <= last;
    }

    private static RawOrigin? RawOf(Position row, DuckDbConnection sql)
    {
        using DuckDbResult result = sql.Query(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            SELECT _topic, node, source, device, sequence, point, CAST(received_at AS VARCHAR) FROM raw
            WHERE _partition = {row.RawPartition} AND _offset = {row.RawOffset} AND _index = {row.RawIndex}
            """));
        object?[]? found = result.Rows().FirstOrDefault();
        return found is null
            ? null
            : new RawOrigin(
                (string)found[0]!, (int)row.RawPartition, row.RawOffset, (int)row.RawIndex, (string)found[1]!, (string)found[2]!,
                (string)found[3]!, Whole(found[4]), (string)found[5]!, (string)found[6]!);
    }

    private static async Task<IReadOnlyDictionary<string, HistoryEntry>> CommitsAsync(
        DeltaTable table, CancellationToken cancellationToken)
    {
        var commits = new Dictionary<string, HistoryEntry>(StringComparer.Ordinal);
        foreach (HistoryEntry entry in await table.HistoryAsync(int.MaxValue, cancellationToken).ConfigureAwait(false))
        {
            foreach (AddAction add in entry.Actions.OfType<AddAction>())
            {
                commits.TryAdd(add.Path, entry);
            }
        }

        return commits;
    }

    private static string? Tag(AddAction file, string name) =>
        file.Tags is not null && file.Tags.TryGetValue(name, out string? value) ? value : null;

    private static long Whole(object? value) => Convert.ToInt64(value, CultureInfo.InvariantCulture);

    private readonly record struct Position(
        string Topic, long Partition, long Offset, long Index, long RawPartition, long RawOffset, long RawIndex);
}
