using System.Buffers;

namespace Fabric.Devices.Mqtt.Packets;

/// <summary>What a decoder says about bytes that may go on: enough, not yet, or never.</summary>
internal enum FrameStatus : byte
{
    Done,
    More,
    Malformed,
}

/// <summary>
/// The fixed header (MQTT 5.0 §2.1; the same in 3.1.1):
/// <code>
///   byte 0      type (4 bits) | flags (4 bits)
///   bytes 1..4  remaining length: variable byte integer, 7 bits a byte, least significant first
///   then        body of that length
/// </code>
/// </summary>
internal readonly record struct FrameHeader(byte FirstByte, byte HeaderLength, int BodyLength)
{
    /// <summary>The longest fixed header.</summary>
    public const int HeaderBytesMax = 5;

    /// <summary>The largest remaining length the protocol can say.</summary>
    public const int BodyBytesMax = 268_435_455;

    public PacketType Type => (PacketType)(FirstByte >> 4);

    public byte Flags => (byte)(FirstByte & 0x0F);

    /// <summary>Header and body.</summary>
    public int PacketLength => HeaderLength + BodyLength;

    /// <summary>
    /// Reads the header at the start of <paramref name="bytes"/>. The body need not be there: the caller compares
    /// <see cref="PacketLength"/> with what it has. The limit is checked before anybody waits for, or makes room for, a body.
    /// </summary>
    public static FrameStatus TryRead(
        ReadOnlySpan<byte> bytes, int packetBytesMax, out FrameHeader header, out Malformed malformed)
    {
        header = default;
        malformed = Malformed.None;
        if (bytes.Length == 0)
        {
            return FrameStatus.More;
        }

        malformed = CheckFirstByte(bytes[0]);
        if (malformed != Malformed.None)
        {
            return FrameStatus.Malformed;
        }

        int length = 0;
        for (int index = 1; index < HeaderBytesMax; index++)
        {
            if (index >= bytes.Length)
            {
                return FrameStatus.More;
            }

            byte digit = bytes[index];
            length |= (digit & 0x7F) << (7 * (index - 1));
            if (digit < 0x80)
            {
                return Finish(bytes[0], index + 1, length, packetBytesMax, out header, out malformed);
            }
        }

        malformed = Malformed.RemainingLengthTooLong;
        return FrameStatus.Malformed;
    }

    /// <summary>The same over a sequence; nothing is consumed.</summary>
    public static FrameStatus TryRead(
        in ReadOnlySequence<byte> bytes, int packetBytesMax, out FrameHeader header, out Malformed malformed)
    {
        ReadOnlySpan<byte> first = bytes.FirstSpan;
        if (first.Length >= HeaderBytesMax || bytes.IsSingleSegment)
        {
            return TryRead(first, packetBytesMax, out header, out malformed);
        }

        Span<byte> copy = stackalloc byte[HeaderBytesMax];
        int length = (int)Math.Min(bytes.Length, HeaderBytesMax);
        bytes.Slice(0, length).CopyTo(copy);
        return TryRead(copy[..length], packetBytesMax, out header, out malformed);
    }

    private static FrameStatus Finish(
        byte firstByte, int headerLength, int length, int packetBytesMax, out FrameHeader header, out Malformed malformed)
    {
        header = new FrameHeader(firstByte, (byte)headerLength, length);
        bool tooLarge = header.PacketLength > packetBytesMax;
        malformed = tooLarge ? Malformed.PacketTooLarge : Malformed.None;
        return tooLarge ? FrameStatus.Malformed : FrameStatus.Done;
    }

    // §2.1.3: flags are fixed for every type but PUBLISH.
    private static Malformed CheckFirstByte(byte firstByte)
    {
        var type = (PacketType)(firstByte >> 4);
        int flags = firstByte & 0x0F;
        return type switch
        {
            0 => Malformed.ReservedPacketType,
            PacketType.Publish => (flags & 0x06) == 0x06 ? Malformed.QualityOfServiceReserved
                : (flags & 0x0E) == 0x08 ? Malformed.DupWithoutAcknowledgement
                : Malformed.None,
            PacketType.Pubrel or PacketType.Subscribe or PacketType.Unsubscribe =>
                flags == 0x02 ? Malformed.None : Malformed.FixedHeaderFlags,
            _ => flags == 0 ? Malformed.None : Malformed.FixedHeaderFlags,
        };
    }
}
