using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Unicode;

namespace Fabric.Avro;

/// <summary>Validity of UTF-8, quick for the short ASCII names that most strings here are.</summary>
internal static class Utf8Check
{
    private const ulong HighBits = 0x8080808080808080;
    private const int VectorBytes = 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsValid(ReadOnlySpan<byte> text)
    {
        if (text.Length is >= sizeof(ulong) and <= 2 * sizeof(ulong))
        {
            // The first and the last eight bytes overlap and cover all.
            ref byte start = ref MemoryMarshal.GetReference(text);
            ulong words = Unsafe.ReadUnaligned<ulong>(ref start)
                | Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, text.Length - sizeof(ulong)));
            if ((words & HighBits) == 0)
            {
                return true;
            }
        }
        else if (text.Length is > VectorBytes and <= 2 * VectorBytes)
        {
            ref byte start = ref MemoryMarshal.GetReference(text);
            Vector128<byte> bytes = Vector128.LoadUnsafe(ref start)
                | Vector128.LoadUnsafe(ref start, (nuint)(text.Length - VectorBytes));
            if (bytes.ExtractMostSignificantBits() == 0)
            {
                return true;
            }
        }

        return IsValidAtLength(text);
    }

    // Its pinned pointer would cost every caller that it is inlined in.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool IsValidAtLength(ReadOnlySpan<byte> text) => Utf8.IsValid(text);
}
