using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Fabric.Devices.Mqtt.Packets;

/// <summary>
/// Reads the data types of MQTT 5.0 §1.5 from one packet's body. The first violation is kept in <see cref="Malformed"/>; from
/// then on every read returns nothing, so that a decoder checks once, at its end. Integers are big-endian.
/// </summary>
internal ref struct PacketReader(ReadOnlySpan<byte> body)
{
    private readonly ReadOnlySpan<byte> _body = body;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>The first violation met, or None.</summary>
    public Malformed Malformed { get; private set; }

    public readonly bool Failed => Malformed != Malformed.None;

    public readonly int Remaining => _body.Length - Position;

    /// <summary>Keeps the first violation and ends reading.</summary>
    public void Fail(Malformed violation)
    {
        if (Malformed == Malformed.None)
        {
            Malformed = violation;
            Position = _body.Length;
        }
    }

    /// <summary>A packet that has bytes after its last field is malformed.</summary>
    public void ExpectEnd()
    {
        if (Remaining > 0)
        {
            Fail(Malformed.TrailingBytes);
        }
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > Remaining)
        {
            Fail(Malformed.Truncated);
            return default;
        }

        ReadOnlySpan<byte> taken = _body.Slice(Position, count);
        Position += count;
        return taken;
    }

    public byte ReadByte()
    {
        ReadOnlySpan<byte> bytes = Take(1);
        return bytes.IsEmpty ? (byte)0 : bytes[0];
    }

    public ushort ReadUInt16()
    {
        ReadOnlySpan<byte> bytes = Take(2);
        return bytes.IsEmpty ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(bytes);
    }

    public uint ReadUInt32()
    {
        ReadOnlySpan<byte> bytes = Take(4);
        return bytes.IsEmpty ? 0 : BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    /// <summary>A variable byte integer (§1.5.5), 0 to 268,435,455; more bytes than needed are refused.</summary>
    public int ReadVariableInteger()
    {
        int value = 0;
        for (int shift = 0; shift < 28; shift += 7)
        {
            byte digit = ReadByte();
            if (Failed)
            {
                return 0;
            }

            value |= (digit & 0x7F) << shift;
            if (digit < 0x80)
            {
                if (digit == 0 && shift > 0)
                {
                    Fail(Malformed.VariableIntegerTooLong);
                }

                return value;
            }
        }

        Fail(Malformed.VariableIntegerTooLong);
        return 0;
    }

    /// <summary>Binary data (§1.5.6): two bytes of length, then the bytes, in place.</summary>
    public ReadOnlySpan<byte> ReadBinary() => Take(ReadUInt16());

    /// <summary>A UTF-8 string (§1.5.4), in place, checked: well-formed and without U+0000.</summary>
    public ReadOnlySpan<byte> ReadUtf8()
    {
        ReadOnlySpan<byte> text = ReadBinary();
        Malformed violation = CheckUtf8(text);
        if (violation != Malformed.None)
        {
            Fail(violation);
            return default;
        }

        return text;
    }

    public string ReadString() => Encoding.UTF8.GetString(ReadUtf8());

    public ushort ReadPacketId()
    {
        ushort packetId = ReadUInt16();
        if (packetId == 0 && !Failed)
        {
            Fail(Malformed.PacketIdZero);
        }

        return packetId;
    }

    public static Malformed CheckUtf8(ReadOnlySpan<byte> text) =>
        text.Contains((byte)0) ? Malformed.TextHasNul
        : Utf8.IsValid(text) ? Malformed.None
        : Malformed.TextNotUtf8;
}
