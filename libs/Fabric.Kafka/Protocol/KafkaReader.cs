using System.Buffers.Binary;
using System.Text;

namespace Fabric.Kafka.Protocol;

/// <summary>
/// Reads Kafka's primitive types from one request body, in the plain or the flexible ("compact") form.
/// <code>
/// plain:    string int16 length (-1 null) | bytes int32 length (-1 null) | array int32 count (-1 null)
/// flexible: string, bytes, array uvarint length + 1 (0 null)             | after each struct: tagged fields
/// tagged:   uvarint count, then count times { uvarint tag, uvarint size, bytes }
/// integers: big endian
/// </code>
/// Every length is compared with what remains before memory is taken. Source: Kafka protocol guide, KIP-482.
/// </summary>
/// <exception cref="ProtocolException">Anything that does not fit; the reader must not be used after it.</exception>
internal ref struct KafkaReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _body;
    private int _position;

    public KafkaReader(ReadOnlySpan<byte> body, bool isFlexible)
    {
        _body = body;
        IsFlexible = isFlexible;
    }

    /// <summary>Whether the version being read uses compact lengths and tagged fields.</summary>
    public bool IsFlexible { get; }

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _position;

    /// <summary>Bytes not yet read.</summary>
    public readonly int Remaining => _body.Length - _position;

    public sbyte ReadInt8() => (sbyte)Take(1)[0];

    public short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    /// <summary>One byte; everything but 0 is true, as Kafka reads it.</summary>
    public bool ReadBoolean() => Take(1)[0] != 0;

    public Guid ReadUuid() => new(Take(16), bigEndian: true);

    public string ReadString() => ReadNullableString() ?? throw Malformed("a string, found null");

    public string? ReadNullableString()
    {
        int length = IsFlexible ? ReadCompactLength() : ReadInt16();
        return length switch
        {
            -1 => null,
            < -1 => throw Malformed($"a string length, found {length}"),
            _ => Decode(Take(length)),
        };
    }

    /// <summary>Bytes that may not be null. The span lives as long as the request's frame: copy what must stay.</summary>
    public ReadOnlySpan<byte> ReadBytes() =>
        TryReadNullableBytes(out ReadOnlySpan<byte> value) ? value : throw Malformed("bytes, found null");

    /// <summary>Reads bytes that may be null; false for null. The span lives as long as the request's frame.</summary>
    public bool TryReadNullableBytes(out ReadOnlySpan<byte> value)
    {
        int length = IsFlexible ? ReadCompactLength() : ReadInt32();
        if (length == -1)
        {
            value = default;
            return false;
        }

        value = Take(length);
        return true;
    }

    /// <summary>Reads a count of elements; -1 is a null array.</summary>
    /// <param name="minimumElementBytes">Fewest bytes one element can take: a count that cannot fit is malformed.</param>
    public int ReadArrayLength(int minimumElementBytes)
    {
        int count = IsFlexible ? ReadCompactLength() : ReadInt32();
        if (count < -1 || (long)count * Math.Max(1, minimumElementBytes) > Remaining)
        {
            throw Malformed($"an array that fits into the remaining {Remaining} bytes, found a count of {count}");
        }

        return count;
    }

    /// <summary>Reads a count of elements where null means none.</summary>
    public int ReadArrayLengthOrEmpty(int minimumElementBytes) => Math.Max(0, ReadArrayLength(minimumElementBytes));

    /// <summary>Skips the tagged fields that end a struct; does nothing in a plain version.</summary>
    public void SkipTags()
    {
        if (!IsFlexible)
        {
            return;
        }

        uint count = ReadUnsignedVarint();
        for (uint i = 0; i < count; i++)
        {
            ReadUnsignedVarint();
            Take(ReadSize());
        }
    }

    /// <summary>At most 5 bytes of 7 bits, the least significant first.</summary>
    public uint ReadUnsignedVarint()
    {
        uint value = 0;
        for (int shift = 0; shift <= 28; shift += 7)
        {
            byte next = Take(1)[0];
            value |= (uint)(next & 0x7f) << shift;
            if ((next & 0x80) == 0)
            {
                return shift == 28 && next > 0x0f ? throw Malformed("a varint of 32 bits") : value;
            }
        }

        throw Malformed("a varint of at most 5 bytes");
    }

    /// <summary>Takes bytes as they are, without a length before them.</summary>
    public ReadOnlySpan<byte> Take(int length)
    {
        if ((uint)length > (uint)Remaining)
        {
            throw Malformed($"{length} bytes, found {Remaining}");
        }

        ReadOnlySpan<byte> taken = _body.Slice(_position, length);
        _position += length;
        return taken;
    }

    /// <summary>The exception for a value at this position that cannot be.</summary>
    public readonly ProtocolException Malformed(string expected) => new($"Expected {expected}", $"request byte {_position}");

    private int ReadCompactLength() => ReadSize() - 1;

    private int ReadSize()
    {
        uint size = ReadUnsignedVarint();
        return size <= int.MaxValue ? (int)size : throw Malformed($"a length of 31 bits, found {size}");
    }

    private readonly string Decode(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            throw Malformed("a UTF-8 string");
        }
    }
}
