using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Fabric.Connectors.Mqtt;

/// <summary>
/// The last (packet id, hash) pairs that were taken, as many as the broker may have unacknowledged. A message that the broker
/// repeats (DUP) in a resumed session and whose pair is here was taken before, and only its acknowledgement was lost.
/// <code>
/// byte 0       1 (format version)
/// then pairs   packet id uint16, hash uint64, little-endian, oldest first
/// </code>
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class DeliveryRing
{
    private const byte FormatVersion = 1;
    private const int PairBytes = sizeof(ushort) + sizeof(ulong);

    private readonly Queue<(ushort PacketId, ulong Hash)> _order;
    private readonly Dictionary<(ushort PacketId, ulong Hash), int> _counts = [];
    private readonly int _capacity;

    /// <param name="capacity">The receive maximum.</param>
    public DeliveryRing(int capacity)
    {
        _capacity = capacity;
        _order = new Queue<(ushort, ulong)>(capacity);
    }

    /// <summary>64 bits of the SHA-256 of the payload and of the topic, mixed.</summary>
    public static ulong HashOf(string topic, ReadOnlySpan<byte> payload)
    {
        Span<byte> name = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(payload, hash);
        ulong ofPayload = BinaryPrimitives.ReadUInt64LittleEndian(hash);
        byte[] text = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(topic.Length));
        int size = Encoding.UTF8.GetBytes(topic, text);
        SHA256.HashData(text.AsSpan(0, size), name);
        ArrayPool<byte>.Shared.Return(text);
        return ofPayload ^ System.Numerics.BitOperations.RotateLeft(BinaryPrimitives.ReadUInt64LittleEndian(name), 1);
    }

    public bool Contains(ushort packetId, ulong hash) => _counts.ContainsKey((packetId, hash));

    public void Add(ushort packetId, ulong hash)
    {
        if (_order.Count == _capacity)
        {
            Forget(_order.Dequeue());
        }

        _order.Enqueue((packetId, hash));
        _counts[(packetId, hash)] = _counts.GetValueOrDefault((packetId, hash)) + 1;
    }

    public void Write(IBufferWriter<byte> output)
    {
        int size = 1 + (_order.Count * PairBytes);
        Span<byte> bytes = output.GetSpan(size);
        bytes[0] = FormatVersion;
        int at = 1;
        foreach ((ushort packetId, ulong hash) in _order)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[at..], packetId);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[(at + sizeof(ushort))..], hash);
            at += PairBytes;
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

    private void Forget((ushort PacketId, ulong Hash) pair)
    {
        int count = _counts[pair] - 1;
        if (count == 0)
        {
            _counts.Remove(pair);
        }
        else
        {
            _counts[pair] = count;
        }
    }
}
