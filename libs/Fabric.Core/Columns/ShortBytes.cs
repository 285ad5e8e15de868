using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fabric.Core.Columns;

/// <summary>Copies names and words, which most texts are, without a call: two moves that overlap.</summary>
internal static class ShortBytes
{
    /// <summary>As <see cref="ReadOnlySpan{T}.CopyTo"/>; source and target do not overlap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int length = source.Length;
        if (length is < sizeof(uint) or > 32 || length > target.Length)
        {
            source.CopyTo(target);
            return;
        }

        ref byte from = ref MemoryMarshal.GetReference(source);
        ref byte to = ref MemoryMarshal.GetReference(target);
        if (length > 16)
        {
            Vector128.LoadUnsafe(ref from).StoreUnsafe(ref to);
            Vector128.LoadUnsafe(ref from, (nuint)(length - 16)).StoreUnsafe(ref to, (nuint)(length - 16));
        }
        else if (length >= sizeof(ulong))
        {
            Move<ulong>(ref from, ref to, 0);
            Move<ulong>(ref from, ref to, length - sizeof(ulong));
        }
        else
        {
            Move<uint>(ref from, ref to, 0);
            Move<uint>(ref from, ref to, length - sizeof(uint));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Move<T>(ref byte from, ref byte to, int at)
        where T : unmanaged =>
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, at), Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref from, at)));
}
