using Fabric.Core.Storage;
using Fabric.Delta.Actions;
using Fabric.Delta.Log;
using Fabric.Delta.Reading;
using Fabric.Delta.Schema;
using Fabric.DuckDb;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Delta.Tests;

public sealed class PathAndPartitionTests(ITestOutputHelper output) : IDisposable
{
    private readonly TestTable _test = new();

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData("part-0.parquet", "part-0.parquet")]
    [InlineData("d=1/a b.parquet", "d=1/a%20b.parquet")]
    [InlineData("d=a%3Ab/x", "d=a%253Ab/x")] // hive-escaped on disk, so escaped twice in the log
    [InlineData("ü#?%", "%C3%BC%23%3F%25")]
    [InlineData("a:b/c", "a%3Ab/c")]
    [InlineData("😀", "%F0%9F%98%80")]
    public void Encode_then_key_gives_the_path_again(string path, string expected)
    {
        Assert.Equal(expected, DataPath.Encode(path));
        Assert.Equal(path, DataPath.Key(expected, "/lake/t"));
    }

    [Fact]
    public void Encode_then_key_gives_random_paths_again()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var chance = new Random(seed);
        for (int i = 0; i < 20_000; i++)
        {
            string path = string.Concat(Enumerable.Range(0, chance.Next(1, 30)).Select(_ => chance.Next(5) switch
            {
                0 => "%" + chance.Next(0, 100).ToString("D2", null),
                1 => new string((char)chance.Next(1, 0xD800), 1),
                2 => char.ConvertFromUtf32(chance.Next(0x10000, 0x110000)),
                _ => "abc:/=%+ ?#"[chance.Next(11)].ToString(),
            }));
            Assert.Equal(path, DataPath.Key(DataPath.Encode(path), "/lake/t"));
        }
    }

    [Theory]
    [InlineData("/lake/t/a%20b", "a b")]
    [InlineData("file:/lake/t/a", "a")]
    [InlineData("file:///lake/t/a", "a")]
    [InlineData("FILE://host/lake/t/a", "a")]
    [InlineData("/lake/t2/a", "/lake/t2/a")]
    [InlineData("file:/elsewhere", "/elsewhere")]
    [InlineData("ts=2020-01-01 10:00/a", "ts=2020-01-01 10:00/a")]
    [InlineData("s3://bucket/t/a", "s3://bucket/t/a")]
    public void Key_names_one_file_by_one_name(string path, string expected) =>
        Assert.Equal(expected, DataPath.Key(path, "/lake/t"));

    [Theory]
    [InlineData("string", "x'y", "x'y")]
    [InlineData("byte", "-128", "-128")]
    [InlineData("long", "9223372036854775807", "9223372036854775807")]
    [InlineData("float", "NaN", "NaN")]
    [InlineData("double", "-Infinity", "-Infinity")]
    [InlineData("double", "1.5E300", "1.5E+300")]
    [InlineData("boolean", "TRUE", "true")]
    [InlineData("date", "0001-01-01", "0001-01-01")]
    [InlineData("timestamp", "2021-09-08 11:11:11", "2021-09-08T11:11:11.000000Z")]
    [InlineData("timestamp", "2021-09-08 11:11:11.5", "2021-09-08T11:11:11.500000Z")]
    [InlineData("timestamp", "2021-09-08T11:11:11.000001Z", "2021-09-08T11:11:11.000001Z")]
    [InlineData("timestamp", "2021-09-08T11:11:11+02:30", "2021-09-08T08:41:11.000000Z")]
    [InlineData("timestamp", "1969-12-31 23:59:59.999999", "1969-12-31T23:59:59.999999Z")]
    [InlineData("binary", "ü", "0xC3BC")]
    [InlineData("decimal(12,5)", "-2342342.23423", "-2342342.23423")]
    [InlineData("decimal(12,5)", "1E-5", "0.00001")]
    [InlineData("decimal(38,0)", "99999999999999999999999999999999999999", "99999999999999999999999999999999999999")]
    [InlineData("string", "", "null")]
    [InlineData("long", null, "null")]
    public void ToSql_value_of_the_log_becomes_the_typed_value(string type, string? text, string expected)
    {
        using DuckDbConnection connection = _test.Database.Connect();
        DataType parsed = SchemaJson.Parse(
            $"{{\"type\":\"struct\",\"fields\":[{{\"name\":\"x\",\"type\":\"{type}\",\"nullable\":true}}]}}").Fields[0].Type;
        Assert.Equal(expected, RowText.Of(connection.Scalar($"SELECT {PartitionValue.ToSql(parsed, text, "here")}")));
    }

    [Theory]
    [InlineData("byte", "128")]
    [InlineData("long", "1.0")]
    [InlineData("long", "1); DROP TABLE t; --")]
    [InlineData("double", "1e999")]
    [InlineData("boolean", "yes")]
    [InlineData("date", "2021-02-30")]
    [InlineData("timestamp", "2021-09-08")]
    [InlineData("timestamp", "2021-09-08 25:00:00")]
    [InlineData("decimal(5,2)", "1000")]
    [InlineData("decimal(5,2)", "1.001")]
    [InlineData("decimal(5,2)", "")]
    public void ToSql_value_that_does_not_fit_its_type_is_refused(string type, string text)
    {
        DataType parsed = SchemaJson.Parse(
            $"{{\"type\":\"struct\",\"fields\":[{{\"name\":\"x\",\"type\":\"{type}\",\"nullable\":true}}]}}").Fields[0].Type;
        if (text.Length == 0)
        {
            Assert.Contains("NULL", PartitionValue.ToSql(parsed, text, "here"), StringComparison.Ordinal);
            return;
        }

        DeltaException e = Assert.Throws<DeltaException>(() => PartitionValue.ToSql(parsed, text, "here"));
        Assert.Equal(DeltaCode.PartitionValueInvalid, e.Code);
        Assert.DoesNotContain(text, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Format_writes_what_ToSql_reads()
    {
        (DataType Type, object? Value, string? Text)[] cases =
        [
            (PrimitiveType.String, "x", "x"), (PrimitiveType.Long, -5L, "-5"), (PrimitiveType.Float, 0.1d, "0.1"),
            (PrimitiveType.Double, double.NaN, "NaN"), (PrimitiveType.Boolean, true, "true"),
            (PrimitiveType.Date, new DateOnly(2026, 1, 2), "2026-01-02"),
            (PrimitiveType.Timestamp, new DateTimeOffset(2026, 1, 2, 3, 4, 5, 600, TimeSpan.FromHours(1)), "2026-01-02T02:04:05.600000Z"),
            (new DecimalType(5, 2), 1.50m, "1.50"), (PrimitiveType.Long, null, null),
        ];
        Assert.All(cases, test => Assert.Equal(test.Text, PartitionValue.Format(test.Type, test.Value)));
        Assert.Throws<ArgumentException>(() => PartitionValue.Format(PrimitiveType.String, ""));
        Assert.Throws<ArgumentException>(() => PartitionValue.Format(PrimitiveType.Date, "2026-01-02"));
    }

    [Fact]
    public async Task RegisterView_data_file_missing_says_so()
    {
        Snapshot at = await _test.CreateAsync();
        at = TestTable.Committed(await _test.Table.Begin(at).Add(TestTable.Add("gone.parquet")).CommitAsync(default)).Snapshot;
        using DuckDbConnection connection = _test.Database.Connect();
        DeltaException e = Assert.Throws<DeltaException>(() => DeltaSql.RegisterView(connection, "t", _test.Table, at));
        Assert.Equal(DeltaCode.DataFileUnreadable, e.Code);
        Assert.Contains("gone.parquet", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Add_file_outside_the_table_twice_or_with_other_partitions_is_a_bug_of_the_caller()
    {
        Snapshot at = await _test.CreateAsync();
        Assert.Throws<DeltaException>(() => _test.Table.Begin(at).Add(TestTable.Add("../x")));
        Assert.Throws<ArgumentException>(() => _test.Table.Begin(at).Add(TestTable.Add("a")).Add(TestTable.Add("a")));
        Assert.Throws<ArgumentException>(() => _test.Table.Begin(at).Add(
            TestTable.Add("a") with { PartitionValues = new Dictionary<string, string?> { ["x"] = "1" } }));
        Assert.Throws<ArgumentException>(() => _test.Table.Begin(at).Remove(TestTable.Add("a"), true));
        Assert.Throws<ArgumentException>(() => _test.Table.Begin(at).Advance("a", 1, null).Advance("a", 2, null));
        Assert.Equal(StorageCode.PathRefused, Assert.Throws<StorageException>(
            () => new DeltaTable(_test.Store, "../t", _test.Environment)).Code);
    }
}
