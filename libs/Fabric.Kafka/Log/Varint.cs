using System.Runtime.CompilerServices;

namespace Fabric.Kafka.Log;

/// <summary>Zigzag variable-length integers as they stand inside records: 7 bits a byte, lowest first.</summary>
internal static class Varint
{
    /// <summary>Longest form of 32 and of 64 bits.</summary>
    public const int BytesMax32 = 5;
    public const int BytesMax64 = 10;

    /// <summary>Takes a value off the front of <paramref name="rest"/>; false, taking nothing, when it is cut or too long.</summary>
    public static bool TryRead(scoped ref ReadOnlySpan<byte> rest, out int value)
    {
        value = 0;
        if (!TryReadUnsigned(rest, BytesMax32, out ulong raw, out int length) || raw > uint.MaxValue)
        {
            return false;
        }

        value = ZagZig((uint)raw);
        rest = rest[length..];
        return true;
    }

    /// <summary>
    /// As <see cref="TryRead(ref ReadOnlySpan{byte}, out int)"/>, at a place that moves on. For walking every record of a batch
    /// that was sent: one and two bytes, which is most of what stands there, are read without a loop.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReadAt(ReadOnlySpan<byte> from, ref int at, out int value)
    {
        if ((uint)at < (uint)from.Length && from[at] < 0x80)
        {
            value = ZagZig(from[at]);
            at++;
            return true;
        }

        if ((uint)(at + 1) < (uint)from.Length && from[at + 1] < 0x80)
        {
            value = ZagZig((from[at] & 0x7fu) | ((uint)from[at + 1] << 7));
            at += 2;
            return true;
        }

        return TryReadLongAt(from, ref at, out value);
    }

    private static bool TryReadLongAt(ReadOnlySpan<byte> from, ref int at, out int value)
    {
        ReadOnlySpan<byte> rest = from[at..];
        bool isRead = TryRead(ref rest, out value);
        at = from.Length - rest.Length;
        return isRead;
    }

    /// <inheritdoc cref="TryRead(ref ReadOnlySpan{byte}, out int)"/>
    public static bool TryRead(scoped ref ReadOnlySpan<byte> rest, out long value)
    {
        value = 0;
        if (!TryReadUnsigned(rest, BytesMax64, out ulong bits, out int length))
        {
            return false;
        }

        value = (long)(bits >> 1) ^ -(long)(bits & 1);
        rest = rest[length..];
        return true;
    }

    public static int Size(long value)
    {
        ulong bits = ZigZag(value);
        int size = 1;
        while (bits >= 0x80)
        {
            bits >>= 7;
            size++;
        }

        return size;
    }

    /// <summary>Writes at the front of <paramref name="to"/> and returns how many bytes that took. A 32-bit value has the same form.</summary>
    public static int Write(Span<byte> to, long value)
    {
        ulong bits = ZigZag(value);
        int at = 0;
        while (bits >= 0x80)
        {
            to[at++] = (byte)(bits | 0x80);
            bits >>= 7;
        }

        to[at++] = (byte)bits;
        return at;
    }

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private static int ZagZig(uint bits) => (int)(bits >> 1) ^ -(int)(bits & 1);

    private static bool TryReadUnsigned(ReadOnlySpan<byte> from, int bytesMax, out ulong bits, out int length)
    {
        bits = 0;
        for (length = 0; length < from.Length && length < bytesMax; length++)
        {
            byte next = from[length];
            if (length == BytesMax64 - 1 && next > 1)
            {
                return false;
            }

            bits |= (ulong)(next & 0x7f) << (7 * length);
            if (next < 0x80)
            {
                length++;
                return true;
            }
        }

        return false;
    }
}
