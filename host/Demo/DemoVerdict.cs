using System.Globalization;
using System.Text;
using Fabric.DuckDb;
using Fabric.Lakehouse.Sql;
using Fabric.Lakehouse.Tables;

namespace Fabric.Host.Demo;

/// <summary>
/// Reads the tables back and compares them with the plant's ledger of acknowledged messages: value by value, none missing,
/// none twice, no person readable.
/// </summary>
internal sealed record DemoVerdict(
    long SamplesPublished, long SamplesInTable, long Duplicates, long Missing, long Quarantined,
    IReadOnlyDictionary<string, long> Tables, long PiiHits)
{
    public bool IsOk => Missing == 0 && Duplicates == 0 && PiiHits == 0 && SamplesInTable == SamplesPublished;

    /// <summary>Rows of one table so far; 0 while it does not exist.</summary>
    public static long Count(LakeSql lake, string table) =>
        lake.Tables.Contains(table) ? Number(lake.Connection, $"SELECT count(*) FROM {table}") : 0;

    public static DemoVerdict Reach(LakeSql lake, DemoFiles files)
    {
        DuckDbConnection sql = lake.Connection;
        sql.Execute(Ledger(files.Ledger));
        sql.Execute(Expected);
        sql.Execute(Found);
        return new DemoVerdict(
            Number(sql, "SELECT count(*) FROM expected"), Number(sql, "SELECT count(*) FROM raw"),
            Number(sql, Doubled), Number(sql, Absent), Count(lake, "quarantine"),
            StandardTables.Names.ToDictionary(name => name, name => Count(lake, name)), CountPersons(lake, files));
    }

    private static string Ledger(string path) => $$"""
        CREATE TEMP TABLE ledger AS SELECT * FROM read_json({{SqlText.Literal(path)}}, format = 'newline_delimited', columns = {
          device: 'VARCHAR', ts: 'BIGINT', "values": 'JSON', malformed: 'BOOLEAN', personal: 'JSON'})
        """;

    // One row per sample that the broker acknowledged: numbers compare as doubles, personal values only by being there.
    private const string Expected = """
        CREATE TEMP TABLE expected AS
        WITH points AS (
          SELECT device, ts, "values", personal, unnest(json_keys("values")) AS point FROM ledger WHERE malformed IS NULL)
        SELECT device, point, ts, value, coalesce(json_contains(personal, json_quote(point)), false) AS is_personal
        FROM (SELECT *, json_extract_string("values", '$."' || point || '"') AS value FROM points)
        """;

    private const string Found = """
        CREATE TEMP VIEW found AS
        SELECT device, point, epoch_us(observed_at) AS ts, value_double, value_long, value_text, value_bool FROM raw
        """;

    private const string SameSample = """
        found.device = expected.device AND found.point = expected.point
        AND (expected.ts IS NULL OR found.ts = expected.ts)
        AND (expected.is_personal
          OR coalesce(found.value_double, CAST(found.value_long AS DOUBLE)) = try_cast(expected.value AS DOUBLE)
          OR found.value_text = expected.value OR CAST(found.value_bool AS VARCHAR) = expected.value)
        """;

    private const string Absent = $"""
        SELECT count(*) FROM expected WHERE NOT EXISTS (SELECT 1 FROM found WHERE {SameSample})
        """;

    // Rows that are there twice, and rows that nobody sent.
    private const string Doubled = $"""
        SELECT (SELECT CAST(coalesce(sum(n - 1), 0) AS BIGINT) FROM (
            SELECT count(*) AS n FROM found
            GROUP BY device, point, CASE WHEN device LIKE 'meter-%' THEN NULL ELSE ts END,
              CASE WHEN device LIKE 'meter-%' THEN value_double END))
          + (SELECT count(*) FROM found WHERE NOT EXISTS (SELECT 1 FROM expected WHERE {SameSample}))
        """;

    /// <summary>Badges of the ledger that can be read anywhere: in the bytes of any file, or in any text of any table.</summary>
    private static long CountPersons(LakeSql lake, DemoFiles files)
    {
        string[] badges = [.. Texts(lake.Connection, """
            SELECT DISTINCT json_extract_string("values", '$.operator') FROM ledger WHERE personal IS NOT NULL
            """)];
        var hits = new HashSet<string>(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(files.Data, "*", SearchOption.AllDirectories))
        {
            byte[] bytes = File.ReadAllBytes(file);
            hits.UnionWith(badges.Where(badge => bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(badge)) >= 0));
        }

        foreach (string table in lake.Tables)
        {
            string rows = string.Join('\n', Texts(lake.Connection, $"SELECT DISTINCT CAST(columns(*) AS VARCHAR) FROM {table}"));
            hits.UnionWith(badges.Where(badge => rows.Contains(badge, StringComparison.Ordinal)));
        }

        return hits.Count;
    }

    private static IEnumerable<string> Texts(DuckDbConnection sql, string query)
    {
        using DuckDbResult result = sql.Query(query);
        foreach (object?[] row in result.Rows())
        {
            foreach (object? cell in row)
            {
                if (cell is string text)
                {
                    yield return text;
                }
            }
        }
    }

    private static long Number(DuckDbConnection sql, string query) =>
        Convert.ToInt64(sql.Scalar(query), CultureInfo.InvariantCulture);
}
