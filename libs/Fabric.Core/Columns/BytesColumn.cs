using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fabric.Core.Columns;

/// <summary>A column of <see cref="ColumnType.Text"/> (UTF-8) or <see cref="ColumnType.Binary"/> values in one arena, in which rows may share.</summary>
public sealed class BytesColumn : Column
{
    private const int InitialRows = 2048;
    private const int InitialBytes = 16 * 1024;

    /// <summary>The longest value that goes by a vector.</summary>
    public const int ShortMax = 32;

    private int[] _starts = new int[InitialRows];
    private int[] _ends = new int[InitialRows];
    private byte[] _bytes = new byte[InitialBytes];
    private int _used;

    internal BytesColumn(ColumnField field)
        : base(field)
    {
    }

    public override long ByteSize => _used + ((long)Count * 2 * sizeof(int));

    /// <summary>All values, one after another; one that was appended to several rows at once stands there once. Valid until the next append or clear.</summary>
    public ReadOnlySpan<byte> Arena => _bytes.AsSpan(0, _used);

    /// <summary>
    /// Where each row's value starts in <see cref="Arena"/>: where the row before ends, or, for rows that share a value, where that one
    /// starts.
    /// </summary>
    public ReadOnlySpan<int> Starts => _starts.AsSpan(0, Count);

    /// <summary>Where each row's value ends in <see cref="Arena"/>: never before the row before.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, Count);

    /// <summary>The value of a row, empty when it is null. Valid until the next append or clear.</summary>
    public ReadOnlySpan<byte> this[int row] => _bytes.AsSpan(_starts[row], _ends[row] - _starts[row]);

    /// <summary>Copies <paramref name="value"/> into the arena as the next row.</summary>
    /// <exception cref="InvalidOperationException">The arena would pass 2 GiB: the caller must flush first.</exception>
    public void Append(ReadOnlySpan<byte> value)
    {
        int start = Write(value);
        EnsureRows(1);
        _starts[Count] = start;
        _ends[Count] = _used;
        MarkAppended(1);
    }

    /// <summary>Appends a value as that row; rows by which the column is behind it become null.</summary>
    /// <param name="row">Not less than <see cref="Column.Count"/>.</param>
    /// <exception cref="InvalidOperationException">
    /// The column is behind and not nullable, or the arena would pass 2 GiB: the caller must flush first.
    /// </exception>
    public void AppendAt(int row, ReadOnlySpan<byte> value)
    {
        AppendNulls(row - Count);
        Append(value);
    }

    /// <summary>
    /// Appends the first bytes of a vector as that row, as short texts are read; false, and nothing was done, where that takes more:
    /// the column is behind or full.
    /// </summary>
    /// <param name="length">0 to <see cref="ShortMax"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAppendAt(int row, Vector256<byte> value, int length)
    {
        int start = _used;
        if (Count != row || (uint)row >= (uint)_ends.Length || _bytes.Length - start < ShortMax || (uint)length > ShortMax)
        {
            return false;
        }

        int end = start + length;
        value.StoreUnsafe(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bytes), start)); // what is beyond the end is nobody's yet
        _starts[row] = start;
        _ends[row] = end;
        _used = end;
        MarkAppendedTo(row + 1);
        return true;
    }

    /// <summary>Appends the same value to <paramref name="rows"/> rows, which share it: record fields beside an exploded array.</summary>
    /// <exception cref="InvalidOperationException">The arena would pass 2 GiB: the caller must flush first.</exception>
    public void AppendRepeated(ReadOnlySpan<byte> value, int rows)
    {
        if (rows <= 0)
        {
            return;
        }

        int start = Write(value);
        EnsureRows(rows);
        _starts.AsSpan(Count, rows).Fill(start);
        _ends.AsSpan(Count, rows).Fill(_used);
        MarkAppended(rows);
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        base.Clear();
        _used = 0;
    }

    /// <inheritdoc/>
    public override void Truncate(int count)
    {
        base.Truncate(count);
        _used = count == 0 ? 0 : _ends[count - 1];
    }

    private protected override void AppendDefaults(int rows)
    {
        EnsureRows(rows);
        _starts.AsSpan(Count, rows).Fill(_used);
        _ends.AsSpan(Count, rows).Fill(_used);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Write(ReadOnlySpan<byte> value)
    {
        int start = _used;
        if (value.Length > _bytes.Length - start)
        {
            GrowBytes(start, value.Length);
        }

        ShortBytes.Copy(value, _bytes.AsSpan(start));
        _used = start + value.Length;
        return start;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EnsureRows(int rows)
    {
        if (rows > _ends.Length - Count)
        {
            GrowRows(rows);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void GrowRows(int rows)
    {
        int wanted = Math.Max(Count + rows, _ends.Length * 2);
        Array.Resize(ref _starts, wanted);
        Array.Resize(ref _ends, wanted);
    }

    private void GrowBytes(int used, long needed)
    {
        long wanted = Math.Max((long)_bytes.Length * 2, used + needed);
        if (used + needed > Array.MaxLength)
        {
            throw new InvalidOperationException($"Column '{Field.Name}' would pass {Array.MaxLength} bytes in one batch");
        }

        Array.Resize(ref _bytes, (int)Math.Min(wanted, Array.MaxLength));
    }
}
