using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Fabric.Avro;

/// <summary>
/// <see cref="AvroReader"/>'s reading of lengths and integers without its state: position in, position behind the value out.
/// What is not plain goes through the reader, which says what is wrong.
/// </summary>
internal static class Wire
{
    private const ulong Payload = 0x7f7f7f7f7f7f7f7f;
    private const ulong More = 0x8080808080808080;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ReadLong(ref byte data, int length, int position, out long value)
    {
        if (length - position >= sizeof(ulong) && Bmi2.X64.IsSupported && BitConverter.IsLittleEndian)
        {
            ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref data, position));
            if ((word & 0x80) == 0)
            {
                value = (int)((word & 0x7f) >> 1) ^ -(int)(word & 1);
                return position + 1;
            }

            ulong last = ~word & More;
            if (last != 0)
            {
                ulong raw = Bmi2.X64.ParallelBitExtract(word & (last ^ (last - 1)), Payload);
                value = (long)(raw >> 1) ^ -(long)(raw & 1);
                return position + (BitOperations.TrailingZeroCount(last) >> 3) + 1;
            }
        }

        return ReadLongSlowly(ref data, length, position, out value);
    }

    /// <summary>A length that is not longer than what is left; returns where the content begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ReadLength(ref byte data, int length, int position, out int size)
    {
        int start = ReadLong(ref data, length, position, out long value);
        if ((ulong)value > (ulong)(length - start))
        {
            new AvroReader(MemoryMarshal.CreateReadOnlySpan(ref data, length), position, 0).ReadBytes();
        }

        size = (int)value;
        return start;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ReadLongSlowly(ref byte data, int length, int position, out long value)
    {
        if (length >= sizeof(ulong) && position > length - sizeof(ulong) && position < length && Bmi2.X64.IsSupported
            && BitConverter.IsLittleEndian)
        {
            // The last eight bytes of the data, those before the position shifted out.
            int before = position - (length - sizeof(ulong));
            ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref data, length - sizeof(ulong))) >> (8 * before);
            ulong last = ~word & More;
            int next = position + (BitOperations.TrailingZeroCount(last) >> 3) + 1;
            if (next <= length)
            {
                ulong raw = Bmi2.X64.ParallelBitExtract(word & (last ^ (last - 1)), Payload);
                value = (long)(raw >> 1) ^ -(long)(raw & 1);
                return next;
            }
        }

        var reader = new AvroReader(MemoryMarshal.CreateReadOnlySpan(ref data, length), position, 0);
        value = reader.ReadLong();
        return reader.Position;
    }
}
