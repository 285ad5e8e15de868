namespace Fabric.Core.Columns;

/// <summary>A column of <see cref="ColumnType.Text"/> (UTF-8) or <see cref="ColumnType.Binary"/> values in one arena.</summary>
public sealed class BytesColumn : Column
{
    private const int InitialRows = 2048;
    private const int InitialBytes = 16 * 1024;

    private int[] _ends = new int[InitialRows];
    private byte[] _bytes = new byte[InitialBytes];
    private int _used;

    internal BytesColumn(ColumnField field)
        : base(field)
    {
    }

    public override long ByteSize => _used + ((long)Count * sizeof(int));

    /// <summary>All values, one after another. Valid until the next append or clear.</summary>
    public ReadOnlySpan<byte> Arena => _bytes.AsSpan(0, _used);

    /// <summary>Where each row's value ends in <see cref="Arena"/>; it starts where the row before ends, the first at 0.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, Count);

    /// <summary>The value of a row, empty when it is null. Valid until the next append or clear.</summary>
    public ReadOnlySpan<byte> this[int row]
    {
        get
        {
            int start = row == 0 ? 0 : _ends[row - 1];
            return _bytes.AsSpan(start, _ends[row] - start);
        }
    }

    /// <summary>Copies <paramref name="value"/> into the arena as the next row.</summary>
    /// <exception cref="InvalidOperationException">The arena would pass 2 GiB: the caller must flush first.</exception>
    public void Append(ReadOnlySpan<byte> value)
    {
        int start = _used, row = Count;
        if (value.Length > _bytes.Length - start)
        {
            GrowBytes(start, value.Length);
        }

        if (row == _ends.Length)
        {
            EnsureRows(1);
        }

        ShortBytes.Copy(value, _bytes.AsSpan(start));
        _ends[row] = _used = start + value.Length;
        MarkAppended(1);
    }

    /// <summary>Appends the same value to <paramref name="rows"/> rows: record fields beside an exploded array.</summary>
    /// <exception cref="InvalidOperationException">The arena would pass 2 GiB: the caller must flush first.</exception>
    public void AppendRepeated(ReadOnlySpan<byte> value, int rows)
    {
        if (rows <= 0)
        {
            return;
        }

        int start = _used;
        long total = (long)value.Length * rows;
        if (total > _bytes.Length - start)
        {
            GrowBytes(start, total);
        }

        EnsureRows(rows);
        Span<byte> target = _bytes.AsSpan(start, (int)total);
        Span<int> ends = _ends.AsSpan(Count, rows);
        for (int i = 0; i < ends.Length; i++)
        {
            ShortBytes.Copy(value, target[(i * value.Length)..]);
            ends[i] = start + ((i + 1) * value.Length);
        }

        _used = start + (int)total;
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
        _ends.AsSpan(Count, rows).Fill(_used);
    }

    private void EnsureRows(int rows)
    {
        if (rows > _ends.Length - Count)
        {
            Array.Resize(ref _ends, Math.Max(Count + rows, _ends.Length * 2));
        }
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
