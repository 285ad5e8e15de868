using System.Globalization;
using System.Text.Json;
using Fabric.Core;
using Fabric.Core.Columns;
using Fabric.Core.Storage;
using Fabric.Delta.Actions;
using Fabric.Delta.Commits;
using Fabric.Delta.Schema;
using Fabric.Delta.Statistics;
using Fabric.DuckDb;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Delta.Tests;

public sealed class StatisticsTests(ITestOutputHelper output) : IDisposable
{
    private readonly TestTable _test = new();

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData("short", "short", "short")]
    [InlineData("0123456789012345678901234567890", "0123456789012345678901234567890", "0123456789012345678901234567890")] // 31
    [InlineData("01234567890123456789012345678901", "01234567890123456789012345678901", "01234567890123456789012345678901")]
    [InlineData("01234567890123456789012345678901x", "01234567890123456789012345678901", "01234567890123456789012345678901\u007f")]
    [InlineData(
        "01234567890123456789012345678901\u007fx", "01234567890123456789012345678901", "01234567890123456789012345678901\U0010ffff")]
    [InlineData("0123456789012345678901234567890ü-", "0123456789012345678901234567890ü", "0123456789012345678901234567890ü\u007f")]
    [InlineData( // a pair is never split: the prefix ends before it
        "0123456789012345678901234567890😀x", "0123456789012345678901234567890", "0123456789012345678901234567890\U0010ffff")]
    [InlineData("", "", "")]
    public void Write_text_minimum_is_a_prefix_and_maximum_a_bound(string text, string minimum, string maximum)
    {
        Assert.Equal(minimum, Parse(StatisticsValue.Write(PrimitiveType.String, text, isMaximum: false)));
        Assert.Equal(maximum, Parse(StatisticsValue.Write(PrimitiveType.String, text, isMaximum: true)));
    }

    [Fact]
    public void Write_text_random_bounds_hold_in_the_order_of_utf8()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var chance = new Random(seed);
        string[] alphabet = ["a", "\u007f", "\u0080", "ü", "\uffff", "😀", "\U0010ffff", "\u0001", "z"];
        for (int i = 0; i < 20_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, chance.Next(80)).Select(_ => alphabet[chance.Next(alphabet.Length)]));
            string low = Parse(StatisticsValue.Write(PrimitiveType.String, text, isMaximum: false))!;
            string? high = Parse(StatisticsValue.Write(PrimitiveType.String, text, isMaximum: true));
            Assert.True(Utf8(low).AsSpan().SequenceCompareTo(Utf8(text)) <= 0);
            Assert.True(high is null || Utf8(high).AsSpan().SequenceCompareTo(Utf8(text)) >= 0);
            Assert.True(low.Length <= 32 && (high?.Length ?? 0) <= 68);
        }
    }

    [Fact]
    public void Write_text_without_any_bound_has_none() =>
        Assert.Null(StatisticsValue.Write(PrimitiveType.String, string.Concat(Enumerable.Repeat("\U0010ffff", 50)), isMaximum: true));

    [Theory]
    [InlineData(1_767_323_045_123_999, "\"2026-01-02T03:04:05.123Z\"")]
    [InlineData(-1, "\"1969-12-31T23:59:59.999Z\"")]
    [InlineData(-1000, "\"1969-12-31T23:59:59.999Z\"")]
    [InlineData(-1001, "\"1969-12-31T23:59:59.998Z\"")]
    [InlineData(long.MaxValue, null)]
    [InlineData(long.MinValue, null)]
    public void Write_timestamp_is_cut_down_to_milliseconds(long micros, string? expected) =>
        Assert.Equal(expected, StatisticsValue.Write(PrimitiveType.Timestamp, micros, isMaximum: true));

    [Fact]
    public async Task Write_covers_the_first_columns_and_withholds_what_it_is_told_to()
    {
        ColumnField[] fields =
        [
            new("id", ColumnType.Int64), new("secret", ColumnType.Text), new("flag", ColumnType.Boolean), new("raw", ColumnType.Binary),
            new("bad", ColumnType.Double), new("good", ColumnType.Double), new("n", ColumnType.Decimal, true, 9, 2),
            new("day", ColumnType.Date), new("last", ColumnType.Int32),
        ];
        var schema = new StructType([.. fields.Select(DeltaColumns.ToField)]);
        var properties = new Dictionary<string, string?> { ["delta.dataSkippingNumIndexedCols"] = "8" };
        Snapshot at = (await _test.Table.CreateAsync(new NewTable(schema, [], Configuration: properties), default)).Snapshot;
        var batch = new ColumnBatch(fields);
        foreach (long id in new long[] { 7, -3 })
        {
            batch.Fixed<long>("id").Append(id);
            batch.Bytes("secret").Append("person"u8);
            batch.Fixed<bool>("flag").Append(true);
            batch.Bytes("raw").Append([1]);
            batch.Fixed<double>("bad").Append(id > 0 ? double.NaN : 1);
            batch.Fixed<double>("good").Append(id + 0.25);
            batch.Fixed<Int128>("n").Append(id * 100);
            batch.Fixed<int>("day").Append((int)id);
            batch.Columns[8].AppendNull();
        }

        batch.Columns[0].AppendNull();
        foreach (Column column in batch.Columns.Skip(1))
        {
            column.AppendNull();
        }

        using var writer = new ParquetFileWriter(_test.Database, fields);
        writer.Append(batch);
        ParquetFileInfo info = writer.Finish(Path.Combine(_test.Store.Root, "x.parquet"));
        string stats = DeltaStatistics.Write(at, schema, info, ["secret"]);
        Assert.Equal(
            "{\"numRecords\":3,"
            + "\"minValues\":{\"id\":-3,\"good\":-2.75,\"n\":-3.00,\"day\":\"1969-12-29\"},"
            + "\"maxValues\":{\"id\":7,\"good\":7.25,\"n\":7.00,\"day\":\"1970-01-08\"},"
            + "\"nullCount\":{\"id\":1,\"secret\":1,\"flag\":1,\"raw\":1,\"bad\":1,\"good\":1,\"n\":1,\"day\":1}}", stats);
        Assert.DoesNotContain("person", stats, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Write_gives_what_Spark_wrote_for_the_golden_files()
    {
        string? root = TestData.Folder is { } folder ? Path.Combine(folder, "delta-golden") : null;
        Skip.IfNot(Directory.Exists(root), TestData.Absent);
        int files = 0;
        int values = 0;
        var store = new LocalObjectStore(root!, new SystemIdSource(TimeProvider.System));
        foreach (string log in Directory.GetDirectories(root!, "_delta_log", SearchOption.AllDirectories))
        {
            var table = new DeltaTable(store, Path.GetRelativePath(root!, Path.GetDirectoryName(log)!), _test.Environment);
            if (await LoadOrNullAsync(table) is not { MappingMode: Log.ColumnMappingMode.None } snapshot)
            {
                continue;
            }

            // Milliseconds: not what our writer makes, and the footer's numbers do not say so.
            bool isMillis = table.Path == "kernel-timestamp-TIMESTAMP_MILLIS";
            foreach (AddAction file in snapshot.Files.Where(file => file.Stats is not null && !isMillis))
            {
                string path = Path.Combine(table.Root, snapshot.RelativePath(file));
                if (File.Exists(path))
                {
                    string ours = DeltaStatistics.Write(snapshot, snapshot.Schema, ParquetFileInfo.Read(path), []);
                    using JsonDocument spark = JsonDocument.Parse(file.Stats!);
                    using JsonDocument mine = JsonDocument.Parse(ours);
                    values += AssertContained(mine.RootElement, spark.RootElement, table.Path);
                    files++;
                }
            }
        }

        output.WriteLine($"{files} files, {values} values equal to Spark's");
        Assert.True(files > 50 && values > 200, $"{files} files, {values} values");
    }

    private static async Task<Snapshot?> LoadOrNullAsync(DeltaTable table)
    {
        try
        {
            return await table.LoadAsync(default);
        }
        catch (DeltaException)
        {
            return null; // refused tables are GoldenTableTests' matter
        }
    }

    /// <summary>Every value we write and Spark wrote too is the same; how many.</summary>
    private static int AssertContained(JsonElement ours, JsonElement spark, string where)
    {
        int count = 0;
        foreach (JsonProperty property in ours.EnumerateObject())
        {
            if (!spark.TryGetProperty(property.Name, out JsonElement other))
            {
                continue; // older Sparks kept less
            }

            if (property.Value.ValueKind == JsonValueKind.Object)
            {
                count += AssertContained(property.Value, other, $"{where}.{property.Name}");
            }
            else
            {
                Assert.True(Same(property.Value, other), $"{where}.{property.Name}: {property.Value} and Spark's {other}");
                count++;
            }
        }

        return count;
    }

    private static bool Same(JsonElement ours, JsonElement spark) => ours.ValueKind switch
    {
        JsonValueKind.Number => ours.GetDecimal() == spark.GetDecimal(),
        _ when ours.GetString() == spark.GetString() => true,
        _ => DateTimeOffset.TryParse(ours.GetString(), CultureInfo.InvariantCulture, out DateTimeOffset a)
            && DateTimeOffset.TryParse(spark.GetString(), CultureInfo.InvariantCulture, out DateTimeOffset b) && a == b,
    };

    private static string? Parse(string? json) => json is null ? null : JsonSerializer.Deserialize<string>(json);

    private static byte[] Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
