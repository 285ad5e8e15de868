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
    /// <summary>Dates that may be open at once (DESIGN §4); one more and the sink commits first.</summary>
    public const int DatesMax = 64;

    private const int ChunkRows = 16 * 1024;

    private readonly TableDefinition _table;
    private readonly DuckDbDatabase _database;
    private readonly ColumnBatch _chunk;
    private readonly ColumnDecoder _decoder;
    private readonly IReadOnlyList<ColumnField> _fields;
    private readonly FixedColumn<long> _times;
    private readonly FixedColumn<long>? _received;
    private readonly BytesColumn _topics;
    private readonly FixedColumn<int> _partitions;
    private readonly FixedColumn<long> _offsets;
    private readonly FixedColumn<int> _indexes;
    private readonly byte[] _topicText;
    private readonly Dictionary<int, ParquetFileWriter> _byDate = [];
    private readonly Stack<ParquetFileWriter> _spare = new();
    private readonly HashSet<int> _dates = [];

    public RowBuffer(TableDefinition table, DuckDbDatabase database, Func<int, Schema> schemaById)
    {
        _table = table;
        _database = database;
        _fields = table.FileFields;
        _chunk = new ColumnBatch(_fields);
        _decoder = new ColumnDecoder(table.Mapping, _chunk, schemaById);
        _times = _chunk.Fixed<long>(table.TimeColumn);
        _received = table.ReceivedColumn is { } name ? _chunk.Fixed<long>(name) : null;
        _topics = _chunk.Bytes("_topic");
        _partitions = _chunk.Fixed<int>("_partition");
        _offsets = _chunk.Fixed<long>("_offset");
        _indexes = _chunk.Fixed<int>("_index");
        _topicText = System.Text.Encoding.UTF8.GetBytes(table.Topic);
    }

    /// <summary>Rows not committed yet.</summary>
    public long RowCount { get; private set; }

    /// <summary>Bytes they take in memory.</summary>
    public long ByteSize
    {
        get
        {
            long sum = _chunk.ByteSize;
            foreach (ParquetFileWriter writer in _byDate.Values)
            {
                sum += writer.BufferedBytes;
            }

            return sum;
        }
    }

    /// <summary>Whether the next record could open a date too many.</summary>
    public bool IsWide => _dates.Count >= DatesMax;

    /// <summary>Dates with rows and the writer that holds them, after everything was moved on.</summary>
    public IReadOnlyDictionary<int, ParquetFileWriter> Writers
    {
        get
        {
            MoveOn();
            return _byDate;
        }
    }

    /// <summary>Appends the rows of one record; returns how many.</summary>
    /// <exception cref="AvroException">The record is malformed or does not fit the table; nothing was appended.</exception>
    public int Append(in ConsumedRecord record)
    {
        FramingResult framing = ConfluentFraming.TryRead(record.Value, out int schemaId, out ReadOnlySpan<byte> body);
        if (framing != FramingResult.Ok)
        {
            throw new AvroException(
                framing == FramingResult.TooShort ? "AVRO_FRAME_TOO_SHORT" : "AVRO_FRAME_BAD_MAGIC",
                "The value is not in the schema registry's wire format", $"{record.Partition}@{record.Offset}");
        }

        int first = _chunk.RowCount;
        int rows = _decoder.Append(schemaId, body);
        _topics.AppendRepeated(_topicText, rows);
        _partitions.AppendRepeated(record.Partition.Partition, rows);
        _offsets.AppendRepeated(record.Offset, rows);
        for (int i = 0; i < rows; i++)
        {
            _indexes.Append(i);
            _dates.Add(DateOf(first + i));
        }

        RowCount += rows;
        if (_chunk.RowCount >= ChunkRows)
        {
            MoveOn();
        }

        return rows;
    }

    /// <summary>Forgets all rows.</summary>
    public void Clear()
    {
        _chunk.Clear();
        foreach (ParquetFileWriter writer in _byDate.Values)
        {
            writer.Abort();
            _spare.Push(writer);
        }

        _byDate.Clear();
        _dates.Clear();
        RowCount = 0;
    }

    public void Dispose()
    {
        Clear();
        while (_spare.TryPop(out ParquetFileWriter? writer))
        {
            writer.Dispose();
        }
    }

    private void MoveOn()
    {
        int rows = _chunk.RowCount;
        for (int first = 0; first < rows;)
        {
            int date = DateOf(first);
            int end = first + 1;
            while (end < rows && DateOf(end) == date)
            {
                end++;
            }

            WriterOf(date).Append(_chunk, first, end - first);
            first = end;
        }

        _chunk.Clear();
    }

    private ParquetFileWriter WriterOf(int date)
    {
        if (!_byDate.TryGetValue(date, out ParquetFileWriter? writer))
        {
            writer = _spare.TryPop(out ParquetFileWriter? spare) ? spare : new ParquetFileWriter(_database, _fields);
            _byDate.Add(date, writer);
        }

        return writer;
    }

    private int DateOf(int row)
    {
        long time = _times.Values[row];
        return _received is null
            ? ObservedTime.DayOf(time)
            : ObservedTime.DayOf(_times.IsNull(row) ? _received.Values[row] : time, _received.Values[row]);
    }
}
