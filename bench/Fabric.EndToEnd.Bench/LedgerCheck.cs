using System.Globalization;
using Fabric.Core;
using Fabric.Delta;
using Fabric.Delta.Checkpoints;
using Fabric.DuckDb;
using Fabric.Lakehouse.Sql;

namespace Fabric.EndToEnd.Bench;

/// <summary>Messages of a table that are not as the ledger says.</summary>
/// <param name="Missing">Acknowledged, and not there with all its values.</param>
/// <param name="Doubled">There with more values than it has.</param>
/// <param name="Wrong">There with other names or values.</param>
/// <param name="Unknown">There, and never acknowledged.</param>
internal sealed record LedgerVerdict(long Rows, long Missing, long Doubled, long Wrong, long Unknown)
{
    public bool IsExact => Missing + Doubled + Wrong + Unknown == 0;
}

/// <summary>Time from publishing to visible, in seconds, over all rows; and of the newest row of each commit.</summary>
internal sealed record Freshness(double P50, double P99, IReadOnlyList<double> NewestBySeconds);

/// <summary>
/// Compares the tables with the publisher's ledger in SQL: every acknowledged message by device and time, every value of it by name,
/// bit for bit. What was sent is read by DuckDB from the very JSON that was published.
/// </summary>
internal sealed class LedgerCheck : IDisposable
{
    private readonly DuckDbDatabase _checkpoints;
    private readonly LakeSql _lake;

    private LedgerCheck(DuckDbDatabase checkpoints, LakeSql lake)
    {
        _checkpoints = checkpoints;
        _lake = lake;
    }

    public static async Task<LedgerCheck> OpenAsync(string folder, string lakeFolder)
    {
        DuckDbDatabase checkpoints = DuckDbDatabase.Open();
        LakeSql lake = await LakeSql.OpenAsync(
            lakeFolder,
            new DeltaEnvironment(
                TimeProvider.System, new Random(), new SystemIdSource(TimeProvider.System), new DuckDbCheckpointFiles(checkpoints)),
            null, [folder], CancellationToken.None);
        lake.Connection.Execute(
            $"""
            CREATE TEMP TABLE expected AS
            WITH sent AS (
              SELECT template, device, unnest(map_entries(sent)) AS value FROM read_json('{folder}/templates.jsonl',
                columns = {"{"}template: 'INTEGER', device: 'VARCHAR', sent: 'MAP(VARCHAR, JSON)'{"}"})),
            templates AS (
              SELECT template, device, count(*) AS n, bit_xor(hash(value.key, CASE json_type(value.value)
                WHEN 'VARCHAR' THEN value.value ->> '$' WHEN 'BOOLEAN' THEN value.value ->> '$'
                ELSE CAST(CAST(value.value ->> '$' AS DOUBLE) AS VARCHAR) END)) AS fingerprint
              FROM sent GROUP BY ALL)
            SELECT device, ts, n, fingerprint FROM read_csv('{folder}/ledger.csv') JOIN templates USING (template)
            """);
        return new LedgerCheck(checkpoints, lake);
    }

    /// <param name="name">Column of the value's name.</param>
    /// <param name="number">Columns of its numbers, the first that is not null counts.</param>
    public LedgerVerdict Compare(string table, string name, string number)
    {
        using DuckDbResult result = _lake.Connection.Query(
            $"""
            WITH found AS (
              SELECT device, epoch_us(observed_at) AS ts, count(*) AS n, bit_xor(hash({name},
                coalesce(CAST(CAST(coalesce({number}) AS DOUBLE) AS VARCHAR), CAST(value_bool AS VARCHAR), value_text))) AS fingerprint
              FROM {table} GROUP BY ALL)
            SELECT CAST(coalesce(sum(f.n), 0) AS BIGINT), count(*) FILTER (e.n IS NOT NULL AND coalesce(f.n, 0) < e.n),
              count(*) FILTER (f.n > e.n), count(*) FILTER (f.n = e.n AND f.fingerprint <> e.fingerprint),
              count(*) FILTER (e.n IS NULL)
            FROM expected e FULL JOIN found f USING (device, ts)
            """);
        result.NextChunk();
        long[] counts = [.. Enumerable.Range(0, 5).Select(
            column => Convert.ToInt64(result.Chunk[column].GetValue(0), CultureInfo.InvariantCulture))];
        return new LedgerVerdict(counts[0], counts[1], counts[2], counts[3], counts[4]);
    }

    /// <summary>How old rows were when their commit was seen, for the commits seen within a stretch of time.</summary>
    public Freshness FreshnessOf(CommitWatch table, long fromMicros, long toMicros)
    {
        SeenCommit[] commits = [.. table.Commits
            .Where(commit => commit.Files.Count > 0 && commit.SeenMicros >= fromMicros && commit.SeenMicros <= toMicros)];
        if (commits.Length == 0)
        {
            return new Freshness(double.NaN, double.NaN, []);
        }

        IEnumerable<string> seen = commits.SelectMany(
            commit => commit.Files.Select(file => $"({SqlText.Literal(file)}, {commit.SeenMicros})"));
        _lake.Connection.Execute(
            $"""
            CREATE OR REPLACE TEMP TABLE ages AS
            SELECT seen, seen - epoch_us(observed_at) AS age
            FROM read_parquet({SqlText.Literals(commits.SelectMany(commit => commit.Files))}, filename = true)
            JOIN (VALUES {string.Join(", ", seen)}) v(filename, seen) USING (filename)
            """);
        double[] newest = new double[commits.Length];
        for (int i = 0; i < newest.Length; i++)
        {
            newest[i] = Seconds($"SELECT min(age) FROM ages WHERE seen = {commits[i].SeenMicros}");
        }

        return new Freshness(
            Seconds("SELECT quantile_disc(age, 0.5) FROM ages"), Seconds("SELECT quantile_disc(age, 0.99) FROM ages"), newest);
    }

    public void Dispose()
    {
        _lake.Dispose();
        _checkpoints.Dispose();
    }

    private double Seconds(string query) =>
        Convert.ToDouble(_lake.Connection.Scalar(query), CultureInfo.InvariantCulture) / 1e6;
}
