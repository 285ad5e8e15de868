using System.Runtime.CompilerServices;

namespace Fabric.Core.Columns;

/// <summary>
/// One growable column. Values are appended in row order; a null row occupies a default value and a cleared validity bit, so
/// that row <c>i</c> is always at index <c>i</c>. Memory is kept by <see cref="Clear"/> and reused by the next batch.
/// </summary>
/// <remarks>Not thread-safe: one writer owns a batch and hands it over whole.</remarks>
public abstract class Column
{
    private const int InitialWords = 32;

    private ulong[] _validity = new ulong[InitialWords];

    // Rows from here on are present and their bits are yet to be set, many at a time: most columns never see a null.
    private int _marked;

    private protected Column(ColumnField field) => Field = field;

    /// <summary>Name, type and nullability.</summary>
    public ColumnField Field { get; }

    /// <summary>Rows appended since the last <see cref="Clear"/>.</summary>
    public int Count { get; private set; }

    /// <summary>Rows that are null.</summary>
    public int NullCount { get; private set; }

    /// <summary>Validity bitmap, least significant bit first, 1 = value present; bits at and after <see cref="Count"/> are 0.</summary>
    public ReadOnlySpan<ulong> Validity
    {
        get
        {
            MarkPresent();
            return _validity.AsSpan(0, (Count + 63) >> 6);
        }
    }

    /// <summary>Bytes held by the rows: the measure by which a flush by size is decided.</summary>
    public abstract long ByteSize { get; }

    public bool IsNull(int row) => row < _marked && (_validity[row >> 6] & (1UL << row)) == 0;

    /// <summary>Appends a null row.</summary>
    /// <exception cref="InvalidOperationException">The column is not nullable.</exception>
    public void AppendNull() => AppendNulls(1);

    /// <summary>Appends <paramref name="rows"/> null rows.</summary>
    /// <exception cref="InvalidOperationException">The column is not nullable.</exception>
    public void AppendNulls(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        if (rows == 0)
        {
            return;
        }

        if (!Field.Nullable)
        {
            throw new InvalidOperationException($"Column '{Field.Name}' is not nullable");
        }

        AppendDefaults(rows);
        MarkPresent();
        Count += rows;
        NullCount += rows;
        EnsureWords(Count);
        _marked = Count;
    }

    /// <summary>Forgets all rows and keeps the memory.</summary>
    public virtual void Clear()
    {
        Array.Clear(_validity, 0, (_marked + 63) >> 6);
        _marked = 0;
        Count = 0;
        NullCount = 0;
    }

    /// <summary>Drops the rows from <paramref name="count"/> on: undoes a record that failed half way.</summary>
    public virtual void Truncate(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        for (int row = count; row < _marked; row++)
        {
            if (IsNull(row))
            {
                NullCount--;
            }

            _validity[row >> 6] &= ~(1UL << row);
        }

        _marked = Math.Min(_marked, count);
        Count = count;
    }

    private protected abstract void AppendDefaults(int rows);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected void MarkAppended(int rows) => Count += rows;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected void MarkAppendedTo(int count) => Count = count;

    /// <summary>Sets the bits of the rows that are present, whole words at once.</summary>
    private void MarkPresent()
    {
        EnsureWords(Count);
        while (_marked < Count)
        {
            int bits = Math.Min(64 - (_marked & 63), Count - _marked);
            _validity[_marked >> 6] |= (ulong.MaxValue >> (64 - bits)) << _marked;
            _marked += bits;
        }
    }

    private void EnsureWords(int rows)
    {
        int words = (rows + 63) >> 6;
        if (words > _validity.Length)
        {
            Array.Resize(ref _validity, Math.Max(words, _validity.Length * 2));
        }
    }
}
