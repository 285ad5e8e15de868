using Fabric.Core.Columns;
using Fabric.DuckDb.Interop;

namespace Fabric.DuckDb.Rows;

/// <summary>
/// Rows gathered from batches, in order, as blocks that SQL can read. One writer fills it; while a statement reads it nobody
/// appends. Blocks are kept and reused after <see cref="Clear"/>.
/// </summary>
internal sealed class RowBuffer
{
    private readonly List<RowBlock> _blocks = [];
    private readonly int[] _sources;
    private readonly FloatingTraits[] _traits;
    private int _used;
    private int _usedBefore;
    private ColumnBatch? _mapped;

    /// <exception cref="ArgumentException">No columns, two of one name, or a decimal without a valid precision.</exception>
    public RowBuffer(IReadOnlyList<ColumnField> fields)
    {
        ColumnChecks.CheckFields(fields);
        Fields = [.. fields];
        _sources = new int[fields.Count];
        _traits = new FloatingTraits[fields.Count];
    }

    public IReadOnlyList<ColumnField> Fields { get; }

    public long RowCount { get; private set; }

    public int BlockCount => _used;

    /// <summary>Bytes that the gathered rows hold; blocks kept for later do not count.</summary>
    public long ByteSize { get; private set; }

    public RowBlock this[int index] => _blocks[index];

    /// <summary>Whether a column holds a NaN, by its place in <see cref="Fields"/>.</summary>
    public bool HasNaN(int column) => (_traits[column] & FloatingTraits.NaN) != 0;

    /// <summary>Whether some column holds +0.0 (or nulls) and -0.0.</summary>
    public bool HoldsBothZeros
    {
        get
        {
            foreach (FloatingTraits traits in _traits)
            {
                if ((traits & FloatingTraits.BothZeros) == FloatingTraits.BothZeros)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Copies rows; on an error nothing was appended.</summary>
    public void Append(ColumnBatch batch, int first, int count)
    {
        MapColumns(batch);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + (long)count, batch.RowCount, nameof(count));
        if (count == 0)
        {
            return;
        }

        for (int i = 0; i < _sources.Length; i++)
        {
            ColumnChecks.CheckValues(batch.Columns[_sources[i]], first, count);
        }

        for (int i = 0; i < _sources.Length; i++)
        {
            _traits[i] = ColumnChecks.Traits(batch.Columns[_sources[i]], first, count, _traits[i]);
        }

        Copy(batch, first, count);
    }

    /// <summary>Forgets the rows and keeps as many blocks as this and the time before needed: a peak does not stay for ever.</summary>
    public void Clear()
    {
        for (int i = 0; i < _used; i++)
        {
            _blocks[i].Clear();
        }

        int kept = Math.Max(_used, _usedBefore);
        if (_blocks.Count > kept)
        {
            _blocks.RemoveRange(kept, _blocks.Count - kept);
        }

        Array.Clear(_traits);
        _usedBefore = _used;
        _used = 0;
        RowCount = 0;
        ByteSize = 0;
    }

    /// <summary>The type of each column in DuckDB. The caller disposes them.</summary>
    public LogicalTypeHandle CreateType(int column)
    {
        ColumnField field = Fields[column];
        return field.Type == ColumnType.Decimal
            ? NativeMethods.duckdb_create_decimal_type((byte)field.Precision, (byte)field.Scale)
            : NativeMethods.duckdb_create_logical_type(field.Type switch
            {
                ColumnType.Boolean => DuckDbTypeId.Boolean,
                ColumnType.Int32 => DuckDbTypeId.Integer,
                ColumnType.Int64 => DuckDbTypeId.BigInt,
                ColumnType.Float => DuckDbTypeId.Float,
                ColumnType.Double => DuckDbTypeId.Double,
                ColumnType.Text => DuckDbTypeId.Varchar,
                ColumnType.Binary => DuckDbTypeId.Blob,
                ColumnType.Date => DuckDbTypeId.Date,
                _ => DuckDbTypeId.TimestampTz,
            });
    }

    private void Copy(ColumnBatch batch, int first, int count)
    {
        while (count > 0)
        {
            if (_used == 0 || _blocks[_used - 1].Room == 0)
            {
                if (_used == _blocks.Count)
                {
                    _blocks.Add(new RowBlock(Fields));
                }

                _used++;
            }

            RowBlock block = _blocks[_used - 1];
            int rows = Math.Min(count, block.Room);
            long before = block.RowCount == 0 ? 0 : block.ByteSize;
            block.Append(batch, _sources, first, rows);
            ByteSize += block.ByteSize - before;
            RowCount += rows;
            first += rows;
            count -= rows;
        }
    }

    /// <summary>Finds this buffer's columns in the batch by name; the batch may have more.</summary>
    private void MapColumns(ColumnBatch batch)
    {
        if (ReferenceEquals(batch, _mapped))
        {
            return;
        }

        _mapped = null;
        for (int i = 0; i < _sources.Length; i++)
        {
            _sources[i] = Find(batch, Fields[i]);
        }

        _mapped = batch;
    }

    private static int Find(ColumnBatch batch, ColumnField wanted)
    {
        for (int i = 0; i < batch.Columns.Count; i++)
        {
            ColumnField field = batch.Columns[i].Field;
            if (field.Name == wanted.Name)
            {
                return field with { Nullable = wanted.Nullable } == wanted
                    ? i : throw new ArgumentException($"Column '{wanted.Name}' of the batch is {field}, expected {wanted}", nameof(batch));
            }
        }

        throw new ArgumentException($"The batch has no column '{wanted.Name}'", nameof(batch));
    }
}
