using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Fabric.Avro;

/// <summary>
/// Strings by their UTF-8 bytes, so that names which come back in every sample (points, types, units, devices) are made once.
/// Of fixed size: a new string takes the place of one that falls on the same place. Strings longer than 64 bytes are not kept.
/// </summary>
/// <remarks>Not thread-safe: one per reading thread.</remarks>
public sealed class StringPool
{
    private const int BytesMax = 64;
    private const uint Ways = 4;

    private readonly Entry[] _entries;
    private uint _turn;

    /// <param name="capacity">Places, rounded up to a power of two; 16..1,048,576.</param>
    public StringPool(int capacity = 4096)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 16);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, 1 << 20);
        _entries = new Entry[BitOperations.RoundUpToPowerOf2((uint)capacity)];
    }

    /// <summary>The string of these bytes, which must be valid UTF-8.</summary>
    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return "";
        }

        if (utf8.Length > BytesMax)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        // Four neighbours belong to a hash; a new string takes the place of any of them, in turn.
        uint first = Hash(utf8) & (uint)(_entries.Length - 1) & ~(Ways - 1);
        for (uint at = first; at < first + Ways; at++)
        {
            ref Entry entry = ref _entries[at];
            if (entry.Text is { } known && utf8.SequenceEqual(entry.Bytes))
            {
                return known;
            }
        }

        var added = new Entry(Encoding.UTF8.GetString(utf8), utf8.ToArray());
        _entries[first + (_turn++ & (Ways - 1))] = added;
        return added.Text;
    }

    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        ulong hash = (ulong)bytes.Length * 0x9e3779b97f4a7c15;
        while (bytes.Length >= sizeof(ulong))
        {
            hash = (BitOperations.RotateLeft(hash, 23) ^ MemoryMarshal.Read<ulong>(bytes)) * 0x9e3779b97f4a7c15;
            bytes = bytes[sizeof(ulong)..];
        }

        ulong rest = 0;
        foreach (byte b in bytes)
        {
            rest = (rest << 8) | b;
        }

        hash = (BitOperations.RotateLeft(hash, 23) ^ rest) * 0x9e3779b97f4a7c15;
        return (uint)(hash >> 32);
    }

    private readonly record struct Entry(string Text, byte[] Bytes);
}
