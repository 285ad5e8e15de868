namespace Fabric.Devices.Mqtt.Session;

/// <summary>One message that waits to be acknowledged.</summary>
internal readonly record struct PendingAcknowledgement(long Sequence, ushort PacketId, QualityOfService QoS);

/// <summary>
/// Messages of QoS 1 and 2 in the order they arrived, which is the order their acknowledgements must go out in
/// ([MQTT-4.6.0-2], [MQTT-4.6.0-3]). A ring that grows. Not thread-safe.
/// </summary>
internal sealed class PendingAcknowledgements
{
    private PendingAcknowledgement[] _ring = new PendingAcknowledgement[64];
    private int _head;

    public int Count { get; private set; }

    public void Add(PendingAcknowledgement pending)
    {
        if (Count == _ring.Length)
        {
            Grow();
        }

        _ring[(_head + Count) & (_ring.Length - 1)] = pending;
        Count++;
    }

    /// <summary>The oldest one, if its sequence is not beyond <paramref name="upTo"/>.</summary>
    public bool TryTake(long upTo, out PendingAcknowledgement pending)
    {
        pending = Count > 0 ? _ring[_head] : default;
        if (Count == 0 || pending.Sequence > upTo)
        {
            return false;
        }

        _head = (_head + 1) & (_ring.Length - 1);
        Count--;
        return true;
    }

    public void Clear()
    {
        _head = 0;
        Count = 0;
    }

    private void Grow()
    {
        var larger = new PendingAcknowledgement[2 * _ring.Length];
        for (int index = 0; index < Count; index++)
        {
            larger[index] = _ring[(_head + index) & (_ring.Length - 1)];
        }

        _ring = larger;
        _head = 0;
    }
}
