using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Fabric.Devices.Mqtt.Packets;

/// <summary>
/// Bytes to be sent, in one pooled array that grows. Writes the data types of MQTT 5.0 §1.5; integers are big-endian.
/// Not thread-safe. The array goes back to the pool with <see cref="Dispose"/>.
/// </summary>
internal sealed class PacketBuffer : IDisposable
{
    private byte[] _bytes;

    public PacketBuffer(int initialBytes = 512) => _bytes = ArrayPool<byte>.Shared.Rent(initialBytes);

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    public ReadOnlySpan<byte> WrittenSpan => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Drops what was written after <paramref name="length"/>.</summary>
    public void Truncate(int length) => Length = length;

    public void WriteByte(byte value) => Reserve(1)[0] = value;

    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Reserve(2), value);

    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Reserve(4), value);

    public void WriteVariableInteger(int value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)value, (uint)FrameHeader.BodyBytesMax, nameof(value));
        do
        {
            int rest = value >> 7;
            WriteByte((byte)((value & 0x7F) | (rest > 0 ? 0x80 : 0)));
            value = rest;
        }
        while (value > 0);
    }

    public void WriteRaw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    /// <summary>Two bytes of length and the bytes, at most 65,535.</summary>
    public void WriteBinary(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, ushort.MaxValue, nameof(bytes));
        WriteUInt16((ushort)bytes.Length);
        WriteRaw(bytes);
    }

    /// <summary>A UTF-8 string of at most 65,535 bytes.</summary>
    public void WriteString(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, ushort.MaxValue, nameof(text));
        WriteUInt16((ushort)length);
        Encoding.UTF8.GetBytes(text, Reserve(length));
    }

    /// <summary>Opens a stretch whose length will stand before it as a variable byte integer; close it with <see cref="EndLength"/>.</summary>
    public int BeginLength()
    {
        WriteByte(0);
        return Length;
    }

    /// <summary>Writes the length of everything after <paramref name="start"/> before it, moving it when one byte is too few.</summary>
    public void EndLength(int start)
    {
        int length = Length - start;
        int extra = VariableIntegerBytes(length) - 1;
        Reserve(extra);
        _bytes.AsSpan(start, length).CopyTo(_bytes.AsSpan(start + extra));
        int end = Length;
        Length = start - 1;
        WriteVariableInteger(length);
        Length = end;
    }

    /// <summary>How many bytes <see cref="WriteVariableInteger"/> takes.</summary>
    public static int VariableIntegerBytes(int value) =>
        value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : 4;

    public void Dispose()
    {
        byte[] bytes = _bytes;
        _bytes = [];
        Length = 0;
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private Span<byte> Reserve(int count)
    {
        if (_bytes.Length - Length < count)
        {
            Grow(count);
        }

        Span<byte> reserved = _bytes.AsSpan(Length, count);
        Length += count;
        return reserved;
    }

    private void Grow(int count)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(Length + count), 2 * _bytes.Length));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
