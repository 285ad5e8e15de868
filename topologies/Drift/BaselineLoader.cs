using Fabric.Core;
using Fabric.Core.Storage;
using Fabric.Delta;
using Fabric.Delta.Checkpoints;
using Fabric.Delta.Reading;
using Fabric.DuckDb;

namespace Fabric.Topologies.Drift;

/// <summary>
/// Reads baselines. Columns: <c>signal</c> and <c>number</c>; <c>asset</c> if there is one (else the values hold for every
/// asset); <c>quality</c> if there is one, of which only GOOD counts. Numbers that are not finite are left out.
/// </summary>
/// <remarks>Thread-safe. SQL is confined to the lake, or to the file's folder.</remarks>
/// <param name="lakeFolder">Root of the Delta tables, absolute.</param>
public sealed class BaselineLoader(string lakeFolder, TimeProvider clock)
{
    private const string View = "baseline";

    /// <summary>Reads the whole baseline into memory.</summary>
    /// <exception cref="DriftException">It cannot be read, or lacks a column.</exception>
    public Baseline Load(BaselineOptions options)
    {
        try
        {
            return options switch
            {
                BaselineOptions.OfFile file => LoadFile(file),
                BaselineOptions.OfTable table => LoadTable(table),
                _ => throw new ArgumentOutOfRangeException(nameof(options), options, "No such baseline"),
            };
        }
        catch (Exception exception) when (exception is DuckDbException or DeltaException or IOException or UnauthorizedAccessException)
        {
            throw new DriftException(
                "DRIFT_BASELINE_UNREADABLE", $"The baseline cannot be read: {exception.Message}", options.Name, exception);
        }
    }

    private static Baseline LoadFile(BaselineOptions.OfFile file)
    {
        using DuckDbDatabase database = Confined(Path.GetDirectoryName(file.Path)!);
        using DuckDbConnection connection = database.Connect();
        string literal = SqlText.Literal(file.Path);
        string source = Path.GetExtension(file.Path) == ".parquet"
            ? $"read_parquet({literal})" : $"read_csv({literal}, header = true, sample_size = -1)";
        connection.Execute($"CREATE TEMP VIEW {View} AS SELECT * FROM {source}");
        return Read(connection, file.Name, null);
    }

    private Baseline LoadTable(BaselineOptions.OfTable options)
    {
        if (!Directory.Exists(Path.Combine(lakeFolder, options.Table)))
        {
            throw new DriftException("DRIFT_BASELINE_UNREADABLE", $"There is no table '{options.Table}' in the lake yet", lakeFolder);
        }

        using DuckDbDatabase checkpoints = DuckDbDatabase.Open();
        using DuckDbDatabase database = Confined(lakeFolder);
        using DuckDbConnection connection = database.Connect();
        var ids = new SystemIdSource(clock);
        // Chance jitters pauses between commits, and here nothing commits.
        var environment = new DeltaEnvironment(clock, new Random(0), ids, new DuckDbCheckpointFiles(checkpoints));
        var table = new DeltaTable(new LocalObjectStore(lakeFolder, ids), options.Table, environment);
        Snapshot snapshot = table.LoadAsync(options.Version, CancellationToken.None).GetAwaiter().GetResult();
        DeltaSql.RegisterView(connection, View, table, snapshot);
        return Read(connection, options.Name, options.Where);
    }

    private static DuckDbDatabase Confined(string folder) =>
        DuckDbDatabase.Open(new DuckDbOptions { ConfinedTo = [folder], LockConfiguration = true });

    /// <summary>
    /// Thinning keeps every (n / 10,000)th value in ascending order: the same ones whatever the order of the rows, and a
    /// distribution that differs nowhere by more than 1 / 10,000.
    /// </summary>
    private static Baseline Read(DuckDbConnection connection, string name, string? where)
    {
        HashSet<string> columns = ColumnsOf(connection, name);
        string asset = columns.Contains("asset") ? "CAST(asset AS VARCHAR)" : "CAST(NULL AS VARCHAR)";
        string good = columns.Contains("quality") ? " AND quality = 'GOOD'" : "";
        string condition = where is null ? "" : $" AND (\n{where}\n)";
        using DuckDbStatement statement = connection.PrepareSelect($"""
            WITH usable AS (
              SELECT {asset} AS asset, CAST(signal AS VARCHAR) AS signal, CAST(number AS DOUBLE) AS number FROM {View}
              WHERE signal IS NOT NULL AND isfinite(CAST(number AS DOUBLE)){good}{condition}),
            ranked AS (
              SELECT *, row_number() OVER (PARTITION BY asset, signal ORDER BY number) AS place,
                count(*) OVER (PARTITION BY asset, signal) AS found FROM usable)
            SELECT asset, signal, number, found FROM ranked
            WHERE found <= {Baseline.ValuesMax}
              OR (place * {Baseline.ValuesMax}) // found <> ((place - 1) * {Baseline.ValuesMax}) // found
            ORDER BY asset, signal, number
            """);
        using DuckDbResult result = statement.Query(CancellationToken.None);
        return Gather(result, name);
    }

    private static Baseline Gather(DuckDbResult result, string name)
    {
        var baseline = new Baseline(name);
        var values = new List<double>();
        (string? Asset, string Signal, long Found)? current = null;
        foreach (object?[] row in result.Rows())
        {
            (string?, string, long) next = ((string?)row[0], (string)row[1]!, (long)row[3]!);
            if (current is { } done && done != next)
            {
                baseline.Add(done.Asset, done.Signal, values.ToArray(), done.Found);
                values.Clear();
            }

            current = next;
            values.Add((double)row[2]!);
        }

        if (current is { } last)
        {
            baseline.Add(last.Asset, last.Signal, values.ToArray(), last.Found);
        }

        return baseline;
    }

    private static HashSet<string> ColumnsOf(DuckDbConnection connection, string name)
    {
        using DuckDbResult none = connection.Query($"SELECT * FROM {View} LIMIT 0");
        var columns = new HashSet<string>(none.Columns.Select(column => column.Name), StringComparer.OrdinalIgnoreCase);
        foreach (string needed in (string[])["signal", "number"])
        {
            if (!columns.Contains(needed))
            {
                throw new DriftException(
                    "DRIFT_BASELINE_COLUMNS", $"The baseline has no column '{needed}'; it has {string.Join(", ", columns)}", name);
            }
        }

        return columns;
    }
}
