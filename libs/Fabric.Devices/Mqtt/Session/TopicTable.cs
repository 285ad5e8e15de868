using System.Text;
using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>
/// One string for each topic name: found by its bytes without allocating, checked once when it is new. Open addressing; when
/// it is full it starts again, so that topics which never repeat cannot fill the memory. Not thread-safe.
/// </summary>
internal sealed class TopicTable(int topicsMax)
{
    private const int InitialSlots = 256;

    private Entry[] _slots = new Entry[InitialSlots];
    private int _count;

    /// <summary>The topic's string, or why it is not a topic name.</summary>
    public Malformed TryIntern(ReadOnlySpan<byte> utf8, out string topic)
    {
        int hash = Hash(utf8);
        for (int slot = hash & (_slots.Length - 1); ; slot = (slot + 1) & (_slots.Length - 1))
        {
            ref Entry entry = ref _slots[slot];
            if (entry.Utf8 is null)
            {
                return Add(utf8, hash, out topic);
            }

            if (entry.Hash == hash && utf8.SequenceEqual(entry.Utf8))
            {
                topic = entry.Topic;
                return Malformed.None;
            }
        }
    }

    private static int Hash(ReadOnlySpan<byte> utf8)
    {
        var hash = default(HashCode);
        hash.AddBytes(utf8);
        return hash.ToHashCode();
    }

    private Malformed Add(ReadOnlySpan<byte> utf8, int hash, out string topic)
    {
        topic = "";
        Malformed malformed = PublishView.CheckTopic(utf8);
        if (malformed != Malformed.None)
        {
            return malformed;
        }

        if (_count == topicsMax)
        {
            _slots = new Entry[InitialSlots];
            _count = 0;
        }
        else if (2 * (_count + 1) > _slots.Length)
        {
            Grow();
        }

        topic = Encoding.UTF8.GetString(utf8);
        Place(new Entry { Hash = hash, Utf8 = utf8.ToArray(), Topic = topic });
        return Malformed.None;
    }

    private void Grow()
    {
        Entry[] old = _slots;
        _slots = new Entry[2 * old.Length];
        _count = 0;
        foreach (Entry entry in old)
        {
            if (entry.Utf8 is not null)
            {
                Place(entry);
            }
        }
    }

    private void Place(Entry entry)
    {
        int slot = entry.Hash & (_slots.Length - 1);
        while (_slots[slot].Utf8 is not null)
        {
            slot = (slot + 1) & (_slots.Length - 1);
        }

        _slots[slot] = entry;
        _count++;
    }

    private struct Entry
    {
        public int Hash;
        public byte[]? Utf8;
        public string Topic;
    }
}
