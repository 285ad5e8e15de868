using System.Diagnostics.CodeAnalysis;

namespace Fabric.Kafka.Log;

/// <summary>The last offset of each key, for one compaction. Bounded by the bytes it may take.</summary>
internal sealed class KeyOffsets(long bytesMax)
{
    /// <summary>What an entry costs beside the bytes of its key, about.</summary>
    private const int EntryBytes = 72;

    private readonly Dictionary<byte[], long> _offsets = new(new ByKeyBytes());
    private long _bytes;

    public bool IsFull => _bytes >= bytesMax;

    public int Count => _offsets.Count;

    /// <summary>Offsets come in ascending order.</summary>
    public void Put(ReadOnlySpan<byte> key, long offset)
    {
        Dictionary<byte[], long>.AlternateLookup<ReadOnlySpan<byte>> lookup =
            _offsets.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!lookup.ContainsKey(key))
        {
            _bytes += key.Length + EntryBytes;
        }

        lookup[key] = offset;
    }

    /// <summary>Whether a later record with the same key is known.</summary>
    public bool IsSuperseded(ReadOnlySpan<byte> key, long offset) =>
        _offsets.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out long last) && last > offset;

    private sealed class ByKeyBytes : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? left, byte[]? right) => left.AsSpan().SequenceEqual(right);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode([DisallowNull] byte[] key) => GetHashCode(key.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> key)
        {
            var hash = default(HashCode);
            hash.AddBytes(key);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
