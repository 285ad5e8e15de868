using System.Buffers;

namespace Fabric.Kafka.Log;

/// <summary>
/// Goes from batch header to batch header through a part of a segment that was checked before, reading a few KiB at a time.
/// Stops early, with <see cref="IsDamaged"/>, where the bytes are no batch any more.
/// </summary>
internal ref struct BatchWalker
{
    private const int BufferBytes = 4096;

    private readonly ILogFile _file;
    private readonly long _end;
    private readonly byte[] _buffer;
    private long _bufferStart;
    private int _bufferLength;
    private long _next;

    /// <param name="end">Where the checked part ends; a batch boundary.</param>
    public BatchWalker(ILogFile file, long position, long end)
    {
        _file = file;
        _end = end;
        _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        _next = position;
    }

    public long Position { get; private set; }

    public int TotalBytes { get; private set; }

    public RecordBatchHeader Header { get; private set; }

    /// <summary>First byte after the batch.</summary>
    public readonly long NextPosition => _next;

    public bool IsDamaged { get; private set; }

    /// <exception cref="IOException">The file cannot be read.</exception>
    public bool MoveNext()
    {
        if (_next >= _end)
        {
            return false;
        }

        int at = (int)(_next - _bufferStart);
        if (_bufferLength == 0 || at < 0 || at + RecordBatchHeader.SizeBytes > _bufferLength)
        {
            _bufferStart = _next;
            _bufferLength = _file.Read(_next, _buffer.AsSpan(0, (int)Math.Min(BufferBytes, _end - _next)));
            at = 0;
        }

        if (_bufferLength - at < RecordBatchHeader.SizeBytes)
        {
            return Damaged();
        }

        Header = new RecordBatchHeader(_buffer.AsSpan(at));
        if (Header.Magic != RecordBatchHeader.CurrentMagic || Header.TotalBytes < RecordBatchHeader.SizeBytes
            || _next + Header.TotalBytes > _end)
        {
            return Damaged();
        }

        Position = _next;
        TotalBytes = (int)Header.TotalBytes;
        _next += TotalBytes;
        return true;
    }

    public readonly void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private bool Damaged()
    {
        IsDamaged = true;
        _next = _end;
        return false;
    }
}
