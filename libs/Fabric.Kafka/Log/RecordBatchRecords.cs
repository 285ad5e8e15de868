namespace Fabric.Kafka.Log;

/// <summary>
/// Walks the records of a batch without copying. A record:
/// <code>
/// length varint | attributes i8 | timestampDelta varlong | offsetDelta varint | keyLength varint (-1 null) | key
/// valueLength varint (-1 null) | value | headerCount varint | { keyLength varint, key, valueLength varint (-1 null), value }
/// </code>
/// </summary>
internal static class RecordBatchRecords
{
    /// <summary>The records of a whole uncompressed batch.</summary>
    public static RecordEnumerator Enumerate(ReadOnlySpan<byte> batch) =>
        new(new RecordBatchHeader(batch), batch[RecordBatchHeader.SizeBytes..]);

    /// <summary>The records of a batch whose payload was decompressed elsewhere.</summary>
    public static RecordEnumerator Enumerate(RecordBatchHeader header, ReadOnlySpan<byte> payload) => new(header, payload);
}

/// <summary>A record inside a batch; the spans are the batch's bytes.</summary>
internal readonly ref struct RecordView
{
    public required long Offset { get; init; }

    /// <summary>The time the record was made, or of its append where the batch says so; -1 for none.</summary>
    public required long TimestampMs { get; init; }

    public required bool HasKey { get; init; }

    public required ReadOnlySpan<byte> Key { get; init; }

    /// <summary>False for a tombstone.</summary>
    public required bool HasValue { get; init; }

    public required ReadOnlySpan<byte> Value { get; init; }

    public required int HeaderCount { get; init; }

    /// <summary>The headers as they stand in the batch, without their count; well-formed.</summary>
    public required ReadOnlySpan<byte> HeaderBytes { get; init; }

    public HeaderEnumerator Headers => new(HeaderCount, HeaderBytes);
}

/// <summary>Goes from record to record; stops early, with <see cref="IsMalformed"/>, at the first that is not one.</summary>
internal ref struct RecordEnumerator
{
    private readonly long _baseOffset;
    private readonly long _baseTimestamp;
    private readonly long _appendTimestamp;
    private readonly int _lastOffsetDelta;
    private readonly bool _isLogAppendTime;
    private ReadOnlySpan<byte> _rest;
    private int _remaining;
    private int _lastDelta = -1;
    private RecordView _current;

    internal RecordEnumerator(RecordBatchHeader header, ReadOnlySpan<byte> payload)
    {
        _baseOffset = header.BaseOffset;
        _baseTimestamp = header.BaseTimestamp;
        _appendTimestamp = header.MaxTimestamp;
        _lastOffsetDelta = header.LastOffsetDelta;
        _isLogAppendTime = header.TimestampType == TimestampType.LogAppendTime;
        _rest = payload;
        _remaining = header.RecordCount;
    }

    public readonly RecordView Current => _current;

    /// <summary>Lengths, order or count do not add up. Checked by whoever walked to the end.</summary>
    public bool IsMalformed { get; private set; }

    public readonly RecordEnumerator GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_remaining <= 0)
        {
            IsMalformed |= _remaining < 0 || !_rest.IsEmpty;
            return false;
        }

        _remaining--;
        if (TryReadRecord())
        {
            return true;
        }

        IsMalformed = true;
        _remaining = 0;
        _rest = default;
        return false;
    }

    private bool TryReadRecord()
    {
        if (!Varint.TryRead(ref _rest, out int length) || length < 1 || length > _rest.Length)
        {
            return false;
        }

        ReadOnlySpan<byte> body = _rest.Slice(1, length - 1); // the attributes byte has no meaning yet
        _rest = _rest[length..];
        if (!Varint.TryRead(ref body, out long timestampDelta)
            || !Varint.TryRead(ref body, out int offsetDelta)
            || offsetDelta <= _lastDelta || offsetDelta > _lastOffsetDelta
            || !TryReadBytes(ref body, out bool hasKey, out ReadOnlySpan<byte> key)
            || !TryReadBytes(ref body, out bool hasValue, out ReadOnlySpan<byte> value)
            || !Varint.TryRead(ref body, out int headerCount)
            || !AreHeaders(headerCount, body))
        {
            return false;
        }

        _lastDelta = offsetDelta;
        _current = new RecordView
        {
            Offset = _baseOffset + offsetDelta,
            TimestampMs = _isLogAppendTime ? _appendTimestamp : unchecked(_baseTimestamp + timestampDelta),
            HasKey = hasKey,
            Key = key,
            HasValue = hasValue,
            Value = value,
            HeaderCount = headerCount,
            HeaderBytes = body,
        };
        return true;
    }

    private static bool AreHeaders(int count, ReadOnlySpan<byte> bytes)
    {
        if (count < 0)
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            if (!TryReadBytes(ref bytes, out bool hasKey, out _) || !hasKey || !TryReadBytes(ref bytes, out _, out _))
            {
                return false;
            }
        }

        return bytes.IsEmpty;
    }

    internal static bool TryReadBytes(
        scoped ref ReadOnlySpan<byte> rest, out bool isPresent, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        isPresent = false;
        if (!Varint.TryRead(ref rest, out int length) || length < -1 || length > rest.Length)
        {
            return false;
        }

        if (length >= 0)
        {
            isPresent = true;
            bytes = rest[..length];
            rest = rest[length..];
        }

        return true;
    }
}

/// <summary>Goes over the headers of a record.</summary>
internal ref struct HeaderEnumerator(int count, ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;
    private int _remaining = count;

    public ReadOnlySpan<byte> Key { get; private set; }

    public bool HasValue { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    public bool MoveNext()
    {
        if (_remaining-- <= 0
            || !RecordEnumerator.TryReadBytes(ref _rest, out _, out ReadOnlySpan<byte> key)
            || !RecordEnumerator.TryReadBytes(ref _rest, out bool hasValue, out ReadOnlySpan<byte> value))
        {
            return false;
        }

        Key = key;
        HasValue = hasValue;
        Value = value;
        return true;
    }
}
