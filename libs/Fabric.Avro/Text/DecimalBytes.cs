namespace Fabric.Avro;

/// <summary>Decimals as two's complement, big-endian, and their powers of ten.</summary>
internal static class DecimalBytes
{
    private const int Int128Bytes = 16;

    private static readonly Int128[] Powers = MakePowers();

    /// <summary>Reads any number of bytes; false when the value does not fit 128 bits.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Int128 value)
    {
        int sign = bytes.Length > 0 && bytes[0] >= 0x80 ? 0xff : 0;
        while (bytes.Length > Int128Bytes && bytes[0] == sign && (bytes[1] >= 0x80) == (sign != 0))
        {
            bytes = bytes[1..];
        }

        value = sign == 0 ? Int128.Zero : Int128.NegativeOne;
        if (bytes.Length > Int128Bytes)
        {
            return false;
        }

        foreach (byte b in bytes)
        {
            value = (value << 8) | b;
        }

        return true;
    }

    /// <summary>Times ten to the <paramref name="zeros"/>; false when that has more digits than the precision.</summary>
    public static bool TryRescale(Int128 value, int zeros, int precision, out Int128 scaled)
    {
        scaled = 0;
        if (zeros > precision)
        {
            return value == 0;
        }

        Int128 limit = Powers[precision - zeros];
        if (value >= limit || value <= -limit)
        {
            return false;
        }

        scaled = value * Powers[zeros];
        return true;
    }

    private static Int128[] MakePowers()
    {
        var powers = new Int128[39];
        powers[0] = 1;
        for (int i = 1; i < powers.Length; i++)
        {
            powers[i] = powers[i - 1] * 10;
        }

        return powers;
    }
}
