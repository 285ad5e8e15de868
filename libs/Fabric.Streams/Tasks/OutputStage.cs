using System.Buffers;
using Fabric.Kafka.Clients;

namespace Fabric.Streams.Tasks;

/// <summary>
/// Holds what one input record produced until its processing has succeeded, so that a record that throws half-way leaves
/// nothing behind. One buffer, reused; a record's bytes are copied once, into it.
/// </summary>
internal sealed class OutputStage(IRecordSink sink, Func<string, int> partitionCount, int recordBytesMax) : IRecordSink
{
    /// <summary>What a record costs in a batch beside its key, value and headers (Kafka, DefaultRecord: varints and lengths).</summary>
    private const int RecordOverheadBytes = 64;

    private readonly GrowingBuffer _buffer = new();
    private readonly List<Staged> _staged = [];
    private int _keyStart;
    private int _valueStart;

    private readonly record struct Staged(
        string Topic, int? Partition, int KeyStart, int ValueStart, int End, bool HasKey, bool HasValue, long TimestampMs,
        IReadOnlyList<RecordHeader> Headers);

    /// <summary>Where serdes write.</summary>
    public IBufferWriter<byte> Buffer => _buffer;

    public bool IsEmpty => _staged.Count == 0;

    public int PartitionCount(string topic) => partitionCount(topic);

    public void BeginKey() => _keyStart = _buffer.Length;

    public void BeginValue() => _valueStart = _buffer.Length;

    /// <exception cref="StreamsException">Code <c>RECORD_TOO_LARGE</c>.</exception>
    public void Complete(
        string topic, int? partition, bool hasKey, bool hasValue, long timestampMs, IReadOnlyList<RecordHeader> headers)
    {
        int bytes = _buffer.Length - _keyStart + RecordOverheadBytes + HeaderBytes(headers);
        if (bytes > recordBytesMax)
        {
            _buffer.Truncate(_keyStart);
            throw new StreamsException(
                "RECORD_TOO_LARGE", $"A record of {bytes} bytes exceeds the limit of {recordBytesMax}", topic);
        }

        _staged.Add(new Staged(
            topic, partition, _keyStart, _valueStart, _buffer.Length, hasKey, hasValue, timestampMs, headers));
    }

    /// <summary>Stages bytes that are there already (quarantine).</summary>
    public void Send(
        string topic, int? partition, ReadOnlySpan<byte> key, bool hasKey, ReadOnlySpan<byte> value, bool hasValue,
        long timestampMs, IReadOnlyList<RecordHeader>? headers)
    {
        BeginKey();
        _buffer.Write(key);
        BeginValue();
        _buffer.Write(value);
        Complete(topic, partition, hasKey, hasValue, timestampMs, headers ?? []);
    }

    /// <summary>Hands over what is staged, in order.</summary>
    public void Release()
    {
        foreach (Staged staged in _staged)
        {
            sink.Send(
                staged.Topic, staged.Partition, _buffer.Slice(staged.KeyStart, staged.ValueStart), staged.HasKey,
                _buffer.Slice(staged.ValueStart, staged.End), staged.HasValue, staged.TimestampMs, staged.Headers);
        }

        Discard();
    }

    /// <summary>Where the stage stands, to come back to.</summary>
    public (int Count, int Length) Mark() => (_staged.Count, _buffer.Length);

    public void TruncateTo((int Count, int Length) mark)
    {
        _staged.RemoveRange(mark.Count, _staged.Count - mark.Count);
        _buffer.Truncate(mark.Length);
    }

    public void Discard()
    {
        _staged.Clear();
        _buffer.Truncate(0);
    }

    private static int HeaderBytes(IReadOnlyList<RecordHeader> headers)
    {
        int bytes = 0;
        for (int i = 0; i < headers.Count; i++)
        {
            bytes += 10 + (headers[i].Key.Length * 3) + (headers[i].Value?.Length ?? 0);
        }

        return bytes;
    }

    private sealed class GrowingBuffer : IBufferWriter<byte>
    {
        private byte[] _bytes = new byte[4096];

        public int Length { get; private set; }

        public ReadOnlySpan<byte> Slice(int start, int end) => _bytes.AsSpan(start, end - start);

        public void Truncate(int length) => Length = length;

        public void Advance(int count) => Length += count;

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            Ensure(sizeHint);
            return _bytes.AsMemory(Length);
        }

        public Span<byte> GetSpan(int sizeHint = 0)
        {
            Ensure(sizeHint);
            return _bytes.AsSpan(Length);
        }

        private void Ensure(int sizeHint)
        {
            long needed = (long)Length + Math.Max(sizeHint, 1);
            if (needed > _bytes.Length)
            {
                Array.Resize(ref _bytes, checked((int)Math.Max(needed, Math.Min((long)_bytes.Length * 2, Array.MaxLength))));
            }
        }
    }
}
