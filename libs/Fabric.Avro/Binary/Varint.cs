using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Fabric.Avro;

/// <summary>Variable-length integers without a loop where the processor can: 7 bits per byte, least significant first.</summary>
internal static class Varint
{
    private const ulong Payload = 0x7f7f7f7f7f7f7f7f;
    private const ulong More = 0x8080808080808080;

    /// <summary>Writes 1..10 bytes at <paramref name="at"/>, which must have room for 10; returns how many.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(ref byte at, ulong value)
    {
        if (Bmi2.X64.IsSupported && value < 1UL << 56)
        {
            int bytes = (BitOperations.Log2(value | 1) / 7) + 1;
            ulong spread = Bmi2.X64.ParallelBitDeposit(value, Payload) | (More & ((1UL << (8 * (bytes - 1))) - 1));
            Unsafe.WriteUnaligned(ref at, spread);
            return bytes;
        }

        return WriteLoop(ref at, value);
    }

    /// <summary>
    /// Reads from the start of <paramref name="data"/>; returns the bytes taken, 0 when the data end too early, -1 when there are
    /// more than 64 bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Read(ReadOnlySpan<byte> data, out ulong value)
    {
        if (Bmi2.X64.IsSupported && data.Length >= sizeof(ulong))
        {
            ulong word = Unsafe.ReadUnaligned<ulong>(ref MemoryMarshal.GetReference(data));
            ulong last = ~word & More;
            if (last != 0)
            {
                // Bits up to and with the last byte's: (x - 1) ^ x keeps the lowest set bit and what is below it.
                value = Bmi2.X64.ParallelBitExtract(word & (last ^ (last - 1)), Payload);
                return (BitOperations.TrailingZeroCount(last) >> 3) + 1;
            }
        }

        return ReadLoop(data, out value);
    }

    private static int WriteLoop(ref byte at, ulong value)
    {
        int bytes = 0;
        while (value >= 0x80)
        {
            Unsafe.Add(ref at, bytes++) = (byte)(value | 0x80);
            value >>= 7;
        }

        Unsafe.Add(ref at, bytes++) = (byte)value;
        return bytes;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ReadLoop(ReadOnlySpan<byte> data, out ulong value)
    {
        value = 0;
        for (int i = 0; i < data.Length; i++)
        {
            byte b = data[i];
            if (i == 9 && b > 1)
            {
                return -1;
            }

            value |= (ulong)(b & 0x7f) << (7 * i);
            if (b < 0x80)
            {
                return i + 1;
            }
        }

        return 0;
    }
}
