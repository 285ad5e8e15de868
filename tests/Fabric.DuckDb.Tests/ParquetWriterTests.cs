using Fabric.Core.Columns;
using Fabric.Testing;

namespace Fabric.DuckDb.Tests;

public class ParquetWriterTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(2047)]
    [InlineData(2048)]
    [InlineData(2049)]
    [InlineData(4096)]
    [InlineData(10_001)]
    public void Finish_any_row_count_reads_back_in_order(int rows)
    {
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open();
        ColumnField[] fields = [new("n", ColumnType.Int64), new("s", ColumnType.Text)];
        using var writer = new ParquetFileWriter(database, fields);
        var batch = new ColumnBatch(fields);
        for (int i = 0; i < rows; i++)
        {
            if (i % 3 == 0)
            {
                batch["n"].AppendNull();
            }
            else
            {
                batch.Fixed<long>("n").Append(i);
            }

            batch.AppendText("s", i % 7 == 0 ? null : $"row {i}");
        }

        writer.Append(batch);
        ParquetFileInfo info = writer.Finish(folder["a.parquet"]);

        Assert.Equal(rows, info.RowCount);
        Assert.Equal(new FileInfo(folder["a.parquet"]).Length, info.Bytes);
        List<object?[]> back = Rows.OfFile(database, folder["a.parquet"]);
        Assert.Equal(rows, back.Count);
        for (int i = 0; i < rows; i++)
        {
            Assert.Equal([i % 3 == 0 ? null : (long)i, i % 7 == 0 ? null : $"row {i}"], back[i]);
        }
    }

    /// <summary>Rows that follow each other with one value share its bytes: nothing else may be taken for the same.</summary>
    [Fact]
    public void Append_runs_of_texts_that_begin_alike_come_back_as_they_were()
    {
        int seed = Seed.Next();
        var random = new Random(seed);
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open();
        ColumnField[] fields = [new("s", ColumnType.Text)];
        using var writer = new ParquetFileWriter(database, fields);
        var batch = new ColumnBatch(fields);
        var expected = new List<string?>();
        for (int run = 0; run < 4_000; run++)
        {
            // 7, 8, 9, 12 and 13 bytes: around what DuckDB keeps within a string's header, and the halves it is made of.
            int length = random.Next(6) switch { 0 => 0, 1 => random.Next(7, 10), 2 => 12, 3 => 13, _ => random.Next(1, 40) };
            string? text = random.Next(8) == 0 ? null : new string((char)('a' + random.Next(2)), length);
            for (int times = random.Next(1, 5); times > 0; times--)
            {
                batch.AppendText("s", text);
                expected.Add(text);
            }

            if (random.Next(50) == 0)
            {
                writer.Append(batch);
                batch.Clear();
            }
        }

        writer.Append(batch);
        writer.Finish(folder["a.parquet"]);

        List<object?[]> back = Rows.OfFile(database, folder["a.parquet"]);
        Assert.True(expected.SequenceEqual(back.Select(row => (string?)row[0])), $"seed {seed}");
    }

    [Fact]
    public void Append_random_slices_of_random_batches_equals_one_append()
    {
        int seed = Seed.Next();
        var random = new Random(seed);
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open();
        ColumnField[] fields = [new("n", ColumnType.Int32), new("s", ColumnType.Text), new("d", ColumnType.Double)];
        using var writer = new ParquetFileWriter(database, fields);
        var batch = new ColumnBatch(fields);
        var expected = new List<object?[]>();
        for (int round = 0; round < 60; round++)
        {
            batch.Clear();
            int rows = random.Next(0, 700);
            var written = new List<object?[]>();
            for (int i = 0; i < rows; i++)
            {
                int? n = random.Next(4) == 0 ? null : random.Next();
                string? s = random.Next(4) == 0 ? null : new string('ä', random.Next(0, 20));
                double? d = random.Next(4) == 0 ? null : random.NextDouble();
                AppendRow(batch, n, s, d);
                written.Add([n, s, d]);
            }

            int first = random.Next(0, rows + 1);
            int count = random.Next(0, rows - first + 1);
            writer.Append(batch, first, count);
            expected.AddRange(written.GetRange(first, count));
        }

        writer.Finish(folder["a.parquet"]);

        List<object?[]> back = Rows.OfFile(database, folder["a.parquet"]);
        Assert.True(expected.Count == back.Count, $"seed {seed}: {expected.Count} rows in, {back.Count} out");
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.True(expected[i].SequenceEqual(back[i]), $"seed {seed}: row {i} differs");
        }
    }

    [Fact]
    public void Finish_twice_makes_two_files_with_their_own_rows()
    {
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open();
        ColumnField[] fields = [new("n", ColumnType.Int64)];
        using var writer = new ParquetFileWriter(database, fields);
        var batch = new ColumnBatch(fields);
        for (int file = 0; file < 3; file++)
        {
            batch.Clear();
            batch.Fixed<long>("n").AppendRepeated(file, 3000);
            writer.Append(batch);
            Assert.Equal(3000, writer.RowCount);
            writer.Finish(folder[$"{file}.parquet"]);
            Assert.Equal(0, writer.RowCount);
            Assert.Equal(0, writer.BufferedBytes);
        }

        Assert.Equal(
            [3000L, (Int128)6000],
            Rows.Of(database, $"SELECT count(*), sum(n) FROM read_parquet('{folder["2.parquet"]}')")[0]);
    }

    [Fact]
    public void Append_takes_its_columns_by_name_and_leaves_others_out()
    {
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open();
        ColumnField[] fields = [new("date", ColumnType.Date), new("b", ColumnType.Int32, Nullable: false), new("a", ColumnType.Text)];
        using var writer = new ParquetFileWriter(database, [fields[2], fields[1]]);
        var batch = new ColumnBatch(fields);
        batch.Fixed<int>("date").Append(1);
        batch.Fixed<int>("b").Append(2);
        batch.AppendText("a", "x");

        writer.Append(batch);
        writer.Finish(folder["a.parquet"]);

        Assert.Equal(["x", 2], Rows.OfFile(database, folder["a.parquet"])[0]);
        Assert.Throws<ArgumentException>(() => writer.Append(new ColumnBatch([fields[2]])));
        Assert.Throws<ArgumentException>(() => writer.Append(new ColumnBatch([fields[2], new("b", ColumnType.Int64)])));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Append(batch, 0, 2));
    }

    [Fact]
    public void Append_values_that_do_not_belong_are_refused_and_nothing_is_kept()
    {
        using DuckDbDatabase database = DuckDbDatabase.Open();
        ColumnField[] fields = [new("s", ColumnType.Text), new("d", ColumnType.Decimal, true, 4, 2)];
        using var writer = new ParquetFileWriter(database, fields);

        DuckDbException text = Refused([0xC3, 0x28], 0, 2);
        DuckDbException cut = Refused([0xC3], 0, 3);
        DuckDbException digits = Refused("ä"u8, 10_000, 2);
        DuckDbException negative = Refused("ä"u8, -10_000, 2);

        Assert.Equal(DuckDbErrorCodes.TextNotUtf8, text.Code);
        Assert.Equal("column 's', row 1", text.Where);
        Assert.Equal(DuckDbErrorCodes.TextNotUtf8, cut.Code);
        Assert.Equal(DuckDbErrorCodes.DecimalOutOfRange, digits.Code);
        Assert.Equal(DuckDbErrorCodes.DecimalOutOfRange, negative.Code);
        Assert.Equal(0, writer.RowCount);

        DuckDbException Refused(ReadOnlySpan<byte> value, Int128 unscaled, int rows)
        {
            var batch = new ColumnBatch(fields);
            batch.Bytes("s").Append("fine"u8);
            batch.Fixed<Int128>("d").Append(9_999);
            batch.Bytes("s").Append(value);
            batch.Fixed<Int128>("d").Append(unscaled);
            batch.Bytes("s").Append([0xA4]); // the other half of a character that the value before began
            batch.Fixed<Int128>("d").Append(-9_999);
            return Assert.Throws<DuckDbException>(() => writer.Append(batch, 0, rows));
        }
    }

    [Fact]
    public void Finish_fails_leaves_no_file_and_keeps_the_rows()
    {
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open();
        ColumnField[] fields = [new("n", ColumnType.Int64)];
        using var writer = new ParquetFileWriter(database, fields);
        var batch = new ColumnBatch(fields);
        batch.Fixed<long>("n").AppendRepeated(7, 5000);
        writer.Append(batch);
        File.WriteAllText(folder["taken"], "mine");

        var taken = Assert.Throws<DuckDbException>(() => writer.Finish(folder["taken"]));
        var nowhere = Assert.Throws<DuckDbException>(() => writer.Finish(folder["none/a.parquet"]));
        Assert.ThrowsAny<OperationCanceledException>(() => writer.Finish(folder["b.parquet"], new CancellationToken(true)));

        Assert.Equal(DuckDbErrorCodes.FileExists, taken.Code);
        Assert.Equal(DuckDbErrorCodes.Io, nowhere.Code);
        Assert.Equal("mine", File.ReadAllText(folder["taken"]));
        Assert.Equal(["taken"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
        Assert.Equal(5000, writer.Finish(folder["a.parquet"]).RowCount);
    }

    [Fact]
    public void Abort_forgets_the_rows()
    {
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open();
        ColumnField[] fields = [new("n", ColumnType.Int64)];
        using var writer = new ParquetFileWriter(database, fields);
        var batch = new ColumnBatch(fields);
        batch.Fixed<long>("n").AppendRepeated(7, 5000);
        writer.Append(batch);

        writer.Abort();

        Assert.Equal(0, writer.Finish(folder["a.parquet"]).RowCount);
        Assert.Empty(Rows.OfFile(database, folder["a.parquet"]));
    }

    private static void AppendRow(ColumnBatch batch, int? n, string? s, double? d)
    {
        if (n is { } number)
        {
            batch.Fixed<int>("n").Append(number);
        }
        else
        {
            batch["n"].AppendNull();
        }

        batch.AppendText("s", s);
        if (d is { } real)
        {
            batch.Fixed<double>("d").Append(real);
        }
        else
        {
            batch["d"].AppendNull();
        }
    }
}
