using Fabric.DuckDb.Interop;

namespace Fabric.DuckDb;

/// <summary>The rows of a statement, chunk by chunk, at most 2,048 rows each. Not thread-safe.</summary>
public sealed unsafe class DuckDbResult : IDisposable
{
    private readonly DuckDbConnection _connection;
    private readonly ResultHandle _handle;
    private readonly CancellationToken _cancellationToken;
    private ChunkHandle? _chunk;
    private bool _isAtEnd;

    internal DuckDbResult(DuckDbConnection connection, ResultHandle handle, CancellationToken cancellationToken)
    {
        _connection = connection;
        _handle = handle;
        _cancellationToken = cancellationToken;
        Columns = ReadColumns(handle.Pointer);
    }

    /// <summary>Names and types of the columns, in order. Names need not be unique.</summary>
    public IReadOnlyList<DuckDbField> Columns { get; }

    /// <summary>The chunk that <see cref="NextChunk"/> moved to. Valid until the next call of it.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public DuckDbChunk Chunk => _chunk is { } chunk
        ? new DuckDbChunk(chunk.DangerousGetHandle(), Columns)
        : throw new InvalidOperationException("NextChunk has not returned true");

    /// <summary>Moves to the next chunk, which has at least one row.</summary>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="DuckDbException">The statement failed while it ran on.</exception>
    /// <exception cref="OperationCanceledException">The token given to the query ended it.</exception>
    public bool NextChunk()
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        _chunk?.Dispose();
        _chunk = null;
        if (_isAtEnd)
        {
            return false;
        }

        using CancellationTokenRegistration registration = _cancellationToken.UnsafeRegister(
            static connection => ((DuckDbConnection)connection!).Interrupt(), _connection);
        while (true)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            nint chunk = NativeMethods.duckdb_fetch_chunk(*_handle.Pointer);
            if (chunk == 0)
            {
                ThrowIfFailed();
                _isAtEnd = true; // DuckDB takes a further fetch for a mistake
                return false;
            }

            var owned = new ChunkHandle(chunk);
            if (NativeMethods.duckdb_data_chunk_get_size(chunk) > 0)
            {
                _chunk = owned;
                return true;
            }

            owned.Dispose();
        }
    }

    /// <summary>
    /// All remaining rows as objects, one array per row in the order of <see cref="Columns"/>; each value as
    /// <see cref="DuckDbVector.GetValue"/> gives it. For small results and generic use; typed readers do not allocate.
    /// </summary>
    public IEnumerable<object?[]> Rows()
    {
        while (NextChunk())
        {
            int rows = Chunk.RowCount;
            for (int row = 0; row < rows; row++)
            {
                yield return Chunk.GetRow(row);
            }
        }
    }

    public void Dispose()
    {
        _chunk?.Dispose();
        _chunk = null;
        _handle.Dispose();
    }

    private static DuckDbField[] ReadColumns(NativeResult* result)
    {
        var columns = new DuckDbField[NativeMethods.duckdb_column_count(result)];
        for (ulong i = 0; i < (ulong)columns.Length; i++)
        {
            using LogicalTypeHandle type = NativeMethods.duckdb_column_logical_type(result, i);
            string name = NativeText.Borrowed(NativeMethods.duckdb_column_name(result, i));
            columns[i] = new DuckDbField(name, DuckDbType.From(type));
        }

        return columns;
    }

    private void ThrowIfFailed()
    {
        string error = NativeText.Borrowed(NativeMethods.duckdb_result_error(_handle.Pointer));
        if (error.Length == 0)
        {
            return;
        }

        if (DuckDbErrors.IsInterrupt(error))
        {
            _cancellationToken.ThrowIfCancellationRequested();
        }

        throw DuckDbErrors.Translate(error);
    }
}
