using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Testing;

namespace Fabric.DuckDb.Tests;

/// <summary>Nested rows from JSON, in the shape of a Delta checkpoint.</summary>
public class JsonRowsTests
{
    private static readonly ParquetColumn[] Columns =
    [
        new("txn", """STRUCT("appId" VARCHAR, "version" BIGINT)"""),
        new("add", """
            STRUCT("path" VARCHAR, "partitionValues" MAP(VARCHAR, VARCHAR), "size" BIGINT, "dataChange" BOOLEAN, "stats" VARCHAR,
                   "tags" MAP(VARCHAR, VARCHAR))
            """),
        new("protocol", """STRUCT("minReaderVersion" INTEGER, "readerFeatures" VARCHAR[])"""),
    ];

    private static readonly string[] Lines =
    [
        """{"protocol":{"minReaderVersion":1}}""",
        """{"add":{"path":"date=2026/a%20b.parquet","partitionValues":{"date":"2026","none":null},"size":9007199254740993,"dataChange":true,"stats":"{\"numRecords\":1}"}}""",
        """{"txn":{"appId":"räw-0","version":9223372036854775807}}""",
        """{"add":{"path":"x","partitionValues":{},"size":0,"dataChange":false,"stats":null,"tags":{"a\"b":"ü\u0000"}},"txn":null}""",
        """{"protocol":{"minReaderVersion":3,"readerFeatures":["a",null,"b"]}}""",
    ];

    [Fact]
    public async Task WriteJsonRowsAsync_nested_rows_read_back_as_written()
    {
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open();

        ParquetFileInfo info = await WriteAsync(database, folder["c.parquet"], Lines);

        Assert.Equal(5, info.RowCount);
        Assert.Equal([folder["c.parquet"]], Directory.GetFileSystemEntries(folder.Path));
        List<object?[]> rows = Rows.OfFile(database, folder["c.parquet"]);
        Assert.Equal(1, Member(rows[0][2], "minReaderVersion"));
        Assert.Null(Member(rows[0][2], "readerFeatures"));
        Assert.Null(rows[0][1]);
        Assert.Equal(9007199254740993L, Member(rows[1][1], "size"));
        Assert.Equal([new("date", "2026"), new("none", null)], ((DuckDbMap)Member(rows[1][1], "partitionValues")!).Entries);
        Assert.Null(Member(rows[1][1], "tags"));
        Assert.Equal(long.MaxValue, Member(rows[2][0], "version"));
        Assert.Empty(((DuckDbMap)Member(rows[3][1], "partitionValues")!).Entries);
        Assert.Equal([new("a\"b", "ü\0")], ((DuckDbMap)Member(rows[3][1], "tags")!).Entries);
        Assert.Null(rows[3][0]);
        Assert.Equal(new object?[] { "a", null, "b" }, Member(rows[4][2], "readerFeatures"));
    }

    [SkippableFact]
    public async Task WriteJsonRowsAsync_hyparquet_reads_the_same_rows()
    {
        Judge judge = Judge.Script("parquet-hyparquet.mjs");
        Skip.IfNot(judge.IsPresent, judge.Absent);
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open();
        await WriteAsync(database, folder["c.parquet"], Lines);

        JudgeResult result = await judge.RunAsync(null, TimeSpan.FromMinutes(1), folder["c.parquet"], "--nested");

        Assert.True(result.ExitCode == 0, result.Error);
        string[] rows = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
        Assert.Equal(Lines.Length, rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            JsonNode expected = Normalize(JsonNode.Parse(Lines[i]))!;
            JsonNode actual = Normalize(JsonNode.Parse(rows[i]))!;
            Assert.True(JsonNode.DeepEquals(expected, actual), $"wrote {expected.ToJsonString()}, read {actual.ToJsonString()}");
        }
    }

    [Theory]
    [InlineData("""{"txn":{"version":"x"}}""", "Line 2")]
    [InlineData("""{"txn":{"version":99999999999999999999}}""", "Line 2")]
    [InlineData("""{"txn":3}""", "Line 2")]
    [InlineData("""{"txn":""", "Line 2")]
    [InlineData("garbage", "Line 2")]
    [InlineData("{} {}", "Line 2")]
    [InlineData("[1]", "Line 2")]
    [InlineData("{\"txn\":{\"version\":\"secret\"}}", "Line 2")]
    public async Task WriteJsonRowsAsync_line_that_does_not_fit_is_named_and_no_file_stays(string line, string where)
    {
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open();

        DuckDbException exception = await Assert.ThrowsAsync<DuckDbException>(
            () => WriteAsync(database, folder["c.parquet"], Lines[0], line));

        Assert.Contains(where, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", exception.ToString(), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task WriteJsonRowsAsync_no_rows_and_huge_rows_are_files_too()
    {
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open();
        string huge = new('x', 40 << 20);

        ParquetFileInfo none = await WriteAsync(database, folder["none.parquet"]);
        ParquetFileInfo one = await WriteAsync(
            database, folder["one.parquet"], Lines[0], $$$"""{"txn":{"appId":"{{{huge}}}","version":1}}""", Lines[2]);

        Assert.Equal(0, none.RowCount);
        Assert.Equal(["txn", "add", "protocol"], Schema("none.parquet"));
        Assert.Equal(3, one.RowCount);
        Assert.Equal(huge, Member(Rows.OfFile(database, folder["one.parquet"])[1][0], "appId"));

        IEnumerable<string> Schema(string file)
        {
            using DuckDbConnection connection = database.Connect();
            return ParquetFileReader.ReadSchema(connection, folder[file]).Select(field => field.Name);
        }
    }

    private static Task<ParquetFileInfo> WriteAsync(DuckDbDatabase database, string path, params string[] lines) =>
        ParquetFileWriter.WriteJsonRowsAsync(
            database, Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))), Columns, path);

    private static object? Member(object? value, string name) => Assert.IsType<DuckDbStruct>(value)[name];

    /// <summary>Without nulls (absent and null are one), and large integers as text, as the judge prints them.</summary>
    private static JsonNode? Normalize(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(
            members.Where(member => member.Value is not null)
                .Select(member => KeyValuePair.Create(member.Key, Normalize(member.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Normalize)]),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => JsonValue.Create(value.ToJsonString()),
        _ => node?.DeepClone(),
    };
}
