using Fabric.DuckDb.Interop;

namespace Fabric.DuckDb;

/// <summary>A view of up to 2,048 rows of a <see cref="DuckDbResult"/>; it and its vectors end with the next chunk.</summary>
public readonly struct DuckDbChunk
{
    private readonly nint _chunk;
    private readonly IReadOnlyList<DuckDbField> _columns;

    internal DuckDbChunk(nint chunk, IReadOnlyList<DuckDbField> columns)
    {
        _chunk = chunk;
        _columns = columns;
        RowCount = (int)NativeMethods.duckdb_data_chunk_get_size(chunk);
    }

    /// <summary>Rows in this chunk, 1..2,048.</summary>
    public int RowCount { get; }

    /// <summary>The values of a column.</summary>
    public DuckDbVector this[int column]
    {
        get
        {
            DuckDbField field = _columns[column];
            return new DuckDbVector(
                NativeMethods.duckdb_data_chunk_get_vector(_chunk, (ulong)column), field.Type, RowCount);
        }
    }

    /// <summary>One row as objects.</summary>
    public object?[] GetRow(int row)
    {
        var values = new object?[_columns.Count];
        for (int column = 0; column < values.Length; column++)
        {
            values[column] = this[column].GetValue(row);
        }

        return values;
    }
}
