using Fabric.Core.Columns;
using Fabric.DuckDb.Parquet;
using Fabric.DuckDb.Rows;

namespace Fabric.DuckDb;

/// <summary>
/// Gathers rows of column batches and writes them as one Parquet file, again and again. Between files it keeps its memory.
/// </summary>
/// <remarks>
/// Not thread-safe; writers of one database may work in parallel. The file is complete when a finish method returns, but not
/// fsynced: that is the caller's. A finish that fails or is cancelled leaves no file and keeps the rows.
/// </remarks>
public sealed class ParquetFileWriter : IDisposable
{
    private readonly DuckDbDatabase _database;
    private readonly DuckDbConnection _connection;
    private readonly ParquetFileOptions _options;
    private readonly RowBuffer _rows;
    private readonly long _rowsId;
    private bool _isDisposed;

    /// <param name="database">Where the files are made; it must outlive the writer.</param>
    /// <param name="fields">Columns of the files, in order. Timestamps are adjusted to UTC; all columns are OPTIONAL.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">The fields or options do not make a file.</exception>
    public ParquetFileWriter(
        DuckDbDatabase database, IReadOnlyList<ColumnField> fields, ParquetFileOptions? options = null)
    {
        _database = database;
        _options = options ?? new ParquetFileOptions();
        _options.ToCopyOptions();
        _rows = new RowBuffer(fields);
        _connection = database.Connect();
        _rowsId = database.RowScans.Add(_rows);
    }

    /// <summary>Rows gathered for the next file.</summary>
    public long RowCount => _rows.RowCount;

    /// <summary>Bytes the gathered rows take in memory, uncompressed: the measure for a flush by size.</summary>
    public long BufferedBytes => _rows.ByteSize;

    /// <summary>Copies all rows of a batch; the caller may clear it at once.</summary>
    /// <inheritdoc cref="Append(ColumnBatch, int, int)"/>
    public void Append(ColumnBatch batch) => Append(batch, 0, batch.RowCount);

    /// <summary>Copies <paramref name="rowCount"/> rows from <paramref name="firstRow"/> on.</summary>
    /// <param name="batch">Holds the writer's columns, found by name, with their types; further columns are left out.</param>
    /// <exception cref="ArgumentException">A column is absent or of another type, or the range is beyond the batch.</exception>
    /// <exception cref="DuckDbException">
    /// A text is not UTF-8 or a decimal has too many digits. Nothing of the batch was appended.
    /// </exception>
    public void Append(ColumnBatch batch, int firstRow, int rowCount)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _rows.Append(batch, firstRow, rowCount);
    }

    /// <summary>Writes the gathered rows, in the order they came, and forgets them. Takes the calling thread until done.</summary>
    /// <param name="path">A file that is not there yet, in a folder that is.</param>
    /// <exception cref="DuckDbException">The file is there already, or cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The token ended the work.</exception>
    public ParquetFileInfo Finish(string path, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        string query = FormattableString.Invariant($"SELECT * FROM {RowScanRegistry.FunctionName}({_rowsId})");
        ParquetFileInfo info = ParquetCopy.Run(
            _connection, query, path, _rows.HoldsBothZeros ? _options with { Dictionaries = false } : _options, cancellationToken);
        info = info with { Columns = WithNaN(info.Columns) };
        _rows.Clear();
        return info;
    }

    /// <summary>As <see cref="Finish"/>, on a thread of its own.</summary>
    public Task<ParquetFileInfo> FinishAsync(string path, CancellationToken cancellationToken = default) =>
        ParquetCopy.OnOwnThreadAsync(() => Finish(path, cancellationToken), cancellationToken);

    /// <summary>Forgets the gathered rows.</summary>
    public void Abort() => _rows.Clear();

    /// <summary>
    /// Writes rows given as JSON objects, one per line, of any nesting: checkpoints and other documents, not the fast path.
    /// </summary>
    /// <param name="database">Where the file is made; it must be allowed to read and write beside <paramref name="path"/>.</param>
    /// <param name="ndjson">
    /// UTF-8. A key that is absent or null becomes null, at every level; a key that is no column or member is left out; a number
    /// with a fraction is rounded where an integer is expected.
    /// </param>
    /// <param name="columns">The file's columns, in order.</param>
    /// <param name="path">A file that is not there yet. While it is made, <c>path.ndjson</c> stands beside it.</param>
    /// <exception cref="DuckDbException">A line is not JSON or does not fit the types (the message names the line), or as with Finish.</exception>
    public static Task<ParquetFileInfo> WriteJsonRowsAsync(
        DuckDbDatabase database,
        ReadOnlyMemory<byte> ndjson,
        IReadOnlyList<ParquetColumn> columns,
        string path,
        ParquetFileOptions? options = null,
        CancellationToken cancellationToken = default) =>
        ParquetCopy.OnOwnThreadAsync(
            () => JsonRows.Write(database, ndjson, columns, path, options ?? new ParquetFileOptions(), cancellationToken),
            cancellationToken);

    /// <summary>Writes the rows of a query: compaction, rewriting without a person, exports.</summary>
    /// <param name="connection">Nothing else may use it meanwhile.</param>
    /// <param name="query">One SELECT, without a semicolon. Types that Delta has no name for make a file Delta cannot read.</param>
    /// <exception cref="DuckDbException">The query fails, or as with Finish.</exception>
    public static Task<ParquetFileInfo> WriteQueryAsync(
        DuckDbConnection connection,
        string query,
        string path,
        ParquetFileOptions? options = null,
        CancellationToken cancellationToken = default) =>
        ParquetCopy.OnOwnThreadAsync(
            () => ParquetCopy.Run(connection, query, path, options ?? new ParquetFileOptions(), cancellationToken),
            cancellationToken);

    /// <summary>Forgets the rows; files that were finished stay.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _database.RowScans.Remove(_rowsId);
            _connection.Dispose();
        }
    }

    private ParquetColumnStatistics[] WithNaN(IReadOnlyList<ParquetColumnStatistics> columns)
    {
        var known = new ParquetColumnStatistics[columns.Count];
        for (int i = 0; i < known.Length; i++)
        {
            known[i] = columns[i] with { HasNaN = _rows.HasNaN(i) };
        }

        return known;
    }
}
