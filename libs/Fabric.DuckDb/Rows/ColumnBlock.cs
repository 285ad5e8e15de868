using Fabric.Core.Columns;
using Fabric.DuckDb.Interop;

namespace Fabric.DuckDb.Rows;

/// <summary>
/// Up to 2,048 rows of one column in memory that does not move, laid out so that a DuckDB vector is filled by copying.
/// </summary>
internal abstract unsafe class ColumnBlock
{
    /// <summary>Rows of a DuckDB vector (<c>duckdb_vector_size()</c>).</summary>
    public const int RowsMax = 2048;

    private readonly ulong[] _validity = new ulong[RowsMax / 64];
    private bool _hasNulls;

    /// <summary>Bytes that the rows of this block hold.</summary>
    public abstract long ByteSize { get; }

    /// <summary>Copies <paramref name="count"/> rows of <paramref name="source"/> behind the <paramref name="at"/> rows here.</summary>
    public void Append(Column source, int first, int count, int at)
    {
        AppendValues(source, first, count, at);
        BitRange.Copy(source.Validity, first, _validity, at, count);
        _hasNulls |= source.NullCount > 0;
    }

    /// <summary>Makes <paramref name="vector"/> hold the first <paramref name="rows"/> rows of this block.</summary>
    public void Fill(nint vector, int rows)
    {
        FillValues(NativeMethods.duckdb_vector_get_data(vector), rows);
        if (!_hasNulls)
        {
            return;
        }

        NativeMethods.duckdb_vector_ensure_validity_writable(vector);
        var target = new Span<ulong>(NativeMethods.duckdb_vector_get_validity(vector), RowsMax / 64);
        _validity.AsSpan(0, (rows + 63) >> 6).CopyTo(target);
    }

    /// <summary>Forgets the rows and keeps the memory.</summary>
    public virtual void Clear()
    {
        Array.Clear(_validity);
        _hasNulls = false;
    }

    protected abstract void AppendValues(Column source, int first, int count, int at);

    protected abstract void FillValues(void* target, int rows);
}
