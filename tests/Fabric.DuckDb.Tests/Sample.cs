using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fabric.Core.Columns;

namespace Fabric.DuckDb.Tests;

/// <summary>
/// One batch with every column type and every boundary value, and the same rows in the words of the judges:
/// <c>null | b:true | i:&lt;decimal&gt; | d:&lt;bits&gt; | t:&lt;text&gt; | x:&lt;hex&gt;</c>.
/// </summary>
internal sealed class Sample
{
    private const int LongValue = 1000;

    /// <summary>Texts of 1 MiB occur up to this row.</summary>
    private const int HugeRowsEnd = 30;

    public static readonly ColumnField[] Fields =
    [
        new("boolean", ColumnType.Boolean), new("int32", ColumnType.Int32), new("int64", ColumnType.Int64),
        new("float", ColumnType.Float), new("double", ColumnType.Double), new("text", ColumnType.Text),
        new("binary", ColumnType.Binary), new("date", ColumnType.Date), new("timestamp", ColumnType.Timestamp),
        new("decimal4", ColumnType.Decimal, true, 4, 2), new("decimal9", ColumnType.Decimal, true, 9, 0),
        new("decimal18", ColumnType.Decimal, true, 18, 18), new("decimal38", ColumnType.Decimal, true, 38, 10),
        new("required", ColumnType.Int64, Nullable: false),
    ];

    private static readonly int[] Int32s = [0, 1, -1, int.MinValue, int.MaxValue];

    private static readonly long[] Int64s = [0, 1, -1, long.MinValue, long.MaxValue, 1L << 53, (1L << 53) + 1];

    private static readonly float[] Floats =
        [0, -0.0F, 0.1F, float.MinValue, float.MaxValue, float.Epsilon, float.NaN, float.PositiveInfinity, float.NegativeInfinity];

    private static readonly double[] Doubles =
    [
        0, -0.0, 0.1 + 0.2, double.MinValue, double.MaxValue, double.Epsilon, double.NaN, double.PositiveInfinity,
        double.NegativeInfinity, 5e-310,
    ];

    private static readonly string[] Texts =
    [
        "", "a", "zwölf Zeich", "exactly12byt", "thirteen byte", "\0in\0side\0", "ünïcödé 漢字 🏭", "'quoted' \"twice\" \\ back",
        new string('x', 300), new string('ß', 512 * 1024), "line\nbreak\ttab",
    ];

    // Dates and timestamps that no calendar of DuckDB or .NET can print must still come back as they are.
    private static readonly int[] Dates = [0, -1, 20_000, int.MaxValue, -int.MaxValue, int.MinValue, -719_163, 2_932_897];

    private static readonly long[] Timestamps =
        [0, -1, 1_767_323_045_678_901, -500, -62_135_596_800_000_001, 253_402_300_800_000_000, long.MaxValue, long.MinValue, -long.MaxValue];

    public ColumnBatch Batch { get; } = new(Fields);

    /// <summary>The rows as the judges print them.</summary>
    public List<string[]> Expected { get; } = [];

    /// <param name="rows">How many.</param>
    /// <param name="isNull">Whether a value is null, by row and column; the last column is never asked.</param>
    public Sample(int rows, Func<int, int, bool> isNull)
    {
        for (int row = 0; row < rows; row++)
        {
            var expected = new string[Fields.Length];
            for (int column = 0; column < Fields.Length; column++)
            {
                if (Fields[column].Nullable && isNull(row, column))
                {
                    Batch.Columns[column].AppendNull();
                    expected[column] = "null";
                }
                else
                {
                    expected[column] = Append(Batch.Columns[column], row);
                }
            }

            Expected.Add(expected);
        }
    }

    /// <summary>What our reader returned, in the same words.</summary>
    public static string Encode(object? value) => value switch
    {
        null => "null",
        bool b => b ? "b:true" : "b:false",
        int i => $"i:{i.ToString(CultureInfo.InvariantCulture)}",
        long i => $"i:{i.ToString(CultureInfo.InvariantCulture)}",
        float f => Bits(f),
        double d => Bits(d),
        string s => s.Length > LongValue ? $"t#{Hash(Encoding.UTF8.GetBytes(s))}" : $"t:{s}",
        byte[] b => b.Length > LongValue ? $"x#{Hash(b)}" : $"x:{Convert.ToHexStringLower(b)}",
        DuckDbDate d => $"i:{d.Days.ToString(CultureInfo.InvariantCulture)}",
        DuckDbTimestamp { Unit: TimestampUnit.Microseconds, IsUtc: true } t => $"i:{t.Value.ToString(CultureInfo.InvariantCulture)}",
        DuckDbDecimal d => $"i:{d.Unscaled.ToString(CultureInfo.InvariantCulture)}",
        _ => throw new InvalidOperationException($"Unexpected {value.GetType()}"),
    };

    private static string Append(Column column, int row)
    {
        switch (column)
        {
            case FixedColumn<bool> booleans:
                booleans.Append(row % 2 == 0);
                return Encode(row % 2 == 0);
            case FixedColumn<int> ints:
                int int32 = Pick(column.Field.Type == ColumnType.Date ? Dates : Int32s, row);
                ints.Append(int32);
                return Encode(int32);
            case FixedColumn<long> longs:
                long int64 = Pick(column.Field.Type == ColumnType.Timestamp ? Timestamps : Int64s, row);
                longs.Append(int64);
                return Encode(int64);
            case FixedColumn<float> floats:
                floats.Append(Pick(Floats, row));
                return Encode(Pick(Floats, row));
            case FixedColumn<double> doubles:
                doubles.Append(Pick(Doubles, row));
                return Encode(Pick(Doubles, row));
            case FixedColumn<Int128> decimals:
                Int128 unscaled = Decimal(column.Field.Precision, row);
                decimals.Append(unscaled);
                return Encode(new DuckDbDecimal(unscaled, 0));
            case BytesColumn bytes when column.Field.Type == ColumnType.Text:
                string text = row > HugeRowsEnd ? $"row {row}" : Pick(Texts, row);
                bytes.Append(Encoding.UTF8.GetBytes(text));
                return Encode(text);
            case BytesColumn bytes:
                byte[] binary = Enumerable.Range(0, row % 40).Select(i => (byte)(255 - i)).ToArray();
                bytes.Append(binary);
                return Encode(binary);
            default:
                throw new InvalidOperationException($"Unexpected {column.Field}");
        }
    }

    private static T Pick<T>(T[] values, int row) => values[row % values.Length];

    private static Int128 Decimal(int precision, int row)
    {
        Int128 nines = Int128.Parse(new string('9', precision), CultureInfo.InvariantCulture);
        return (row % 5) switch { 0 => nines, 1 => -nines, 2 => 0, 3 => -1, _ => nines / 7 };
    }

    private static string Bits(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        return double.IsNaN(value) ? "d:nan" : $"d:{bits:x16}";
    }

    private static string Hash(byte[] value) => Convert.ToHexStringLower(SHA256.HashData(value));
}
