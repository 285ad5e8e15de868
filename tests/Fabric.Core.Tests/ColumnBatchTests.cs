using Fabric.Core.Columns;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Core.Tests;

public sealed class ColumnBatchTests(ITestOutputHelper output)
{
    private static readonly ColumnField[] Fields =
    [
        new("flag", ColumnType.Boolean), new("n", ColumnType.Int64), new("text", ColumnType.Text),
        new("id", ColumnType.Int32, Nullable: false),
    ];

    [Fact]
    public void Append_values_and_nulls_keeps_each_row_at_its_index()
    {
        var batch = new ColumnBatch(Fields);
        for (int row = 0; row < 5000; row++)
        {
            AppendRow(batch, row);
        }

        Assert.Equal(5000, batch.RowCount);
        for (int row = 0; row < 5000; row++)
        {
            AssertRow(batch, row);
        }

        Assert.Equal(5000 / 3 + 1, batch["n"].NullCount);
    }

    [Fact]
    public void Truncate_then_append_leaves_no_trace_of_the_dropped_rows()
    {
        var batch = new ColumnBatch(Fields);
        for (int row = 0; row < 130; row++)
        {
            AppendRow(batch, row);
        }

        batch.Truncate(63);
        for (int row = 63; row < 200; row++)
        {
            AppendRow(batch, row);
        }

        for (int row = 0; row < 200; row++)
        {
            AssertRow(batch, row);
        }
    }

    [Fact]
    public void Truncate_with_uneven_columns_levels_them()
    {
        var batch = new ColumnBatch(Fields);
        AppendRow(batch, 1);
        batch.Fixed<bool>("flag").Append(true);
        batch.Truncate(1);
        Assert.All(batch.Columns, column => Assert.Equal(1, column.Count));
    }

    [Fact]
    public void Clear_forgets_rows_and_validity()
    {
        var batch = new ColumnBatch(Fields);
        for (int row = 0; row < 100; row++)
        {
            AppendRow(batch, row);
        }

        batch.Clear();
        Assert.Equal(0, batch.RowCount);
        Assert.Equal(0, batch.ByteSize);
        for (int row = 0; row < 100; row++)
        {
            AppendRow(batch, row + 1);
            Assert.Equal(row + 1, batch.Fixed<int>("id").Values[row]);
            Assert.Equal((row + 1) % 3 == 0, batch["n"].IsNull(row));
        }
    }

    [Fact]
    public void AppendRepeated_fills_the_exploded_rows()
    {
        var batch = new ColumnBatch(Fields);
        batch.Bytes("text").AppendRepeated("pump"u8, 3000);
        batch.Fixed<long>("n").AppendRepeated(7, 3000);
        Assert.True(batch.Bytes("text")[2999].SequenceEqual("pump"u8));
        Assert.Equal(7, batch.Fixed<long>("n").Values[2999]);
        Assert.False(batch["n"].IsNull(2999));
    }

    [Fact]
    public void Validity_looked_at_whenever_says_what_was_appended()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        FixedColumn<long> column = new ColumnBatch(Fields).Fixed<long>("n");
        var present = new List<bool>();
        for (int step = 0; step < 5000; step++)
        {
            int rows = random.Next(1, 100);
            switch (random.Next(8))
            {
                case 0:
                    column.AppendNulls(rows);
                    present.AddRange(Enumerable.Repeat(false, rows));
                    break;
                case 1:
                    column.AppendRepeated(7, rows);
                    present.AddRange(Enumerable.Repeat(true, rows));
                    break;
                case 2:
                    int kept = random.Next(present.Count + 1);
                    column.Truncate(kept);
                    present.RemoveRange(kept, present.Count - kept);
                    break;
                case 3 when step % 50 == 0:
                    column.Clear();
                    present.Clear();
                    break;
                case 4:
                    AssertValidity(present, column);
                    break;
                default:
                    column.Append(7);
                    present.Add(true);
                    break;
            }

            Assert.Equal(present.Count(value => !value), column.NullCount);
        }

        AssertValidity(present, column);
    }

    [Fact]
    public void Text_of_every_length_is_copied_whole()
    {
        BytesColumn column = new ColumnBatch(Fields).Bytes("text");
        byte[] source = [.. Enumerable.Range(1, 100).Select(i => (byte)i)];
        for (int length = 0; length <= source.Length; length++)
        {
            column.Append(source.AsSpan(0, length));
        }

        for (int length = 0; length <= source.Length; length++)
        {
            Assert.True(column[length].SequenceEqual(source.AsSpan(0, length)), $"length {length}");
        }
    }

    [Fact]
    public void AppendRepeated_rows_share_their_bytes_with_nobody_else()
    {
        BytesColumn texts = new ColumnBatch(Fields).Bytes("text");
        texts.Append("valve"u8);
        texts.AppendRepeated("pump"u8, 3);
        texts.AppendNulls(2);
        texts.AppendRepeated(""u8, 2);
        texts.Append("fan"u8);
        Assert.Equal("valvepumpfan"u8, texts.Arena);
        Assert.Equal([0, 5, 5, 5, 9, 9, 9, 9, 9], texts.Starts);
        Assert.Equal([5, 9, 9, 9, 9, 9, 9, 9, 12], texts.Ends);

        texts.Truncate(2);
        texts.Append("lamp"u8);
        Assert.Equal("valvepumplamp"u8, texts.Arena);
        Assert.Equal("pump"u8, texts[1]);
        Assert.Equal("lamp"u8, texts[2]);
    }

    [Fact]
    public void AppendNull_on_a_required_column_is_refused()
    {
        var batch = new ColumnBatch(Fields);
        Assert.Throws<InvalidOperationException>(() => batch["id"].AppendNull());
        Assert.Equal(0, batch["id"].Count);
    }

    [Fact]
    public void Names_equal_but_for_case_are_refused() =>
        Assert.Throws<ArgumentException>(
            () => new ColumnBatch([new ColumnField("a", ColumnType.Text), new ColumnField("A", ColumnType.Text)]));

    private static void AssertValidity(List<bool> present, Column column)
    {
        for (int row = 0; row < present.Count; row++)
        {
            Assert.Equal(!present[row], column.IsNull(row));
        }

        ReadOnlySpan<ulong> bits = column.Validity;
        Assert.Equal((present.Count + 63) / 64, bits.Length);
        for (int bit = 0; bit < bits.Length * 64; bit++)
        {
            Assert.Equal(bit < present.Count && present[bit], (bits[bit / 64] >> (bit % 64) & 1) == 1);
        }
    }

    private static void AppendRow(ColumnBatch batch, int row)
    {
        batch.Fixed<bool>("flag").Append(row % 2 == 0);
        batch.Fixed<int>("id").Append(row);
        if (row % 3 == 0)
        {
            batch["n"].AppendNull();
            batch["text"].AppendNull();
        }
        else
        {
            batch.Fixed<long>("n").Append(row * 10L);
            batch.Bytes("text").Append(System.Text.Encoding.UTF8.GetBytes($"värde {row}"));
        }
    }

    private static void AssertRow(ColumnBatch batch, int row)
    {
        Assert.Equal(row % 2 == 0, batch.Fixed<bool>("flag").Values[row]);
        Assert.Equal(row, batch.Fixed<int>("id").Values[row]);
        Assert.Equal(row % 3 == 0, batch["n"].IsNull(row));
        Assert.Equal(row % 3 == 0, batch["text"].IsNull(row));
        string expected = row % 3 == 0 ? "" : $"värde {row}";
        Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(batch.Bytes("text")[row]));
    }
}
