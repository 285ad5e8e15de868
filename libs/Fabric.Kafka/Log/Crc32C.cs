using System.Numerics;
using System.Runtime.InteropServices;

namespace Fabric.Kafka.Log;

/// <summary>CRC-32C (Castagnoli), the checksum of record batches and of the log's own files. Hardware where there is any.</summary>
internal static class Crc32C
{
    /// <summary>What <see cref="Append"/> starts from when a checksum is taken piece by piece.</summary>
    public const uint Start = uint.MaxValue;

    public static uint Compute(ReadOnlySpan<byte> bytes) => ~Append(Start, bytes);

    /// <summary>Goes on from <paramref name="state"/>; the checksum is the complement of the last state.</summary>
    public static uint Append(uint state, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            state = BitOperations.Crc32C(state, word);
        }

        foreach (byte rest in bytes[(words.Length * sizeof(ulong))..])
        {
            state = BitOperations.Crc32C(state, rest);
        }

        return state;
    }
}
