using System.Globalization;
using System.Text.Json;
using Fabric.Core.Columns;
using Fabric.Core.Storage;
using Fabric.Delta.Actions;
using Fabric.Delta.Commits;
using Fabric.Delta.Reading;
using Fabric.Delta.Schema;
using Fabric.Delta.Statistics;
using Fabric.DuckDb;
using Fabric.Testing;

namespace Fabric.Delta.Tests;

/// <summary>Tables that we write, read back by us and by the judge, at every version.</summary>
public sealed class WrittenTableTests : IDisposable
{
    /// <summary>Values that a Hive-style folder, a URI, a glob or SQL could mistake for something else.</summary>
    private static readonly string?[] Odd =
    [
        "plain", "with space", "a/b", "a=b", "50%", "%41", "%2F", "q?*[x]{y}", "it's", "say \"hi\"", "ü ß 日本", "emoji 😀", "back\\slash",
        "tab\tnew\nline", "colon:semi;", "#frag", "+plus&amp", "..", ".", "~", "\u0001\u007f", " lead", "trail ", "null", "NULL",
        "__HIVE_DEFAULT_PARTITION__", null, new string('x', 300), string.Concat(Enumerable.Repeat("長", 100)), "a\u0000b",
    ];

    private readonly TestTable _test = new();

    public void Dispose() => _test.Dispose();

    [SkippableFact]
    public async Task All_types_nulls_and_extremes_come_back_equal_from_us_and_from_the_judge()
    {
        ColumnField[] fields =
        [
            new("b", ColumnType.Boolean), new("i", ColumnType.Int32), new("l", ColumnType.Int64), new("f", ColumnType.Float),
            new("d", ColumnType.Double), new("t", ColumnType.Text), new("x", ColumnType.Binary), new("day", ColumnType.Date),
            new("ts", ColumnType.Timestamp), new("n9", ColumnType.Decimal, true, 9, 2), new("n38", ColumnType.Decimal, true, 38, 10),
            new("it's\"'.", ColumnType.Int64), new("select", ColumnType.Int64),
        ];
        StructType schema = SchemaOf(fields);
        Snapshot at = (await _test.Table.CreateAsync(new NewTable(schema, []), default)).Snapshot;
        var batch = new ColumnBatch(fields);
        AppendExtremes(batch);
        at = await AppendAsync(at, batch, new Dictionary<string, string?>(), schema);
        await AssertJudgeAgreesAsync(at);
        using DuckDbConnection connection = _test.Database.Connect();
        DeltaSql.RegisterView(connection, "t", _test.Table, at);
        Assert.Equal(
            [
                "true | 2147483647 | 9223372036854775807 | f7f7fffff | d7fefffffffffffff | ü😀 | 0x00FF | 9999-12-31 | "
                + "9999-12-31T23:59:59.999999Z | 9999999.99 | 9999999999999999999999999999.9999999999 | 1 | 2",
                "false | -2147483648 | -9223372036854775808 | fff7fffff | dffefffffffffffff |  | 0x | 0001-01-01 | "
                + "0001-01-01T00:00:00.000000Z | -9999999.99 | -9999999999999999999999999999.9999999999 | -1 | -2",
                "true | 0 | 0 | f7fc00000 | d7ff8000000000000 | x | 0x00 | 1970-01-01 | 1969-12-31T23:59:59.999999Z | 0.01 | "
                + "0.0000000001 | 0 | 0",
                string.Join(" | ", Enumerable.Repeat("null", 13)),
            ], JudgeRowsInOrder(connection));
    }

