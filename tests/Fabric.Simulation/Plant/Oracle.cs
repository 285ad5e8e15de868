using System.Globalization;
using System.Text;
using Fabric.Avro;
using Fabric.Core;
using Fabric.Delta;
using Fabric.Delta.Reading;
using Fabric.DuckDb;
using Fabric.Governance.Lineage;
using Fabric.Kafka.Clients;
using Fabric.Lakehouse.Sink;
using Fabric.Schemas;
using Fabric.Simulation.Scheduling;

namespace Fabric.Simulation.Plant;

/// <summary>Compares what the fabric made of it with the plant's book.</summary>
internal sealed class Oracle(PlantWorld world, PlantLedger ledger)
{
    private readonly long[] _raw = [.. ledger.RawValues.Order()];
    private readonly long[] _telemetry = [.. ledger.TelemetryValues.Order()];

    /// <summary>Whether all messages were acknowledged and the tables have as many rows as they must.</summary>
    public bool HasEverything() =>
        ledger.Acknowledged == ledger.Messages && Count("raw") >= _raw.Length && Count("telemetry") >= _telemetry.Length;

    public string Progress() =>
        $"{ledger.Acknowledged} of {ledger.Messages} acknowledged, {Count("raw")} of {_raw.Length} rows in raw, {Count("telemetry")} of {_telemetry.Length} in telemetry";

    /// <summary>What is wrong, null when nothing is. On a fiber of the process.</summary>
    public string? Judge(SimulatedProcess process)
    {
        var problems = new List<string>();
        void Add(string? problem)
        {
            if (problem is not null)
            {
                problems.Add(problem);
            }
        }

        Add(ledger.Violation);
        Add(Compare("raw", _raw));
        Add(Compare("telemetry", _telemetry));
        Add(Sequences());
        Add(Versions());
        Add(Lineage(process));
        Add(Quarantine(process));
        return problems.Count == 0 ? null : string.Join('\n', problems);
    }

    private string? Compare(string table, long[] expected)
    {
        long[] found = [.. Query(table, $"SELECT value_long FROM {table} ORDER BY value_long").Select(row => (long)row[0]!)];
        if (found.AsSpan().SequenceEqual(expected))
        {
            return null;
        }

        HashSet<long> known = [.. found];
        long[] missing = [.. expected.Where(value => !known.Contains(value))];
        long[] doubled = [.. found.GroupBy(static value => value).Where(static group => group.Count() > 1).Select(static group => group.Key)];
        return $"{table}: {found.Length} rows, expected {expected.Length}; missing {missing.Length} ({First(missing)}), doubled {doubled.Length} ({First(doubled)})";
    }

    private string? Sequences()
    {
        List<object?[]> wrong = Query(
            "raw",
            "SELECT device, min(sequence), max(sequence), count(DISTINCT sequence) FROM raw GROUP BY device "
            + "HAVING min(sequence) <> 0 OR max(sequence) - min(sequence) + 1 <> count(DISTINCT sequence)");
        return wrong.Count == 0 ? null : $"sequences have gaps: {string.Join("; ", wrong.Select(row => string.Join(' ', row)))}";
    }

    private string? Versions()
    {
        foreach (string table in PlantWorld.Tables)
        {
            IReadOnlyList<HistoryEntry> history = History(table);
            if (!history.Select(static entry => entry.Version).SequenceEqual(Enumerable.Range(0, history.Count).Select(static i => (long)i)))
            {
                return $"{table}: versions are not contiguous: {string.Join(' ', history.Select(static entry => entry.Version))}";
            }
        }

        return null;
    }

    private string? Lineage(SimulatedProcess process)
    {
        HashSet<string> told = [.. Read<LineageEvent>(process, "lineage")
            .Where(static told => told.EventType == "COMPLETE").Select(static told => told.RunId)];
        foreach (string table in PlantWorld.Tables)
        {
            string id = Load(table).Metadata.Id;
            long[] untold = [.. History(table).Where(static entry => CommitFacts.Read(entry) is not null)
                .Select(static entry => entry.Version).Where(version => !told.Contains(LineageRunId.OfCommit(id, version).ToString()))];
            if (untold.Length > 0)
            {
                return $"{table}: no lineage for versions {First(untold)}";
            }
        }

        return null;
    }

    private string? Quarantine(SimulatedProcess process)
    {
        List<QuarantinedRecord> records = Read<QuarantinedRecord>(process, "quarantine");
        string[] payloads = [.. records.Select(record => Encoding.UTF8.GetString(record.Payload ?? [])).Order(StringComparer.Ordinal)];
        string[] expected = [.. Enumerable.Range(0, ledger.Messages).Where(static message => PlantLedger.IsMalformed(message))
            .Select(static message => string.Create(CultureInfo.InvariantCulture, $"message {message} is torn")).Order(StringComparer.Ordinal)];
        return payloads.SequenceEqual(expected) ? null
            : $"quarantine: {records.Count} records, expected {expected.Length}: {string.Join("; ", records
                .Where(static record => record.Rule != "PAYLOAD_NOT_JSON").Take(5).Select(static record => $"{record.Component} {record.Rule} {record.Reason}"))}";
    }

    private List<T> Read<T>(SimulatedProcess process, string topic)
        where T : class, IAvroRecord<T>, new()
    {
        var read = new List<T>();
        TopicScan.ReadToEnd(
            world.Clients(process), $"{PlantWorld.Fabric}.{topic}", 1,
            record =>
            {
                if (ConfluentFraming.TryRead(record.Value, out _, out ReadOnlySpan<byte> body) == FramingResult.Ok)
                {
                    var reader = new AvroReader(body);
                    var one = new T();
                    one.ReadFrom(ref reader);
                    read.Add(one);
                }
            },
            process.Clock, CancellationToken.None);
        return read;
    }

    private long Count(string table) =>
        Table(table).ExistsAsync(CancellationToken.None).GetAwaiter().GetResult() ? (long)Query(table, $"SELECT count(*) FROM {table}")[0][0]! : 0;

    private List<object?[]> Query(string table, string sql)
    {
        using DuckDbConnection connection = world.Database.Connect();
        DeltaSql.RegisterView(connection, table, Table(table), Load(table));
        using DuckDbResult result = connection.Query(sql);
        return [.. result.Rows()];
    }

    private IReadOnlyList<HistoryEntry> History(string table) =>
        [.. Table(table).HistoryAsync(int.MaxValue, CancellationToken.None).GetAwaiter().GetResult().Reverse()];

    private Snapshot Load(string table) => Table(table).LoadAsync(CancellationToken.None).GetAwaiter().GetResult();

    private DeltaTable Table(string table) => new(
        world.Lake.Files, table,
        new DeltaEnvironment(TimeProvider.System, new Random(1), new SystemIdSource(TimeProvider.System),
            new Fabric.Delta.Checkpoints.DuckDbCheckpointFiles(world.Database)));

    private static string First(long[] values) => string.Join(' ', values.Take(10));
}
