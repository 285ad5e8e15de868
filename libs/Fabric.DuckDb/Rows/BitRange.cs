namespace Fabric.DuckDb.Rows;

/// <summary>Copies ranges of validity bits that do not start on the same bit of a word.</summary>
internal static class BitRange
{
    /// <summary>ORs <paramref name="count"/> bits into <paramref name="target"/>, whose bits of that range are 0.</summary>
    public static void Copy(ReadOnlySpan<ulong> source, int sourceBit, Span<ulong> target, int targetBit, int count)
    {
        while (count > 0)
        {
            int room = Math.Min(count, 64 - (targetBit & 63));
            ulong mask = room == 64 ? ulong.MaxValue : (1UL << room) - 1;
            target[targetBit >> 6] |= (Read(source, sourceBit) & mask) << (targetBit & 63);
            sourceBit += room;
            targetBit += room;
            count -= room;
        }
    }

    /// <summary>The 64 bits from <paramref name="bit"/> on; those behind the end are 0.</summary>
    private static ulong Read(ReadOnlySpan<ulong> source, int bit)
    {
        int word = bit >> 6;
        int shift = bit & 63;
        ulong low = source[word] >> shift;
        return shift == 0 || word + 1 == source.Length ? low : low | (source[word + 1] << (64 - shift));
    }
}
