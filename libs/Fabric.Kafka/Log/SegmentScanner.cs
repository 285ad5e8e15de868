using System.Buffers;

namespace Fabric.Kafka.Log;

/// <summary>
/// Reads a segment batch by batch and believes nothing: lengths, offsets and checksums. Stops at the first batch that is not
/// whole. Memory stays bounded whatever a damaged length says.
/// </summary>
internal sealed class SegmentScanner : IDisposable
{
    private const int BufferBytes = 1 << 18;

    private readonly ILogFile _file;
    private readonly long _end;
    private readonly bool _isGapless;
    private readonly long _offsetLimit;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private readonly byte[] _head = new byte[RecordBatchHeader.SizeBytes];
    private long _bufferStart;
    private int _bufferLength;

    /// <param name="baseOffset">Least offset of the first batch.</param>
    /// <param name="offsetLimit">First offset that belongs to another segment.</param>
    /// <param name="isGapless">Each batch must follow the one before without a hole: true for what was never compacted.</param>
    public SegmentScanner(ILogFile file, long baseOffset, long offsetLimit, bool isGapless)
    {
        _file = file;
        _end = file.Length;
        _isGapless = isGapless;
        _offsetLimit = offsetLimit;
        NextOffset = baseOffset;
    }

    /// <summary>Where the current batch begins.</summary>
    public long Position { get; private set; }

    public int TotalBytes { get; private set; }

    /// <summary>First byte after the last whole batch.</summary>
    public long NextPosition { get; private set; }

    /// <summary>First offset after the last whole batch.</summary>
    public long NextOffset { get; private set; }

    /// <summary>Why the scan stopped before the end of the file; null when it did not.</summary>
    public string? Damage { get; private set; }

    /// <summary>The header of the current batch. Valid until the next move.</summary>
    public RecordBatchHeader Header => new(_head);

    /// <exception cref="IOException">The file cannot be read.</exception>
    public bool MoveNext()
    {
        long position = NextPosition;
        if (position == _end)
        {
            return false;
        }

        Damage = Examine(position);
        if (Damage is not null)
        {
            return false;
        }

        var header = new RecordBatchHeader(_head);
        Position = position;
        TotalBytes = (int)header.TotalBytes;
        NextPosition = position + TotalBytes;
        NextOffset = header.LastOffset + 1;
        return true;
    }

    /// <summary>Looks for the next whole batch after damage, byte by byte; false when there is none in the file.</summary>
    public bool TrySkipDamage()
    {
        for (long position = NextPosition + 1; position + RecordBatchHeader.SizeBytes <= _end; position++)
        {
            if (Examine(position) is null)
            {
                NextPosition = position;
                Damage = null;
                return true;
            }
        }

        return false;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private string? Examine(long position)
    {
        if (_end - position < RecordBatchHeader.SizeBytes)
        {
            return "a batch header is cut";
        }

        if (Copy(position, _head) < RecordBatchHeader.SizeBytes)
        {
            return "the file is shorter than its length";
        }

        var header = new RecordBatchHeader(_head);
        if (header.Magic != RecordBatchHeader.CurrentMagic || header.LeaderEpoch != PartitionLog.LeaderEpoch)
        {
            return "no batch header";
        }

        if (header.TotalBytes < RecordBatchHeader.SizeBytes || header.TotalBytes > _end - position)
        {
            return "a batch is cut, or its length is damaged";
        }

        bool isNext = _isGapless ? header.BaseOffset == NextOffset : header.BaseOffset >= NextOffset;
        if (!isNext || header.LastOffsetDelta < 0 || header.LastOffset >= _offsetLimit)
        {
            return "a batch has an offset that does not belong there";
        }

        return Checksum(position, header.TotalBytes) == header.Crc ? null : "a checksum does not match";
    }

    private uint? Checksum(long position, long totalBytes)
    {
        uint state = Crc32C.Start;
        long at = position + RecordBatchHeader.CrcStart;
        long end = position + totalBytes;
        while (at < end)
        {
            ReadOnlySpan<byte> piece = Window(at);
            if (piece.IsEmpty)
            {
                return null; // the file ended early
            }

            piece = piece[..(int)Math.Min(piece.Length, end - at)];
            state = Crc32C.Append(state, piece);
            at += piece.Length;
        }

        return ~state;
    }

    private int Copy(long position, Span<byte> into)
    {
        int copied = 0;
        while (copied < into.Length)
        {
            ReadOnlySpan<byte> piece = Window(position + copied);
            if (piece.IsEmpty)
            {
                break;
            }

            piece = piece[..Math.Min(piece.Length, into.Length - copied)];
            piece.CopyTo(into[copied..]);
            copied += piece.Length;
        }

        return copied;
    }

    private ReadOnlySpan<byte> Window(long position)
    {
        if (position < _bufferStart || position >= _bufferStart + _bufferLength)
        {
            _bufferStart = position;
            _bufferLength = _file.Read(position, _buffer.AsSpan(0, BufferBytes));
        }

        return _buffer.AsSpan((int)(position - _bufferStart), _bufferLength - (int)(position - _bufferStart));
    }
}
