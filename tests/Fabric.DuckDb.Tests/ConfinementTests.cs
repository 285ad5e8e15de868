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
