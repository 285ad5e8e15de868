using System.Diagnostics.CodeAnalysis;

namespace Fabric.Streams.State;

/// <summary>How keys are compared: byte arrays by content, everything else by its own equality.</summary>
internal static class Comparers
{
    public static IEqualityComparer<K> Of<K>() => Cached<K>.Comparer;

    private static class Cached<K>
    {
        public static readonly IEqualityComparer<K> Comparer = typeof(K) == typeof(byte[])
            ? (IEqualityComparer<K>)(object)new ByteArrayComparer()
            : EqualityComparer<K>.Default;
    }

    private sealed class ByteArrayComparer : IEqualityComparer<byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) =>
            ReferenceEquals(x, y) || (x is not null && y is not null && x.AsSpan().SequenceEqual(y));

        public int GetHashCode([DisallowNull] byte[] obj)
        {
            var hash = default(HashCode);
            hash.AddBytes(obj);
            return hash.ToHashCode();
        }
    }
}
