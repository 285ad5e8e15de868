using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Fabric.Connectors.Mqtt;

/// <summary>
/// The (packet id, hash) pairs of the last messages taken, as many as the broker may have unacknowledged. A message that the broker
/// repeats (DUP) in a resumed session and whose pair is here was taken before, and only its acknowledgement was lost. A broker
/// uses a packet id again only when it has seen the acknowledgement of whoever had it (MQTT 5.0 §2.2.1): an id has one pair, the newest.
/// <code>
/// byte 0       1 (format version)
/// then pairs   packet id uint16, hash uint64, little-endian, oldest first
/// </code>
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class DeliveryRing
{
    private const byte FormatVersion = 1;
    private const int TopicsMax = 100_000;
    private const int PairBytes = sizeof(ushort) + sizeof(ulong);

    private readonly Queue<(ushort PacketId, long Number)> _order;
    private readonly Dictionary<ushort, (ulong Hash, long Number)> _pairs = [];
    private readonly Dictionary<string, ulong> _topicHashes = new(StringComparer.Ordinal);
    private readonly int _capacity;
    private long _taken;

    /// <param name="capacity">The receive maximum.</param>
    public DeliveryRing(int capacity)
    {
        _capacity = capacity;
        _order = new Queue<(ushort, long)>(capacity);
    }

    /// <summary>64 bits of the SHA-256 of the payload and of the topic, mixed.</summary>
    public ulong HashOf(string topic, ReadOnlySpan<byte> payload) =>
        HashOf(payload) ^ System.Numerics.BitOperations.RotateLeft(HashOfTopic(topic), 1);

    public bool Contains(ushort packetId, ulong hash) =>
        _pairs.TryGetValue(packetId, out (ulong Hash, long Number) pair) && pair.Hash == hash;

    public void Add(ushort packetId, ulong hash)
    {
        if (_order.Count == _capacity)
        {
            (ushort oldest, long number) = _order.Dequeue();
            if (_pairs[oldest].Number == number)
            {
                _pairs.Remove(oldest);
            }
        }

        _order.Enqueue((packetId, ++_taken));
        _pairs[packetId] = (hash, _taken);
    }

    public void Write(IBufferWriter<byte> output)
    {
        int size = 1 + (_pairs.Count * PairBytes);
        Span<byte> bytes = output.GetSpan(size);
        bytes[0] = FormatVersion;
        int at = 1;
        foreach ((ushort packetId, long number) in _order)
        {
            (ulong hash, long newest) = _pairs[packetId];
            if (number == newest)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(bytes[at..], packetId);
                BinaryPrimitives.WriteUInt64LittleEndian(bytes[(at + sizeof(ushort))..], hash);
                at += PairBytes;
            }
        }

        output.Advance(size);
    }

    /// <summary>Adds what <see cref="Write"/> wrote; nothing for an empty position.</summary>
    /// <exception cref="ConnectorException"><c>PROGRESS_UNREADABLE</c>.</exception>
    public void Read(ReadOnlySpan<byte> position)
    {
        if (position.IsEmpty)
        {
            return;
        }

        if (position[0] != FormatVersion || (position.Length - 1) % PairBytes != 0)
        {
            throw new ConnectorException(
                "PROGRESS_UNREADABLE", "The stored MQTT position is not of format 1: it was written by another version of Fabric");
        }

        for (ReadOnlySpan<byte> rest = position[1..]; !rest.IsEmpty; rest = rest[PairBytes..])
        {
            Add(BinaryPrimitives.ReadUInt16LittleEndian(rest), BinaryPrimitives.ReadUInt64LittleEndian(rest[sizeof(ushort)..]));
        }
    }

    /// <summary>Topics come back: each is hashed once. Bounded, as a broker may have any number of them.</summary>
    private ulong HashOfTopic(string topic)
    {
        if (!_topicHashes.TryGetValue(topic, out ulong hash))
        {
            if (_topicHashes.Count == TopicsMax)
            {
                _topicHashes.Clear();
            }

            hash = HashOf(Encoding.UTF8.GetBytes(topic));
            _topicHashes.Add(topic, hash);
        }

        return hash;
    }

    private static ulong HashOf(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }
}
