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
    public void Append(T value)
    {
        int row = Count;
        T[] values = _values;
        if ((uint)row >= (uint)values.Length)
        {
            EnsureRows(1);
            values = _values;
        }

        values[row] = value;
        MarkAppended(1);
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

    private void EnsureRows(int rows)
    {
        if (rows > _values.Length - Count)
        {
            Array.Resize(ref _values, Math.Max(Count + rows, _values.Length * 2));
        }
    }
}
