using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fabric.Avro;

/// <summary>Short ASCII strings to bytes, eight characters at a time.</summary>
internal static class ShortAscii
{
    private const int Step = 8;
    private const ushort Beyond = 0xff80;

    /// <summary>Writes the characters as bytes; false when one is not ASCII, with anything written. There is room for all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryNarrow(string text, ref byte target)
    {
        ref ushort source = ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(text.AsSpan()));
        int length = text.Length;
        if (length < Step || !Vector128.IsHardwareAccelerated)
        {
            return TryNarrowOneByOne(ref source, length, ref target);
        }

        // The last step overlaps the one before it.
        Vector128<ushort> seen = Vector128<ushort>.Zero;
        for (int at = 0; ; at = Math.Min(at + Step, length - Step))
        {
            Vector128<ushort> chars = Vector128.LoadUnsafe(ref source, (nuint)at);
            seen |= chars;
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, at), Vector128.Narrow(chars, chars).AsUInt64().ToScalar());
            if (at == length - Step)
            {
                return (seen & Vector128.Create(Beyond)) == Vector128<ushort>.Zero;
            }
        }
    }

    private static bool TryNarrowOneByOne(ref ushort source, int length, ref byte target)
    {
        uint seen = 0;
        for (int i = 0; i < length; i++)
        {
            uint c = Unsafe.Add(ref source, i);
            seen |= c;
            Unsafe.Add(ref target, i) = (byte)c;
        }

        return seen < 0x80;
    }
}