    [SkippableFact]
    public async Task Partition_values_that_look_like_paths_patterns_or_escapes_come_back_equal()
    {
        ColumnField[] fields = [new("v", ColumnType.Int64)];
        var schema = new StructType(
            [
                new StructField("v", PrimitiveType.Long), new StructField("part", PrimitiveType.String),
                new StructField("day", PrimitiveType.Date),
            ]);
        Snapshot at = (await _test.Table.CreateAsync(new NewTable(schema, ["part", "day"]), default)).Snapshot;
        for (int i = 0; i < Odd.Length; i++)
        {
            var batch = new ColumnBatch(fields);
            batch.Fixed<long>("v").Append(i);
            var values = new Dictionary<string, string?>
            {
                ["part"] = PartitionValue.Format(PrimitiveType.String, Odd[i]),
                ["day"] = i % 3 == 0 ? null : PartitionValue.Format(PrimitiveType.Date, new DateOnly(2026, 1, 1 + (i % 28))),
            };
            at = await AppendAsync(at, batch, values, schema);
        }

        using DuckDbConnection connection = _test.Database.Connect();
        DeltaSql.RegisterView(connection, "t", _test.Table, at);
        IEnumerable<string> expected = Odd.Select((value, i) =>
            $"{i} | {value ?? "null"} | {(i % 3 == 0 ? "null" : $"2026-01-{1 + (i % 28):D2}")}");
        Assert.Equal(expected, RowText.Query(connection, "SELECT * FROM t ORDER BY v"));
        Assert.Equal(["7"], RowText.Query(connection, "SELECT v FROM t WHERE part = 'q?*[x]{y}'"));
        await AssertJudgeAgreesAsync(at);
        string[] names = Directory.GetDirectories(_test.Table.Root).Select(path => Path.GetFileName(path)!).ToArray();
        Assert.Contains("part=a%2Fb", names);
        Assert.Contains("part=q%3F%2A%5Bx%5D%7By}", names);
        Assert.All(at.Files, file => Assert.DoesNotContain(' ', file.Path));
        Assert.Contains(at.Files, file => file.Path.StartsWith("part=a%252Fb/", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Schema_evolution_removes_and_checkpoints_give_each_version_its_rows()
    {
        var properties = new Dictionary<string, string?> { ["delta.checkpointInterval"] = "3" };
        var narrow = SchemaOf([new("id", ColumnType.Int64)]);
        var wide = SchemaOf([new("id", ColumnType.Int64), new("temp", ColumnType.Double), new("note", ColumnType.Text)]);
        Snapshot at = (await _test.Table.CreateAsync(new NewTable(narrow, [], Configuration: properties), default)).Snapshot;
        at = await AppendAsync(at, Ids(narrow, 1, 2), new Dictionary<string, string?>(), narrow);
        at = await AppendAsync(at, Ids(wide, 3), new Dictionary<string, string?>(), wide);
        at = await AppendAsync(at, Ids(wide, 4), new Dictionary<string, string?>(), wide);
        AddAction first = at.Files.Single(file => file.Stats!.Contains("\"numRecords\":2", StringComparison.Ordinal));
        at = TestTable.Committed(await _test.Table.Begin(at).Remove(first, dataChange: true).CommitAsync(default)).Snapshot;
        at = await AppendAsync(at, Ids(wide, 5), new Dictionary<string, string?>(), wide);

        string[][] expected =
        [
            [], ["1", "2"], ["1 | null | null", "2 | null | null", "3 | 0.5 | n3"],
            ["1 | null | null", "2 | null | null", "3 | 0.5 | n3", "4 | 0.5 | n4"], ["3 | 0.5 | n3", "4 | 0.5 | n4"],
            ["3 | 0.5 | n3", "4 | 0.5 | n4", "5 | 0.5 | n5"],
        ];
        using DuckDbConnection connection = _test.Database.Connect();
        for (int version = 0; version < expected.Length; version++)
        {
            Snapshot old = await _test.Table.LoadAsync(version, default);
            DeltaSql.RegisterView(connection, "t", _test.Table, old);
            Assert.Equal(expected[version], RowText.Query(connection, "SELECT * FROM t ORDER BY id"));
            await AssertJudgeAgreesAsync(old);
        }

        Assert.Equal(1, (await _test.Table.HistoryAsync(100, default)).Count(entry => entry.Actions.OfType<MetadataAction>().Any()) - 1);
    }

    [SkippableFact]
    public async Task Nested_columns_missing_in_older_files_read_as_null_at_every_level()
    {
        static StructType inner(params string[] names) => new([.. names.Select(name => new StructField(name, PrimitiveType.Long))]);
        static StructType table(StructType structure) => new(
        [
            new StructField("s", structure), new StructField("l", new ArrayType(structure, true)),
            new StructField("m", new MapType(PrimitiveType.String, structure, true)),
        ]);
        StructType old = table(inner("a"));
        StructType widened = table(inner("a", "b"));
        Snapshot at = (await _test.Table.CreateAsync(new NewTable(old, []), default)).Snapshot;
        at = await AppendQueryAsync(at, old, "SELECT {'a': 1::BIGINT} s, [{'a': 2::BIGINT}, NULL] l, MAP {'k': {'a': 3::BIGINT}} m");
        const string both = "{'a': 1::BIGINT, 'b': 9::BIGINT}";
        at = await AppendQueryAsync(at, widened, $"SELECT {both} s, [{both}] l, MAP {{'k': {both}}} m");
        Assert.Equal(widened, at.Schema);
        using DuckDbConnection connection = _test.Database.Connect();
        DeltaSql.RegisterView(connection, "t", _test.Table, at);
        Assert.Equal(
            [
                "{a: 1, b: 9} | [{a: 1, b: 9}] | <k: {a: 1, b: 9}>",
                "{a: 1, b: null} | [{a: 2, b: null}, null] | <k: {a: 3, b: null}>",
            ], RowText.Query(connection, "SELECT * FROM t ORDER BY s.b NULLS LAST"));
        await AssertJudgeAgreesAsync(at);
    }

    [Fact]
    public async Task More_partitions_than_branches_are_joined_by_file_and_give_the_same_rows()
    {
        var schema = new StructType([new StructField("v", PrimitiveType.Long), new StructField("p", PrimitiveType.Integer)]);
        Snapshot at = (await _test.Table.CreateAsync(new NewTable(schema, ["p"]), default)).Snapshot;
        DeltaTransaction all = _test.Table.Begin(at);
        for (int i = 0; i < 300; i++)
        {
            var batch = new ColumnBatch([new ColumnField("v", ColumnType.Int64)]);
            batch.Fixed<long>("v").Append(i * 10);
            var values = new Dictionary<string, string?> { ["p"] = i == 7 ? null : i.ToString(CultureInfo.InvariantCulture) };
            all.Add(await WriteAsync(at, batch, values, schema));
        }

        at = TestTable.Committed(await all.CommitAsync(default)).Snapshot;
        using DuckDbConnection connection = _test.Database.Connect();
        DeltaSql.RegisterView(connection, "t", _test.Table, at);
        Assert.Equal(
            Enumerable.Range(0, 300).Select(i => $"{i * 10} | {(i == 7 ? "null" : i)}"),
            RowText.Query(connection, "SELECT * FROM t ORDER BY v"));
    }

    [Fact]
    public async Task A_table_in_a_folder_whose_name_is_a_pattern_reads_its_own_files_only()
    {
        foreach (string path in new[] { "a*", "ab", "a?", "[ab]*" })
        {
            var table = new DeltaTable(_test.Store, path, _test.Environment);
            Snapshot at = (await table.CreateAsync(new NewTable(SchemaOf([new("id", ColumnType.Int64)]), []), default)).Snapshot;
            var batch = new ColumnBatch([new ColumnField("id", ColumnType.Int64)]);
            batch.Fixed<long>("id").Append(path.Length);
            StagedObject staged = await table.Store.StageAsync($"{path}/x.parquet", default);
            Write(staged.LocalPath, batch);
            StoredObject file = await table.Store.FinishAsync(staged, default);
            at = TestTable.Committed(await table.Begin(at)
                .Add(DataFile.ToAdd(table, file, new Dictionary<string, string?>(), null)).CommitAsync(default)).Snapshot;
            using DuckDbConnection connection = _test.Database.Connect();
            DeltaSql.RegisterView(connection, "t", table, at);
            Assert.Equal([$"{path.Length}"], RowText.Query(connection, "SELECT id FROM t"));
        }
    }

    [Fact]
    public async Task Data_file_outside_the_table_is_refused()
    {
        Snapshot at = await _test.CreateAsync();
        string absolute = Path.Combine(_test.Table.Root, "inside.parquet");
        foreach ((string path, bool allowed) in new[]
        {
            ("/etc/passwd", false), ("file:///etc/passwd", false), ("../other/a.parquet", false), ("%2e%2e/a.parquet", false),
            ("a/../../b.parquet", false), ("s3://bucket/a.parquet", false), ("a%2F..%2F..%2Fb", false), ("%", false), ("%ff", false),
            (absolute, true), ("file:" + absolute, true), ("file://" + absolute, true), ("inside.parquet", true),
        })
        {
            AddAction add = TestTable.Add(path);
            if (allowed)
            {
                Assert.Equal("inside.parquet", at.RelativePath(add));
            }
            else
            {
                Assert.Equal(DeltaCode.PathRefused, Assert.Throws<DeltaException>(() => at.RelativePath(add)).Code);
            }
        }
    }

    private static void AppendExtremes(ColumnBatch batch)
    {
        bool[] bools = [true, false, true];
        int[] ints = [int.MaxValue, int.MinValue, 0];
        long[] longs = [long.MaxValue, long.MinValue, 0];
        float[] floats = [float.MaxValue, float.MinValue, BitConverter.UInt32BitsToSingle(0x7fc00000)];
        double[] doubles = [double.MaxValue, double.MinValue, BitConverter.UInt64BitsToDouble(0x7ff8000000000000)];
        byte[][] texts = ["ü😀"u8.ToArray(), [], "x"u8.ToArray()];
        byte[][] bytes = [[0, 255], [], [0]];
        int[] days = [2_932_896, -719_162, 0];
        long[] micros = [253_402_300_799_999_999, -62_135_596_800_000_000, -1];
        Int128 n38 = Int128.Parse("99999999999999999999999999999999999999", CultureInfo.InvariantCulture);
        Int128[] small = [999_999_999, -999_999_999, 1];
        Int128[] large = [n38, -n38, 1];
        for (int row = 0; row < 3; row++)
        {
            batch.Fixed<bool>("b").Append(bools[row]);
            batch.Fixed<int>("i").Append(ints[row]);
            batch.Fixed<long>("l").Append(longs[row]);
            batch.Fixed<float>("f").Append(floats[row]);
            batch.Fixed<double>("d").Append(doubles[row]);
            batch.Bytes("t").Append(texts[row]);
            batch.Bytes("x").Append(bytes[row]);
            batch.Fixed<int>("day").Append(days[row]);
            batch.Fixed<long>("ts").Append(micros[row]);
            batch.Fixed<Int128>("n9").Append(small[row]);
            batch.Fixed<Int128>("n38").Append(large[row]);
            ((FixedColumn<long>)batch.Columns[11]).Append(row == 0 ? 1 : row == 1 ? -1 : 0);
            batch.Fixed<long>("select").Append(row == 0 ? 2 : row == 1 ? -2 : 0);
        }

        foreach (Column column in batch.Columns)
        {
            column.AppendNull();
        }
    }

    private static ColumnBatch Ids(StructType schema, params long[] ids)
    {
        var batch = new ColumnBatch(schema.Fields.Count == 1
            ? [new ColumnField("id", ColumnType.Int64)]
            : [new ColumnField("id", ColumnType.Int64), new ColumnField("temp", ColumnType.Double), new ColumnField("note", ColumnType.Text)]);
        foreach (long id in ids)
        {
            batch.Fixed<long>("id").Append(id);
            if (schema.Fields.Count > 1)
            {
                batch.Fixed<double>("temp").Append(0.5);
                batch.Bytes("note").Append(System.Text.Encoding.UTF8.GetBytes($"n{id}"));
            }
        }

        return batch;
    }

    private static StructType SchemaOf(ColumnField[] fields) => new([.. fields.Select(DeltaColumns.ToField)]);

    private ParquetFileInfo Write(string path, ColumnBatch batch)
    {
        using var writer = new ParquetFileWriter(_test.Database, [.. batch.Columns.Select(column => column.Field)]);
        writer.Append(batch);
        return writer.Finish(path);
    }

    private async Task<AddAction> WriteAsync(
        Snapshot at, ColumnBatch batch, IReadOnlyDictionary<string, string?> values, StructType schema)
    {
        string path = DataFile.NewPath(at.PartitionColumns, values, _test.Environment.Ids);
        StagedObject staged = await _test.Store.StageAsync($"t/{path}", default);
        ParquetFileInfo info = Write(staged.LocalPath, batch);
        StoredObject file = await _test.Store.FinishAsync(staged, default);
        return DataFile.ToAdd(_test.Table, file, values, DeltaStatistics.Write(at, schema, info, []));
    }

    private async Task<Snapshot> AppendAsync(
        Snapshot at, ColumnBatch batch, IReadOnlyDictionary<string, string?> values, StructType schema)
    {
        AddAction add = await WriteAsync(at, batch, values, schema);
        return TestTable.Committed(await _test.Table.Begin(at).ChangeSchema(schema).Add(add).CommitAsync(default)).Snapshot;
    }

    private async Task<Snapshot> AppendQueryAsync(Snapshot at, StructType schema, string sql)
    {
        var none = new Dictionary<string, string?>();
        StagedObject staged = await _test.Store.StageAsync($"t/{DataFile.NewPath([], none, _test.Environment.Ids)}", default);
        using DuckDbConnection connection = _test.Database.Connect();
        await ParquetFileWriter.WriteQueryAsync(connection, sql, staged.LocalPath);
        StoredObject file = await _test.Store.FinishAsync(staged, default);
        return TestTable.Committed(await _test.Table.Begin(at).ChangeSchema(schema)
            .Add(DataFile.ToAdd(_test.Table, file, none, null)).CommitAsync(default)).Snapshot;
    }

    private static List<string> JudgeRowsInOrder(DuckDbConnection connection)
    {
        using DuckDbResult result = connection.Query("SELECT * FROM t");
        return result.Rows().Select(row => string.Join(" | ", row.Select(value => RowText.Of(value, asBits: true)))).ToList();
    }

    private async Task AssertJudgeAgreesAsync(Snapshot at)
    {
        Judge judge = Judge.Script("delta-read.mjs");
        Skip.IfNot(judge.IsPresent, judge.Absent); // our own reading was asserted before
        JudgeResult result = await judge.RunAsync(
            null, TimeSpan.FromMinutes(1), _test.Table.Root, at.Version.ToString(CultureInfo.InvariantCulture));
        Assert.True(result.ExitCode == 0, result.Error + result.Output);
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        using JsonDocument state = JsonDocument.Parse(lines[0]);
        Assert.Equal(at.Version, state.RootElement.GetProperty("version").GetInt64());
        Assert.Equal(JudgeRows.Read(_test.Database, _test.Table, at), JudgeRows.Parse(lines.Skip(1)));
    }
}
