using System.Buffers;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>
/// Messages and the memory they stand in. Two pages take turns: one is filled from the socket while the reader works on the
/// other. Not thread-safe; the session's lock guards the page being filled, the reader owns the other.
/// </summary>
internal sealed class InboxPage
{
    private const int ChunkBytes = 128 * 1024;

    private readonly List<byte[]> _chunks = [];
    private readonly List<byte[]> _large = [];
    private MqttMessage[] _messages = new MqttMessage[256];
    private int _chunkIndex;
    private int _used;
    private int _next;

    /// <summary>Messages not taken yet.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes in use.</summary>
    public long Bytes { get; private set; }

    public void Add(in MqttMessage message)
    {
        int end = _next + Count;
        if (end == _messages.Length)
        {
            Array.Resize(ref _messages, 2 * end);
        }

        _messages[end] = message;
        Count++;
    }

    /// <summary>Memory of the page, valid until <see cref="Recycle"/>.</summary>
    public Memory<byte> Take(int bytes)
    {
        Bytes += bytes;
        if (bytes > ChunkBytes / 4)
        {
            byte[] large = ArrayPool<byte>.Shared.Rent(bytes);
            _large.Add(large);
            return large.AsMemory(0, bytes);
        }

        if (_chunks.Count == 0)
        {
            _chunks.Add(new byte[ChunkBytes]);
        }

        if (_used + bytes > ChunkBytes)
        {
            _used = 0;
            if (++_chunkIndex == _chunks.Count)
            {
                _chunks.Add(new byte[ChunkBytes]);
            }
        }

        Memory<byte> taken = _chunks[_chunkIndex].AsMemory(_used, bytes);
        _used += bytes;
        return taken;
    }

    /// <summary>The oldest message. Only while <see cref="Count"/> is not 0.</summary>
    public ref readonly MqttMessage First => ref _messages[_next];

    /// <summary>Forgets the oldest message; its memory stays until <see cref="Recycle"/>.</summary>
    public void RemoveFirst()
    {
        _next++;
        Count--;
    }

    /// <summary>Empties the page and takes back its memory. The first chunks are kept for the next turn.</summary>
    public void Recycle()
    {
        foreach (byte[] large in _large)
        {
            ArrayPool<byte>.Shared.Return(large);
        }

        _large.Clear();
        if (_chunks.Count > 16)
        {
            _chunks.RemoveRange(16, _chunks.Count - 16);
        }

        Array.Clear(_messages, 0, Math.Min(_messages.Length, _next + Count));
        _chunkIndex = 0;
        _used = 0;
        _next = 0;
        Count = 0;
        Bytes = 0;
    }
}
