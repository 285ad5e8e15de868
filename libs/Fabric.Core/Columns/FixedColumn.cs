using System.Runtime.CompilerServices;

namespace Fabric.Core.Columns;

/// <summary>A column of values of one fixed size: everything but <see cref="ColumnType.Text"/> and <see cref="ColumnType.Binary"/>.</summary>
/// <typeparam name="T">bool, int, long, float, double or <see cref="Int128"/>, as <see cref="ColumnType"/> says.</typeparam>
public sealed class FixedColumn<T> : Column
    where T : unmanaged
{
    private const int InitialRows = 2048;

    private T[] _values = new T[InitialRows];

    internal FixedColumn(ColumnField field)
        : base(field)
    {
    }

    /// <summary>The values in row order; a null row holds <c>default</c>. Valid until the next append or clear.</summary>
    public ReadOnlySpan<T> Values => _values.AsSpan(0, Count);

    public override long ByteSize => (long)Count * Unsafe.SizeOf<T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(T value) => AppendAt(Count, value);

    /// <summary>Appends a value as that row; rows by which the column is behind it become null.</summary>
    /// <param name="row">Not less than <see cref="Column.Count"/>.</param>
    /// <exception cref="InvalidOperationException">The column is behind and not nullable.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AppendAt(int row, T value)
    {
        T[] values = _values;
        if (Count == row && (uint)row < (uint)values.Length)
        {
            values[row] = value;
            MarkAppendedTo(row + 1);
        }
        else
        {
            AppendBehind(row, value); // with all that is left to do: nothing is kept in registers over the call
        }
    }

    /// <summary>Appends <paramref name="value"/> to <paramref name="rows"/> rows: record fields beside an exploded array.</summary>
    public void AppendRepeated(T value, int rows)
    {
        EnsureRows(rows);
        _values.AsSpan(Count, rows).Fill(value);
        MarkAppended(rows);
    }

    private protected override void AppendDefaults(int rows)
    {
        EnsureRows(rows);
        _values.AsSpan(Count, rows).Clear();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AppendBehind(int row, T value)
    {
        AppendNulls(row - Count);
        EnsureRows(1);
        _values[row] = value;
        MarkAppendedTo(row + 1);
    }

    private void EnsureRows(int rows)
    {
        if (rows > _values.Length - Count)
        {
            Array.Resize(ref _values, Math.Max(Count + rows, _values.Length * 2));
        }
    }
}
