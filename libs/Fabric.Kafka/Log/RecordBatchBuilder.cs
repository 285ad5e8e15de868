using System.IO.Compression;

namespace Fabric.Kafka.Log;

/// <summary>A header of a record to be written.</summary>
internal readonly record struct RecordHeader(string Key, byte[]? Value);

/// <summary>
/// Builds batches: for the coordinators' own logs, for control markers, for compaction and for tests. Not thread-safe; reusable
/// after <see cref="Reset"/>.
/// </summary>
internal sealed class RecordBatchBuilder
{
    private byte[] _bytes = new byte[512];
    private int _length = RecordBatchHeader.SizeBytes;
    private long _baseTimestamp;
    private long _maxTimestamp = RecordBatchHeader.NoTimestamp;
    private int _lastOffsetDelta = -1;

    public long ProducerId { get; set; } = RecordBatchHeader.NoProducerId;

    public short ProducerEpoch { get; set; } = -1;

    public int BaseSequence { get; set; } = -1;

    /// <summary>What the codec bits do not say: transactional, control, log append time, delete horizon.</summary>
    public short Flags { get; set; }

    /// <summary>None or gzip; the others have no encoder here.</summary>
    public CompressionCodec Codec { get; set; }

    /// <summary>Set before the first record, it becomes the base timestamp, with the bit that says so.</summary>
    public long? DeleteHorizonMs { get; set; }

    public int Count { get; private set; }

    /// <summary>Uncompressed size so far.</summary>
    public int SizeBytes => _length;

    /// <summary>Adds the next record. Null keys and values are written as null; empty ones as empty.</summary>
    public RecordBatchBuilder Add(byte[]? key, byte[]? value, long timestampMs, params ReadOnlySpan<RecordHeader> headers)
    {
        byte[] headerBytes = WriteHeaders(headers);
        AddAt(_lastOffsetDelta + 1, new RecordView
        {
            Offset = 0,
            TimestampMs = timestampMs,
            HasKey = key is not null,
            Key = key,
            HasValue = value is not null,
            Value = value,
            HeaderCount = headers.Length,
            HeaderBytes = headerBytes,
        });
        return this;
    }

    /// <summary>Adds a record under an offset delta above the last one's: compaction leaves holes.</summary>
    public void AddAt(int offsetDelta, RecordView record)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(offsetDelta, _lastOffsetDelta);
        if (Count == 0)
        {
            _baseTimestamp = DeleteHorizonMs ?? record.TimestampMs;
        }

        long timestampDelta = record.TimestampMs - _baseTimestamp;
        int body = 1 + Varint.Size(timestampDelta) + Varint.Size(offsetDelta)
            + SizeOf(record.HasKey, record.Key) + SizeOf(record.HasValue, record.Value)
            + Varint.Size(record.HeaderCount) + record.HeaderBytes.Length;
        Reserve(body + Varint.BytesMax32);
        WriteVarint(body);
        _bytes[_length++] = 0;
        WriteVarint(timestampDelta);
        WriteVarint(offsetDelta);
        WriteBytes(record.HasKey, record.Key);
        WriteBytes(record.HasValue, record.Value);
        WriteVarint(record.HeaderCount);
        record.HeaderBytes.CopyTo(_bytes.AsSpan(_length));
        _length += record.HeaderBytes.Length;

        Count++;
        _lastOffsetDelta = offsetDelta;
        _maxTimestamp = Math.Max(_maxTimestamp, record.TimestampMs);
    }

    /// <summary>The finished batch, owned by the caller.</summary>
    /// <param name="baseOffset">0 for what a log will number.</param>
    /// <param name="lastOffsetDelta">Kept from the original when a batch is rewritten with fewer records.</param>
    public byte[] ToArray(long baseOffset = 0, int? lastOffsetDelta = null)
    {
        byte[] batch = Codec switch
        {
            CompressionCodec.None => _bytes.AsSpan(0, _length).ToArray(),
            CompressionCodec.Gzip => Compress(),
            _ => throw new InvalidOperationException($"There is no encoder for {Codec} here"),
        };
        int horizon = DeleteHorizonMs is null ? 0 : RecordBatchHeader.DeleteHorizonBit;
        RecordBatchHeader.Write(batch, new RecordBatchFields(
            baseOffset,
            PartitionLog.LeaderEpoch,
            (short)((int)Codec | (ushort)Flags | horizon),
            lastOffsetDelta ?? Math.Max(_lastOffsetDelta, 0),
            _baseTimestamp,
            _maxTimestamp,
            ProducerId,
            ProducerEpoch,
            BaseSequence,
            Count));
        return batch;
    }

    /// <summary>Forgets the records and keeps everything else.</summary>
    public void Reset()
    {
        _length = RecordBatchHeader.SizeBytes;
        _maxTimestamp = RecordBatchHeader.NoTimestamp;
        _lastOffsetDelta = -1;
        Count = 0;
    }

    private static int SizeOf(bool isPresent, ReadOnlySpan<byte> bytes) =>
        isPresent ? Varint.Size(bytes.Length) + bytes.Length : 1;

    private static byte[] WriteHeaders(ReadOnlySpan<RecordHeader> headers)
    {
        if (headers.IsEmpty)
        {
            return [];
        }

        var scratch = new RecordBatchBuilder { _length = 0 };
        foreach (RecordHeader header in headers)
        {
            byte[] key = System.Text.Encoding.UTF8.GetBytes(header.Key);
            scratch.Reserve(key.Length + (header.Value?.Length ?? 0) + (2 * Varint.BytesMax32));
            scratch.WriteBytes(true, key);
            scratch.WriteBytes(header.Value is not null, header.Value);
        }

        return scratch._bytes.AsSpan(0, scratch._length).ToArray();
    }

    private byte[] Compress()
    {
        using var output = new MemoryStream();
        output.Write(_bytes, 0, RecordBatchHeader.SizeBytes);
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(_bytes.AsSpan(RecordBatchHeader.SizeBytes, _length - RecordBatchHeader.SizeBytes));
        }

        return output.ToArray();
    }

    private void Reserve(int more)
    {
        if (_bytes.Length - _length < more)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + more));
        }
    }

    private void WriteVarint(long value) => _length += Varint.Write(_bytes.AsSpan(_length), value);

    private void WriteBytes(bool isPresent, ReadOnlySpan<byte> bytes)
    {
        WriteVarint(isPresent ? bytes.Length : -1);
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }
}
