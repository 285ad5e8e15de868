using Fabric.Testing;

namespace Fabric.DuckDb.Tests;

/// <summary>SQL of a stranger reads the lake and nothing else, and changes nothing.</summary>
public sealed class ConfinementTests : IDisposable
{
    private readonly TempFolder _lake = new();
    private readonly TempFolder _outside = new();
    private readonly DuckDbDatabase _database;

    public ConfinementTests()
    {
        using (DuckDbDatabase open = DuckDbDatabase.Open())
        {
            using DuckDbConnection connection = open.Connect();
            connection.Execute($"COPY (SELECT 1 AS x) TO '{_lake["in.parquet"]}' (FORMAT parquet)");
            connection.Execute($"COPY (SELECT 2 AS x) TO '{_outside["out.parquet"]}' (FORMAT parquet)");
        }

        File.WriteAllText(_outside["secret.csv"], "a\n1\n");
        _database = DuckDbDatabase.Open(new DuckDbOptions { ConfinedTo = [_lake.Path], LockConfiguration = true });
    }

    public static TheoryData<string> Forbidden =>
    [
        "SELECT * FROM read_parquet('{out}/out.parquet')",
        "SELECT * FROM '{out}/out.parquet'",
        "SELECT * FROM '{lake}/../{outname}/out.parquet'",
        "SELECT * FROM read_csv('{out}/secret.csv')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_json('{out}/secret.csv')",
        "SELECT * FROM parquet_metadata('{out}/out.parquet')",
        "SELECT * FROM sniff_csv('{out}/secret.csv')",
        "COPY (SELECT 1) TO '{out}/made.parquet' (FORMAT parquet)",
        "COPY (SELECT 1) TO '{out}/made.csv'",
        "COPY (SELECT 1) TO '{lake}/../made.csv'",
        "EXPORT DATABASE '{out}/export'",
        "IMPORT DATABASE '{out}/export'",
        "ATTACH '{out}/other.duckdb'",
        "ATTACH '/tmp/other.duckdb' AS o",
        "INSTALL httpfs",
        "LOAD httpfs",
        "LOAD '{out}/evil.duckdb_extension'",
        "SELECT * FROM 'https://example.org/x.parquet'",
        "SELECT * FROM 's3://bucket/x.parquet'",
        "SET enable_external_access=true",
        "SET allowed_directories=['/']",
        "SET allowed_paths=['/etc/passwd']",
        "SET temp_directory='{out}'",
        "SET lock_configuration=false",
        "SET threads=64",
        "SET memory_limit='1TB'",
        "SET log_query_path='{out}/log'",
        "PRAGMA enable_profiling='json'; PRAGMA profiling_output='{out}/profile.json'; SELECT 1",
        "SET file_search_path='{out}'",
        "SET home_directory='{out}'",
        "SET secret_directory='{out}'",
        "CREATE PERSISTENT SECRET s (TYPE s3)",
        "RESET enable_external_access",
        "RESET ALL",
    ];

    [Theory]
    [MemberData(nameof(Forbidden))]
    public void Execute_what_leaves_the_lake_is_refused_and_leaves_no_trace(string template)
    {
        string sql = template.Replace("{out}", _outside.Path, StringComparison.Ordinal)
            .Replace("{lake}", _lake.Path, StringComparison.Ordinal)
            .Replace("{outname}", Path.GetFileName(_outside.Path), StringComparison.Ordinal);
        string[] before = [.. Directory.GetFileSystemEntries(_outside.Path).Order()];
        using DuckDbConnection connection = _database.Connect();

        Assert.Throws<DuckDbException>(() => connection.Execute(sql));

        Assert.Equal(before, Directory.GetFileSystemEntries(_outside.Path).Order());
        Assert.Equal(1, connection.Scalar($"SELECT x FROM '{_lake["in.parquet"]}'"));
    }

    [Theory]
    [InlineData("COPY (SELECT 1) TO '{lake}/made.parquet' (FORMAT parquet)")]
    [InlineData("COPY t FROM '{lake}/in.parquet' (FORMAT parquet)")]
    [InlineData("EXPLAIN ANALYZE COPY (SELECT 1) TO '{lake}/made.parquet' (FORMAT parquet)")]
    [InlineData("SELECT 1; COPY (SELECT 1) TO '{lake}/made.parquet' (FORMAT parquet)")]
    [InlineData("PREPARE p AS COPY (SELECT 1) TO '{lake}/made.parquet' (FORMAT parquet)")]
    [InlineData("EXPORT DATABASE '{lake}/export'")]
    [InlineData("ATTACH '{lake}/made.duckdb'")]
    [InlineData("INSERT INTO t VALUES (1)")]
    [InlineData("CREATE TABLE u(a INT)")]
    [InlineData("CREATE MACRO m() AS 1")]
    [InlineData("DROP TABLE t")]
    [InlineData("WITH x AS (SELECT 1) DELETE FROM t")]
    [InlineData("CALL pragma_version()")]
    [InlineData("CHECKPOINT")]
    [InlineData("BEGIN")]
    [InlineData("SELECT 1) t; COPY (SELECT 1) TO '{lake}/made.parquet' (FORMAT parquet); SELECT (1")]
    public void PrepareSelect_what_does_more_than_read_is_refused(string template)
    {
        using DuckDbConnection connection = _database.Connect();
        connection.Execute("CREATE TABLE t(a INT)");

        Assert.Throws<DuckDbException>(
            () => connection.PrepareSelect(template.Replace("{lake}", _lake.Path, StringComparison.Ordinal)));

        Assert.Equal(["in.parquet"], Directory.GetFileSystemEntries(_lake.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("SELECT x FROM '{lake}/in.parquet'")]
    [InlineData("FROM '{lake}/in.parquet'")]
    [InlineData("WITH t AS (SELECT 1 AS x) SELECT * FROM t")]
    [InlineData("VALUES (1)")]
    [InlineData("DESCRIBE SELECT 1")]
    [InlineData("SUMMARIZE SELECT 1 AS x")]
    [InlineData("SELECT 1 ; \n")]
    [InlineData("SELECT 1 AS a ORDER BY a LIMIT 1 -- last")]
    public void PrepareSelect_what_only_reads_runs(string template)
    {
        using DuckDbConnection connection = _database.Connect();
        using DuckDbStatement statement = connection.PrepareSelect(
            template.Replace("{lake}", _lake.Path, StringComparison.Ordinal));

        using DuckDbResult result = statement.Query();

        Assert.Single(result.Rows());
    }

    [Fact]
    public void Execute_reading_outside_says_forbidden()
    {
        using DuckDbConnection connection = _database.Connect();

        var exception = Assert.Throws<DuckDbException>(
            () => connection.Execute($"SELECT * FROM '{_outside["out.parquet"]}'"));

        Assert.Equal(DuckDbErrorCodes.Forbidden, exception.Code);
    }

    [Fact]
    public void Open_confined_to_nothing_reads_no_file_at_all()
    {
        using DuckDbDatabase database = DuckDbDatabase.Open(new DuckDbOptions { ConfinedTo = [], LockConfiguration = true });

        Assert.Throws<DuckDbException>(() => Rows.Of(database, $"SELECT * FROM '{_lake["in.parquet"]}'"));
        Assert.Equal(3, Rows.Of(database, "SELECT 1 + 2")[0][0]);
    }

    public void Dispose()
    {
        _database.Dispose();
        _lake.Dispose();
        _outside.Dispose();
    }
}
