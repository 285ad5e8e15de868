using Fabric.Avro;
using Fabric.Core;
using Fabric.Core.Columns;
using Fabric.DuckDb;
using Fabric.Kafka.Clients;
using Fabric.Lakehouse.Tables;

namespace Fabric.Lakehouse.Sink;

/// <summary>
/// Rows of one table between two commits: records are decoded into columns, and whole chunks of columns move on to one
/// Parquet writer per date. Memory is kept from commit to commit.
/// </summary>
/// <remarks>Not thread-safe: the sink's thread owns it.</remarks>
internal sealed class RowBuffer : IDisposable
{
    /// <summary>Dates that may be open at once (DESIGN §4); one more and what is there is committed first.</summary>
    public const int DatesMax = 64;

    private const int ChunkRows = 16 * 1024;
    private const int ChunkBytes = 16 << 20;
    private const string ContextVersionColumn = "context_version";

    private readonly DuckDbDatabase _database;
    private readonly ColumnBatch _chunk;
    private readonly ColumnDecoder? _decoder;
    private readonly RowDates _dates;
    private readonly FixedColumn<long>? _contextVersions;
    private readonly BytesColumn _topics;
    private readonly FixedColumn<int> _partitions;
    private readonly FixedColumn<long> _offsets;
    private readonly FixedColumn<int> _indexes;
    private readonly byte[] _topicText;
    private readonly Dictionary<int, ParquetFileWriter> _byDate = [];
    private readonly Stack<ParquetFileWriter> _spare = new();
    private readonly HashSet<int> _open = [];
    private readonly List<int> _opened = [];
    private readonly SortedSet<int> _schemaIds = [];
    private long _bytesMoved;
    private long _bytesSinceMeasured;
    private long _chunkBytes;

    /// <param name="schemaById">Asked once per id; what it throws comes out of <see cref="TryAppend"/>.</param>
    public RowBuffer(TableShape shape, DuckDbDatabase database, Func<int, Schema> schemaById)
    {
        Shape = shape;
        _database = database;
        _chunk = new ColumnBatch(shape.FileFields);
        _decoder = shape.Mapping is { } mapping ? new ColumnDecoder(mapping, _chunk, schemaById) : null;
        _dates = new RowDates(shape.Table, _chunk);
        _contextVersions = shape.Columns.Any(column => column.Field is { Name: ContextVersionColumn, Type: ColumnType.Int64 })
            ? _chunk.Fixed<long>(ContextVersionColumn) : null;
        _topics = _chunk.Bytes("_topic");
        _partitions = _chunk.Fixed<int>("_partition");
        _offsets = _chunk.Fixed<long>("_offset");
        _indexes = _chunk.Fixed<int>("_index");
        _topicText = System.Text.Encoding.UTF8.GetBytes(shape.Table.Topic);
    }

    /// <summary>The columns of the rows.</summary>
    public TableShape Shape { get; }

    /// <summary>Rows not committed yet.</summary>
    public long RowCount { get; private set; }

    /// <summary>Bytes they take in memory, as last measured.</summary>
    public long ByteSize => _bytesMoved + _chunkBytes;

    /// <summary>Ids of the schemas that the rows were written with, in order.</summary>
    public IReadOnlyCollection<int> SchemaIds => _schemaIds;

    /// <summary>Least and greatest context version of the rows; null when they have none.</summary>
    public (long Least, long Greatest)? ContextVersions { get; private set; }

    /// <summary>Dates with rows and the writer that holds them, after everything was moved on. One entry without partitions.</summary>
    public IReadOnlyDictionary<int, ParquetFileWriter> Writers
    {
        get
        {
            MoveOn();
            return _byDate;
        }
    }

