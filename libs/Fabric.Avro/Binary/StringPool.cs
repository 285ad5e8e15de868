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
        (ulong head, ulong tail) = EndsOf(utf8);
        uint first = Hash(utf8, head, tail) & (uint)(_entries.Length - 1) & ~(Ways - 1);
        for (uint at = first; at < first + Ways; at++)
        {
            ref Entry entry = ref _entries[at];
            if (entry.Head == head && entry.Tail == tail && entry.Text is not null && entry.Bytes.Length == utf8.Length
                && (utf8.Length <= 2 * sizeof(ulong) || utf8.SequenceEqual(entry.Bytes)))
            {
                return entry.Text;
            }
        }

        var added = new Entry(Encoding.UTF8.GetString(utf8), utf8.ToArray(), head, tail);
        _entries[first + (_turn++ & (Ways - 1))] = added;
        return added.Text;
    }

    /// <summary>The first and the last eight bytes, which overlap in short strings: up to sixteen they are the whole string.</summary>
    private static (ulong Head, ulong Tail) EndsOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= sizeof(ulong))
        {
            return (MemoryMarshal.Read<ulong>(bytes), MemoryMarshal.Read<ulong>(bytes[^sizeof(ulong)..]));
        }

        if (bytes.Length >= sizeof(uint))
        {
            return (MemoryMarshal.Read<uint>(bytes), MemoryMarshal.Read<uint>(bytes[^sizeof(uint)..]));
        }

        return (bytes[0] | ((ulong)bytes[bytes.Length / 2] << 8), bytes[^1]);
    }

    private static uint Hash(ReadOnlySpan<byte> bytes, ulong head, ulong tail)
    {
        ulong hash = ((ulong)bytes.Length ^ head) * 0x9e3779b97f4a7c15;
        for (int at = sizeof(ulong); at < bytes.Length - sizeof(ulong); at += sizeof(ulong))
        {
            hash = (BitOperations.RotateLeft(hash, 23) ^ MemoryMarshal.Read<ulong>(bytes[at..])) * 0x9e3779b97f4a7c15;
        }

        // The last characters are the highest bits, which a product carries only upwards: they are turned down once more.
        hash = (BitOperations.RotateLeft(hash, 23) ^ tail) * 0x9e3779b97f4a7c15;
        return (uint)((BitOperations.RotateLeft(hash, 32) * 0x9e3779b97f4a7c15) >> 32);
    }

    private readonly record struct Entry(string Text, byte[] Bytes, ulong Head, ulong Tail);
}
