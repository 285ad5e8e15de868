using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
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
        // A branch that is foreseen costs less than a length that is computed: what comes next need not wait for it.
        if (position < length - 1)
        {
            uint first = Unsafe.Add(ref data, position);
            if (first < 0x80)
            {
                value = (int)(first >> 1) ^ -(int)(first & 1);
                return position + 1;
            }

            uint second = Unsafe.Add(ref data, position + 1);
            if (second < 0x80)
            {
                uint raw = (first & 0x7f) | (second << 7);
                value = (int)(raw >> 1) ^ -(int)(raw & 1);
                return position + 2;
            }
        }

        if (length - position >= sizeof(ulong) && Bmi2.X64.IsSupported && BitConverter.IsLittleEndian)
        {
            ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref data, position));
            ulong last = ~word & More;
            if (last != 0)
            {
                ulong raw = Bmi2.X64.ParallelBitExtract(word & (last ^ (last - 1)), Payload);
                value = (long)(raw >> 1) ^ -(long)(raw & 1);
                return position + (BitOperations.TrailingZeroCount(last) >> 3) + 1;
            }
        }

        Slow slow = ReadLongSlowly(ref data, length, position);
        value = slow.Value;
        return slow.Next;
    }

    /// <summary>A length that is not longer than what is left; returns where the content begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ReadLength(ref byte data, int length, int position, out int size)
    {
        int start = ReadLong(ref data, length, position, out long value);
        if ((ulong)value > (ulong)(length - start))
        {
            FailLength(ref data, length, position);
        }

        size = (int)value;
        return start;
    }

    [DoesNotReturn]
    private static void FailLength(ref byte data, int length, int position) => throw LengthError(ref data, length, position);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static UnreachableException LengthError(ref byte data, int length, int position)
    {
        new AvroReader(MemoryMarshal.CreateReadOnlySpan(ref data, length), position, 0).ReadBytes();
        return new UnreachableException("Two ways of reading disagree about whether the data are malformed");
    }

    // Returned in two registers: an out parameter would keep the caller's value on the stack also where this is not called.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Slow ReadLongSlowly(ref byte data, int length, int position)
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
                return new Slow((long)(raw >> 1) ^ -(long)(raw & 1), next);
            }
        }

        var reader = new AvroReader(MemoryMarshal.CreateReadOnlySpan(ref data, length), position, 0);
        return new Slow(reader.ReadLong(), reader.Position);
    }

    private readonly record struct Slow(long Value, int Next);
}