    /// <summary>
    /// Appends the rows of one record. False when they would open a date too many: commit what is there and come again. A
    /// record alone may have more dates, since its rows stay together.
    /// </summary>
    /// <param name="body">The record's value without its frame.</param>
    /// <exception cref="AvroException">The record is malformed or does not fit the columns; nothing was appended.</exception>
    /// <exception cref="LakehouseException"><c>RECORD_TOO_LARGE</c>: its rows together pass what a batch holds; nothing was appended.</exception>
    public bool TryAppend(in ConsumedRecord record, int schemaId, ReadOnlySpan<byte> body)
    {
        int first = _chunk.RowCount;
        int? rows;
        try
        {
            rows = AppendRows(record, schemaId, body, first);
        }
        catch (InvalidOperationException) when (first > 0)
        {
            MoveOn(); // a column of the chunk was full
            return TryAppend(record, schemaId, body);
        }
        catch (InvalidOperationException exception)
        {
            throw new LakehouseException(
                "RECORD_TOO_LARGE", $"The rows of a record with {body.Length} bytes do not fit into memory: {exception.Message}",
                $"{record.Partition}@{record.Offset}", innerException: exception);
        }

        if (rows is null)
        {
            return false;
        }

        _schemaIds.Add(schemaId);
        RowCount += rows.Value;
        Measure(body.Length);
        if (_chunk.RowCount >= ChunkRows || _chunkBytes >= ChunkBytes)
        {
            MoveOn();
        }

        return true;
    }

    /// <summary>Forgets all rows.</summary>
    public void Clear()
    {
        _chunk.Clear();
        _dates.Truncate(0);
        foreach (ParquetFileWriter writer in _byDate.Values)
        {
            writer.Abort();
            _spare.Push(writer);
        }

        _byDate.Clear();
        _open.Clear();
        _schemaIds.Clear();
        ContextVersions = null;
        RowCount = 0;
        _bytesMoved = _chunkBytes = _bytesSinceMeasured = 0;
    }

    public void Dispose()
    {
        Clear();
        while (_spare.TryPop(out ParquetFileWriter? writer))
        {
            writer.Dispose();
        }
    }

    /// <summary>How many rows; null when they have a date too many and were taken back.</summary>
    private int? AppendRows(in ConsumedRecord record, int schemaId, ReadOnlySpan<byte> body, int first)
    {
        try
        {
            int rows = _decoder?.Append(schemaId, body) ?? throw new InvalidOperationException("The shape has no columns");
            _topics.AppendRepeated(_topicText, rows);
            _partitions.AppendRepeated(record.Partition.Partition, rows);
            _offsets.AppendRepeated(record.Offset, rows);
            for (int i = 0; i < rows; i++)
            {
                _indexes.Append(i);
            }

            if (!TryOpenDates(first, rows, record.TimestampMs))
            {
                _chunk.Truncate(first);
                return null;
            }

            if (rows > 0 && _contextVersions is { } versions)
            {
                long version = versions.Values[first];
                ContextVersions = ContextVersions is { } seen
                    ? (Math.Min(seen.Least, version), Math.Max(seen.Greatest, version)) : (version, version);
            }

            return rows;
        }
        catch
        {
            _chunk.Truncate(first);
            _dates.Truncate(first);
            throw;
        }
    }

    private bool TryOpenDates(int first, int rows, long recordMs)
    {
        _dates.Append(first, rows, recordMs, _open, _opened);
        if (_open.Count <= DatesMax || RowCount == 0)
        {
            return true;
        }

        _open.ExceptWith(_opened);
        _dates.Truncate(first);
        return false;
    }

    /// <summary>Looks at the chunk's size once in a while: at the latest when so many bytes of records came as it may hold.</summary>
    private void Measure(int bodyBytes)
    {
        const int often = 256 * 1024;
        _bytesSinceMeasured += bodyBytes;
        if (_bytesSinceMeasured >= often)
        {
            _bytesSinceMeasured = 0;
            _chunkBytes = _chunk.ByteSize;
        }
    }

    private void MoveOn()
    {
        ReadOnlySpan<int> days = _dates.Days;
        for (int first = 0; first < days.Length;)
        {
            int end = first + 1;
            while (end < days.Length && days[end] == days[first])
            {
                end++;
            }

            ParquetFileWriter writer = WriterOf(days[first]);
            long before = writer.BufferedBytes;
            writer.Append(_chunk, first, end - first);
            _bytesMoved += writer.BufferedBytes - before;
            first = end;
        }

        _chunk.Clear();
        _dates.Truncate(0);
        _chunkBytes = _bytesSinceMeasured = 0;
    }

    private ParquetFileWriter WriterOf(int date)
    {
        if (!_byDate.TryGetValue(date, out ParquetFileWriter? writer))
        {
            writer = _spare.TryPop(out ParquetFileWriter? spare) ? spare : new ParquetFileWriter(_database, Shape.FileFields);
            _byDate.Add(date, writer);
        }

        return writer;
    }
}
