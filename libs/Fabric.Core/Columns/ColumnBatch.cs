namespace Fabric.Core.Columns;

/// <summary>
/// Rows held column by column: what decoders fill and file writers drain. All columns have the same number of rows whenever
/// the batch changes hands.
/// </summary>
/// <remarks>Not thread-safe. <see cref="Clear"/> keeps the memory, so one batch serves many flushes.</remarks>
public sealed class ColumnBatch
{
    private readonly Column[] _columns;

    /// <exception cref="ArgumentException">Two names are equal, ignoring case.</exception>
    public ColumnBatch(IReadOnlyList<ColumnField> fields)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        _columns = new Column[fields.Count];
        for (int i = 0; i < fields.Count; i++)
        {
            if (!names.Add(fields[i].Name))
            {
                throw new ArgumentException($"Two columns are named '{fields[i].Name}', ignoring case", nameof(fields));
            }

            _columns[i] = Create(fields[i]);
        }
    }

    public IReadOnlyList<Column> Columns => _columns;

    /// <summary>Rows in every column. Meaningful between records, while all columns are level.</summary>
    public int RowCount => _columns.Length == 0 ? 0 : _columns[0].Count;

    /// <summary>Bytes held by all rows.</summary>
    public long ByteSize
    {
        get
        {
            long sum = 0;
            foreach (Column column in _columns)
            {
                sum += column.ByteSize;
            }

            return sum;
        }
    }

    /// <summary>The column of that exact name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Column this[string name] =>
        Array.Find(_columns, column => column.Field.Name == name)
        ?? throw new KeyNotFoundException($"No column '{name}' in this batch");

    public FixedColumn<T> Fixed<T>(string name)
        where T : unmanaged => (FixedColumn<T>)this[name];

    public BytesColumn Bytes(string name) => (BytesColumn)this[name];

    /// <summary>Forgets all rows and keeps the memory.</summary>
    public void Clear()
    {
        foreach (Column column in _columns)
        {
            column.Clear();
        }
    }

    /// <summary>Cuts every column back to <paramref name="rowCount"/>: undoes a record that failed half way.</summary>
    public void Truncate(int rowCount)
    {
        foreach (Column column in _columns)
        {
            if (column.Count > rowCount)
            {
                column.Truncate(rowCount);
            }
        }
    }

    private static Column Create(ColumnField field) => field.Type switch
    {
        ColumnType.Boolean => new FixedColumn<bool>(field),
        ColumnType.Int32 or ColumnType.Date => new FixedColumn<int>(field),
        ColumnType.Int64 or ColumnType.Timestamp => new FixedColumn<long>(field),
        ColumnType.Float => new FixedColumn<float>(field),
        ColumnType.Double => new FixedColumn<double>(field),
        ColumnType.Decimal => new FixedColumn<Int128>(field),
        ColumnType.Text or ColumnType.Binary => new BytesColumn(field),
        _ => throw new ArgumentOutOfRangeException(nameof(field), field.Type, "Unknown column type"),
    };
}
