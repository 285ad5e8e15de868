using Fabric.Core.Columns;
using Fabric.DuckDb.Interop;

namespace Fabric.DuckDb.Rows;

/// <summary>Up to 2,048 rows of all columns: what one call of the table function hands to DuckDB.</summary>
internal sealed class RowBlock
{
    private readonly ColumnBlock[] _columns;

    public RowBlock(IReadOnlyList<ColumnField> fields)
    {
        _columns = new ColumnBlock[fields.Count];
        for (int i = 0; i < _columns.Length; i++)
        {
            _columns[i] = Create(fields[i]);
        }
    }

    public int RowCount { get; private set; }

    public int Room => ColumnBlock.RowsMax - RowCount;

    public long ByteSize
    {
        get
        {
            long sum = 0;
            foreach (ColumnBlock column in _columns)
            {
                sum += column.ByteSize;
            }

            return sum;
        }
    }

    /// <param name="batch">The rows' source.</param>
    /// <param name="sources">For each column here, its place in the batch.</param>
    /// <param name="first">First row to copy.</param>
    /// <param name="count">Rows to copy, at most <see cref="Room"/>.</param>
    public void Append(ColumnBatch batch, int[] sources, int first, int count)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            _columns[i].Append(batch.Columns[sources[i]], first, count, RowCount);
        }

        RowCount += count;
    }

    public void Fill(nint chunk)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            _columns[i].Fill(NativeMethods.duckdb_data_chunk_get_vector(chunk, (ulong)i), RowCount);
        }

        NativeMethods.duckdb_data_chunk_set_size(chunk, (ulong)RowCount);
    }

    public void Clear()
    {
        foreach (ColumnBlock column in _columns)
        {
            column.Clear();
        }

        RowCount = 0;
    }

    private static ColumnBlock Create(ColumnField field) => field.Type switch
    {
        ColumnType.Boolean => new FixedBlock<bool>(),
        ColumnType.Int32 or ColumnType.Date => new FixedBlock<int>(),
        ColumnType.Int64 or ColumnType.Timestamp => new FixedBlock<long>(),
        ColumnType.Float => new FixedBlock<float>(),
        ColumnType.Double => new FixedBlock<double>(),
        ColumnType.Text or ColumnType.Binary => new BytesBlock(),
        ColumnType.Decimal => PhysicalWidth.OfDecimal(field.Precision) switch
        {
            2 => new NarrowDecimalBlock<short>(),
            4 => new NarrowDecimalBlock<int>(),
            8 => new NarrowDecimalBlock<long>(),
            _ => new FixedBlock<Int128>(),
        },
        _ => throw new ArgumentOutOfRangeException(nameof(field), field.Type, "Unknown column type"),
    };
}
