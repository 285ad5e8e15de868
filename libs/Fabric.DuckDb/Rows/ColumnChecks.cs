using System.Numerics;
using System.Text.Unicode;
using Fabric.Core.Columns;

namespace Fabric.DuckDb.Rows;

/// <summary>Which values with a nature of their own a floating-point column holds.</summary>
[Flags]
internal enum FloatingTraits
{
    None = 0,
    NaN = 1,
    PositiveZero = 2,
    NegativeZero = 4,
    BothZeros = PositiveZero | NegativeZero,
    All = NaN | BothZeros,
}

/// <summary>What must hold before values go where DuckDB no longer looks at them.</summary>
internal static class ColumnChecks
{
    private const int PrecisionMax = 38;

    private static readonly Int128[] PowersOfTen = CreatePowers();

    public static void CheckFields(IReadOnlyList<ColumnField> fields)
    {
        if (fields.Count == 0)
        {
            throw new ArgumentException("A file needs at least one column", nameof(fields));
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (ColumnField field in fields)
        {
            if (!names.Add(field.Name) || field.Name.Length == 0 || field.Name.Contains('\0', StringComparison.Ordinal))
            {
                throw new ArgumentException($"Column name '{field.Name}' is empty, taken or holds U+0000", nameof(fields));
            }

            bool decimalFits = field.Precision is >= 1 and <= PrecisionMax && field.Scale >= 0 && field.Scale <= field.Precision;
            if (field.Type == ColumnType.Decimal && !decimalFits)
            {
                throw new ArgumentException($"Column '{field.Name}': no decimal({field.Precision},{field.Scale})", nameof(fields));
            }
        }
    }

    /// <exception cref="DuckDbException">Text that is not UTF-8, or a decimal with too many digits.</exception>
    public static void CheckValues(Column column, int first, int count)
    {
        if (column.Field.Type == ColumnType.Text)
        {
            CheckText((BytesColumn)column, first, count);
        }
        else if (column.Field.Type == ColumnType.Decimal)
        {
            CheckDecimals((FixedColumn<Int128>)column, first, count);
        }
    }

    /// <summary>What <paramref name="column"/> holds beyond <paramref name="known"/>; a null counts as +0.0.</summary>
    public static FloatingTraits Traits(Column column, int first, int count, FloatingTraits known) => column switch
    {
        _ when known == FloatingTraits.All => known,
        FixedColumn<double> doubles => known | Traits(doubles.Values.Slice(first, count)),
        FixedColumn<float> floats => known | Traits(floats.Values.Slice(first, count)),
        _ => known,
    };

    private static FloatingTraits Traits<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var traits = FloatingTraits.None;
        int width = Vector<T>.Count;
        int whole = values.Length - (values.Length % width);
        for (int i = 0; i < whole; i += width)
        {
            var vector = new Vector<T>(values.Slice(i, width));
            if (!Vector.EqualsAll(vector, vector) || Vector.EqualsAny(vector, Vector<T>.Zero))
            {
                traits |= TraitsOneByOne(values.Slice(i, width));
            }
        }

        return traits | TraitsOneByOne(values[whole..]);
    }

    private static FloatingTraits TraitsOneByOne<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var traits = FloatingTraits.None;
        foreach (T value in values)
        {
            if (T.IsNaN(value))
            {
                traits |= FloatingTraits.NaN;
            }
            else if (T.IsZero(value))
            {
                traits |= T.IsNegative(value) ? FloatingTraits.NegativeZero : FloatingTraits.PositiveZero;
            }
        }

        return traits;
    }

    /// <summary>
    /// Valid as a whole and cut only where a character starts means valid value by value: one fast pass over the arena.
    /// </summary>
    private static void CheckText(BytesColumn column, int first, int count)
    {
        ReadOnlySpan<byte> arena = column.Arena;
        ReadOnlySpan<int> ends = column.Ends;
        bool valid = Utf8.IsValid(arena[column.Starts[first]..ends[first + count - 1]]);
        for (int row = first; valid && row < first + count - 1; row++)
        {
            valid = ends[row] == arena.Length || (arena[ends[row]] & 0xC0) != 0x80;
        }

        for (int row = first; !valid && row < first + count; row++)
        {
            if (!Utf8.IsValid(column[row]))
            {
                throw new DuckDbException(
                    DuckDbErrorCodes.TextNotUtf8, "A text value is not UTF-8", $"column '{column.Field.Name}', row {row}");
            }
        }
    }

    private static void CheckDecimals(FixedColumn<Int128> column, int first, int count)
    {
        Int128 limit = PowersOfTen[column.Field.Precision];
        ReadOnlySpan<Int128> values = column.Values.Slice(first, count);
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] >= limit || values[i] <= -limit)
            {
                throw new DuckDbException(
                    DuckDbErrorCodes.DecimalOutOfRange,
                    $"A value has more than {column.Field.Precision} digits",
                    $"column '{column.Field.Name}', row {first + i}");
            }
        }
    }

    private static Int128[] CreatePowers()
    {
        var powers = new Int128[PrecisionMax + 1];
        powers[0] = 1;
        for (int i = 1; i < powers.Length; i++)
        {
            powers[i] = powers[i - 1] * 10;
        }

        return powers;
    }
}
