using System.Text;
using System.Text.Json;
using Fabric.Testing;

namespace Fabric.DuckDb.Tests;

public class ParquetReaderTests
{
    [Fact]
    public void Read_many_files_keeps_their_order_and_matches_columns_by_name()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["date=2026-01-01"]);
        using DuckDbDatabase database = DuckDbDatabase.Open();
        using DuckDbConnection connection = database.Connect();
        string[] paths = [folder["date=2026-01-01/b?[x].parquet"], folder["date=2026-01-01/a%20.parquet"]];
        connection.Execute($"COPY (SELECT range AS n, 'b' AS s FROM range(3000)) TO {SqlText.Literal(paths[0])} (FORMAT parquet)");
        connection.Execute($"COPY (SELECT 'a' AS s, range::INTEGER AS n, 1.5 AS extra FROM range(2)) TO {SqlText.Literal(paths[1])} (FORMAT parquet)");

        using DuckDbResult result = ParquetFileReader.Read(
            connection,
            paths,
            [new("S", "VARCHAR"), new("n", "BIGINT"), new("extra", "DOUBLE"), new("absent", "STRUCT(a INT)")]);

        Assert.Equal(["S", "n", "extra", "absent"], result.Columns.Select(column => column.Name));
        List<object?[]> rows = [.. result.Rows()];
        Assert.Equal(3002, rows.Count);
        Assert.Equal(["b", 0L, null, null], rows[0]);
        Assert.Equal(["b", 2999L, null, null], rows[2999]);
        Assert.Equal(["a", 1L, 1.5, null], rows[3001]);
    }

    [Fact]
    public void ReadSchema_leaves_folder_names_out()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["day=1"]);
        using DuckDbDatabase database = DuckDbDatabase.Open();
        using DuckDbConnection connection = database.Connect();
        connection.Execute($"COPY (SELECT 1 AS n, {{'a': [1]}} AS s) TO '{folder["day=1/a.parquet"]}' (FORMAT parquet)");

        IReadOnlyList<DuckDbField> schema = ParquetFileReader.ReadSchema(connection, folder["day=1/a.parquet"]);

        Assert.Equal(["n INTEGER", "s STRUCT(\"a\" INTEGER[])"], schema.Select(field => $"{field.Name} {field.Type}"));
    }

    [Fact]
    public void Read_damaged_or_missing_file_throws()
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder["bad.parquet"], [.. "PAR1"u8, .. new byte[100], .. "PAR1"u8]);
        using DuckDbDatabase database = DuckDbDatabase.Open();
        using DuckDbConnection connection = database.Connect();

        Assert.Throws<DuckDbException>(() => ParquetFileReader.Read(connection, [folder["bad.parquet"]]));
        Assert.Throws<DuckDbException>(() => ParquetFileReader.Read(connection, [folder["none.parquet"]]));
        Assert.Throws<ArgumentOutOfRangeException>(() => ParquetFileReader.Read(connection, []));
    }
}
