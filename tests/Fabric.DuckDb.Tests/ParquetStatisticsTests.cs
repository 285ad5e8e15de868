using System.Text;
using Fabric.Core.Columns;
using Fabric.Testing;

namespace Fabric.DuckDb.Tests;

public class ParquetStatisticsTests
{
    [Fact]
    public void Finish_bounds_are_exact_and_typed_over_all_row_groups()
    {
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open();
        ColumnField[] fields =
        [
            new("bool", ColumnType.Boolean), new("int", ColumnType.Int32), new("long", ColumnType.Int64), new("float", ColumnType.Float),
            new("double", ColumnType.Double), new("text", ColumnType.Text), new("bytes", ColumnType.Binary), new("date", ColumnType.Date),
            new("time", ColumnType.Timestamp), new("d9", ColumnType.Decimal, true, 9, 2), new("d38", ColumnType.Decimal, true, 38, 0),
            new("null", ColumnType.Int64),
        ];
        using var writer = new ParquetFileWriter(database, fields, new ParquetFileOptions { RowGroupRows = 2048 });
        var batch = new ColumnBatch(fields);
        Int128 huge = Int128.Parse(new string('9', 38), System.Globalization.CultureInfo.InvariantCulture);
        for (int i = 0; i < 6000; i++)
        {
            batch.Fixed<bool>("bool").Append(i % 2 == 0);
            batch.Fixed<int>("int").Append(i - 3000);
            batch.Fixed<long>("long").Append(i == 0 ? long.MinValue : long.MaxValue - i);
            batch.Fixed<float>("float").Append(i == 5999 ? 0.1F : 16_777_216F);
            batch.Fixed<double>("double").Append(i == 2500 ? 5e-324 : 0.1 + 0.2);
            batch.AppendText("text", i == 5000 ? "Ωmega" : $"t{i:D5}");
            batch.Bytes("bytes").Append([(byte)(i % 250), 0xFF]);
            batch.Fixed<int>("date").Append(i == 100 ? int.MinValue : 20_000);
            batch.Fixed<long>("time").Append(i == 3000 ? long.MinValue : -1);
            batch.Fixed<Int128>("d9").Append(i == 1 ? -999_999_999 : 5);
            batch.Fixed<Int128>("d38").Append(i == 1 ? -huge : i == 4000 ? huge : 0);
            batch["null"].AppendNull();
        }

        writer.Append(batch);
        ParquetFileInfo info = writer.Finish(folder["a.parquet"]);

        Assert.Equal(3, info.RowGroupCount);
        AssertBounds(false, true, "bool");
        AssertBounds(-3000L, 2999L, "int");
        AssertBounds(long.MinValue, long.MaxValue - 1, "long");
        AssertBounds((double)0.1F, 16_777_216.0, "float");
        AssertBounds(5e-324, 0.1 + 0.2, "double");
        AssertBounds("t00000", "Ωmega", "text");
        AssertBounds(new byte[] { 0, 0xFF }, new byte[] { 249, 0xFF }, "bytes");
        AssertBounds((long)int.MinValue, 20_000L, "date");
        AssertBounds(long.MinValue, -1L, "time");
        AssertBounds((Int128)(-999_999_999), (Int128)5, "d9");
        AssertBounds(-huge, huge, "d38");
        AssertBounds(null, null, "null");
        Assert.Equal(6000, info.Column("null")!.NullCount);
        Assert.Equal(0, info.Column("long")!.NullCount);
        ParquetFileInfo again = ParquetFileInfo.Read(folder["a.parquet"]);
        Assert.Equal(info.Columns.Select(c => c.Max), again.Columns.Select(c => c.Max));
        Assert.Equal((info.RowCount, info.Bytes, info.FooterBytes), (again.RowCount, again.Bytes, again.FooterBytes));

        void AssertBounds(object? min, object? max, string column)
        {
            Assert.Equal(min, info.Column(column)!.Min);
            Assert.Equal(max, info.Column(column)!.Max);
        }
    }

    [Theory]
    [InlineData(new[] { 1.0, double.NaN, 2.0 }, true, null, null)]
    [InlineData(new[] { double.NaN }, true, null, null)]
    [InlineData(new[] { double.NegativeInfinity, double.PositiveInfinity }, false, double.NegativeInfinity, double.PositiveInfinity)]
    [InlineData(new[] { 0.0 }, false, -0.0, 0.0)]
    [InlineData(new[] { -0.0, -0.0 }, false, -0.0, 0.0)]
    [InlineData(new[] { -0.0, 0.0, 1.0 }, false, -0.0, 1.0)]
    public void Finish_doubles_bounds_follow_the_format(double[] values, bool hasNaN, double? min, double? max)
    {
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open();
        ColumnField[] fields = [new("d", ColumnType.Double)];
        using var writer = new ParquetFileWriter(database, fields);
        var batch = new ColumnBatch(fields);
        foreach (double value in values)
        {
            batch.Fixed<double>("d").Append(value);
        }

        writer.Append(batch);
        ParquetColumnStatistics column = writer.Finish(folder["a.parquet"]).Column("d")!;

        Assert.Equal(hasNaN, column.HasNaN);
        Assert.Equal((Bits(min), Bits(max)), (Bits((double?)column.Min), Bits((double?)column.Max)));

        static long? Bits(double? value) => value is { } number ? BitConverter.DoubleToInt64Bits(number) : null;
    }

    [Fact]
    public void Finish_long_texts_have_no_bounds_rather_than_wrong_ones()
    {
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open();
        ColumnField[] fields = [new("s", ColumnType.Text), new("b", ColumnType.Binary)];
        using var writer = new ParquetFileWriter(database, fields);
        var batch = new ColumnBatch(fields);
        batch.AppendText("s", new string('z', 10_000));
        batch.Bytes("b").Append(Encoding.UTF8.GetBytes(new string('z', 10_000)));

        writer.Append(batch);
        ParquetFileInfo info = writer.Finish(folder["a.parquet"]);

        Assert.Null(info.Column("s")!.Max);
        Assert.Null(info.Column("b")!.Max);
    }
}
