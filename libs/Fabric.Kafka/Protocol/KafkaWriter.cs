using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Fabric.Kafka.Protocol;

/// <summary>
/// Writes Kafka's primitive types into a pooled buffer, in the plain or the flexible form (layout: see
/// <see cref="KafkaReader"/>). Records can be added as slices of files that are read only when the response goes out.
/// </summary>
/// <remarks>Not thread-safe. Whoever disposes it gives the buffer back; what it returned is dead then.</remarks>
internal sealed class KafkaWriter(bool isFlexible) : IDisposable
{
    private const int FirstCapacityBytes = 256;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstCapacityBytes);
    private int _length;

    /// <summary>Whether the version being written uses compact lengths and tagged fields.</summary>
    public bool IsFlexible { get; } = isFlexible;

    /// <summary>Bytes written so far (file slices do not count).</summary>
    public int Length => _length;

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, _length);

    public void WriteInt8(sbyte value) => Reserve(1)[0] = (byte)value;

    public void WriteInt16(short value) => BinaryPrimitives.WriteInt16BigEndian(Reserve(2), value);

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32BigEndian(Reserve(4), value);

    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64BigEndian(Reserve(8), value);

    public void WriteBoolean(bool value) => Reserve(1)[0] = value ? (byte)1 : (byte)0;

    public void WriteUuid(Guid value) => value.TryWriteBytes(Reserve(16), bigEndian: true, out _);

    public void WriteError(ErrorCode value) => WriteInt16((short)value);

    public void WriteString(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        WriteLength(length, isShort: true);
        Encoding.UTF8.GetBytes(value, Reserve(length));
    }

    public void WriteNullableString(string? value)
    {
        if (value is null)
        {
            WriteLength(-1, isShort: true);
        }
        else
        {
            WriteString(value);
        }
    }

    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteLength(value.Length, isShort: false);
        value.CopyTo(Reserve(value.Length));
    }

    public void WriteNullableBytes(byte[]? value)
    {
        if (value is null)
        {
            WriteLength(-1, isShort: false);
        }
        else
        {
            WriteBytes(value);
        }
    }

    /// <summary>A count of elements; -1 for a null array.</summary>
    public void WriteArrayLength(int count) => WriteLength(count, isShort: false);

    /// <summary>The length that stands before bytes, when the bytes come from elsewhere; -1 for null.</summary>
    public void WriteBytesLength(int length) => WriteLength(length, isShort: false);

    /// <summary>Ends a struct: no tagged fields. Does nothing in a plain version.</summary>
    public void WriteEmptyTags()
    {
        if (IsFlexible)
        {
            WriteInt8(0);
        }
    }

    public void WriteUnsignedVarint(uint value)
    {
        while (value > 0x7f)
        {
            Reserve(1)[0] = (byte)(value | 0x80);
            value >>= 7;
        }

        Reserve(1)[0] = (byte)value;
    }

    /// <summary>Bytes as they are, without a length before them.</summary>
    public void WriteRaw(ReadOnlySpan<byte> value) => value.CopyTo(Reserve(value.Length));

    /// <summary>Overwrites a number written before, e.g. a count known only at the end (plain versions) or a size.</summary>
    public void PatchInt32(int position, int value) =>
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(position, 4), value);

    /// <summary>Forgets everything after <paramref name="length"/>, e.g. to answer an error in place of a result.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _length);
        _length = length;
    }

    public void Dispose()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        _length = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void WriteLength(int length, bool isShort)
    {
        if (IsFlexible)
        {
            WriteUnsignedVarint((uint)(length + 1));
        }
        else if (isShort)
        {
            WriteInt16(checked((short)length));
        }
        else
        {
            WriteInt32(length);
        }
    }

    private Span<byte> Reserve(int count)
    {
        if (_buffer.Length - _length < count)
        {
            Grow(count);
        }

        Span<byte> reserved = _buffer.AsSpan(_length, count);
        _length += count;
        return reserved;
    }

    private void Grow(int count)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + count, _buffer.Length * 2));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
