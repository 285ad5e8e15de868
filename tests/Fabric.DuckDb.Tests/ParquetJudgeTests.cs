using System.Text.Json;
using Fabric.Core.Columns;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.DuckDb.Tests;

/// <summary>Every type, null pattern and boundary value, read back by us, by hyparquet and by DuckDB's Node client.</summary>
public class ParquetJudgeTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);

    public static TheoryData<string, int, bool> Cases()
    {
        var cases = new TheoryData<string, int, bool>();
        foreach (string nulls in (string[])["none", "all", "alternating", "first", "words", "random"])
        {
            cases.Add(nulls, 100, false);
            cases.Add(nulls, 100, true);
        }

        foreach (int rows in (int[])[1, 2047, 2048, 2049, 4096, 6145])
        {
            cases.Add("random", rows, false);
        }

        return cases;
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public async Task Finish_every_type_reads_equal_everywhere(string nulls, int rows, bool pageVersion2)
    {
        using var folder = new TempFolder();
        Sample sample = MakeSample(nulls, rows);
        string path = folder["it's a [file]*.parquet"];
        ParquetFileInfo info = Write(sample, path, new ParquetFileOptions { PageVersion2 = pageVersion2, RowGroupRows = 2048 });

        Assert.Equal(rows, info.RowCount);
        AssertSame(sample, ReadBack(path), "Fabric");
        AssertSame(sample, await JudgedAsync("parquet-duckdb.mjs", path, headerLines: 0), "DuckDB for Node");
        AssertSame(sample, await JudgedAsync("parquet-hyparquet.mjs", path, headerLines: 1), "hyparquet");
    }

    [SkippableFact]
    public async Task Finish_schema_is_what_Delta_expects()
    {
        using var folder = new TempFolder();
        string path = folder["a.parquet"];
        Write(MakeSample("none", 10), path, new ParquetFileOptions());

        using JsonDocument header = await HeaderAsync(path);
        Dictionary<string, JsonElement> schema = header.RootElement.GetProperty("schema").EnumerateArray()
            .ToDictionary(element => element.GetProperty("name").GetString()!);

        Assert.Equal("DOUBLE", schema["double"].GetProperty("type").GetString());
        Assert.Equal("UTF8", schema["text"].GetProperty("converted").GetString());
        Assert.False(schema["binary"].TryGetProperty("converted", out _));
        Assert.Equal("DATE", schema["date"].GetProperty("converted").GetString());
        Assert.True(schema["timestamp"].GetProperty("utc").GetBoolean());
        Assert.Equal("MICROS", schema["timestamp"].GetProperty("unit").GetString());
        Assert.Equal(("INT32", 4, 2), Decimal("decimal4"));
        Assert.Equal(("INT32", 9, 0), Decimal("decimal9"));
        Assert.Equal(("INT64", 18, 18), Decimal("decimal18"));
        Assert.Equal(("FIXED_LEN_BYTE_ARRAY", 38, 10), Decimal("decimal38"));

        (string? Type, int Precision, int Scale) Decimal(string name) => (
            schema[name].GetProperty("type").GetString(),
            schema[name].GetProperty("precision").GetInt32(),
            schema[name].GetProperty("scale").GetInt32());
    }

    [SkippableTheory]
    [InlineData(ParquetCompression.Zstd, "ZSTD")]
    [InlineData(ParquetCompression.Snappy, "SNAPPY")]
    [InlineData(ParquetCompression.Lz4Raw, "LZ4_RAW")]
    [InlineData(ParquetCompression.None, "UNCOMPRESSED")]
    public async Task Finish_codec_is_the_one_asked_for_and_others_read_it(ParquetCompression compression, string codec)
    {
        using var folder = new TempFolder();
        string path = folder["a.parquet"];
        Sample sample = MakeSample("random", 500);
        Write(sample, path, new ParquetFileOptions { Compression = compression });

        AssertSame(sample, await JudgedAsync("parquet-hyparquet.mjs", path, headerLines: 1), "hyparquet");
        using JsonDocument header = await HeaderAsync(path);
        Assert.All(
            header.RootElement.GetProperty("statistics")[0].EnumerateArray(),
            column => Assert.Equal(codec, column.GetProperty("codec").GetString()));
    }

    [SkippableFact]
    public async Task Finish_withheld_columns_have_no_bounds_and_no_bloom_filters_and_all_rows()
    {
        using var folder = new TempFolder();
        string path = folder["a.parquet"];
        Sample sample = MakeSample("random", 5000);
        string[] withheld = ["text", "INT64", "decimal38"];

        ParquetFileInfo info = Write(
            sample, path, new ParquetFileOptions { WithheldColumns = withheld, RowGroupRows = 2048 });

        AssertSame(sample, ReadBack(path), "Fabric");
        AssertSame(sample, await JudgedAsync("parquet-hyparquet.mjs", path, headerLines: 1), "hyparquet");
        AssertSame(sample, await JudgedAsync("parquet-duckdb.mjs", path, headerLines: 0), "DuckDB for Node");
        Assert.Equal(new FileInfo(path).Length, info.Bytes);
        Assert.Null(info.Column("int64")!.Min);
        Assert.NotNull(info.Column("int64")!.NullCount);
        Assert.Equal((long)int.MinValue, info.Column("int32")!.Min);
        using JsonDocument header = await HeaderAsync(path);
        foreach (JsonElement column in header.RootElement.GetProperty("statistics").EnumerateArray().SelectMany(g => g.EnumerateArray()))
        {
            string name = column.GetProperty("path")[0].GetString()!;
            Assert.False(column.GetProperty("bloom").GetBoolean());
            Assert.True(column.TryGetProperty("nulls", out _));
            bool isWithheld = withheld.Contains(name, StringComparer.OrdinalIgnoreCase);
            Assert.True(!isWithheld || !column.GetProperty("hasBounds").GetBoolean(), $"{name} has bounds");
            Assert.True(name != "int32" || column.GetProperty("hasBounds").GetBoolean());
        }
    }

    private Sample MakeSample(string nulls, int rows)
    {
        int seed = Seed.Next();
        output.WriteLine($"{nulls}, {rows} rows, seed {seed}");
        var random = new Random(seed);
        return new Sample(rows, nulls switch
        {
            "none" => (_, _) => false,
            "all" => (_, _) => true,
            "alternating" => (row, column) => (row + column) % 2 == 0,
            "first" => (row, _) => row < 70,
            "words" => (row, column) => ((row >> 6) + column) % 2 == 0,
            _ => (_, _) => random.Next(3) == 0,
        });
    }

    private static ParquetFileInfo Write(Sample sample, string path, ParquetFileOptions options)
    {
        using DuckDbDatabase database = DuckDbDatabase.Open();
        using var writer = new ParquetFileWriter(database, Sample.Fields, options);
        writer.Append(sample.Batch);
        return writer.Finish(path);
    }

    private static List<string[]> ReadBack(string path)
    {
        using DuckDbDatabase database = DuckDbDatabase.Open();
        return [.. Rows.OfFile(database, path).Select(row => row.Select(Sample.Encode).ToArray())];
    }

    private static async Task<List<string[]>> JudgedAsync(string script, string path, int headerLines)
    {
        JudgeResult result = await RunAsync(script, path);
        return [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(headerLines)
            .Select(line => JsonSerializer.Deserialize<string[]>(line)!)];
    }

    private static async Task<JsonDocument> HeaderAsync(string path)
    {
        JudgeResult result = await RunAsync("parquet-hyparquet.mjs", path);
        return JsonDocument.Parse(result.Output[..result.Output.IndexOf('\n', StringComparison.Ordinal)]);
    }

    private static async Task<JudgeResult> RunAsync(string script, string path)
    {
        Judge judge = Judge.Script(script);
        Skip.IfNot(judge.IsPresent, judge.Absent);
        JudgeResult result = await judge.RunAsync(null, Bound, path);
        Assert.True(result.ExitCode == 0, result.Error);
        return result;
    }

    private static void AssertSame(Sample sample, List<string[]> rows, string reader)
    {
        Assert.Equal(sample.Expected.Count, rows.Count);
        for (int row = 0; row < rows.Count; row++)
        {
            for (int column = 0; column < rows[row].Length; column++)
            {
                string expected = sample.Expected[row][column];
                Assert.True(
                    expected == rows[row][column],
                    $"{reader}, row {row}, {Sample.Fields[column].Name}: wrote {expected}, read {rows[row][column]}");
            }
        }
    }
}
