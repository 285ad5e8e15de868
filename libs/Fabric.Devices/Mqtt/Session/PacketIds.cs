namespace Fabric.Devices.Mqtt.Session;

/// <summary>The packet ids of what we send (MQTT 5.0 §2.2.1): 1 to 65,535, each in use at most once. Not thread-safe.</summary>
internal sealed class PacketIds
{
    private readonly bool[] _used = new bool[ushort.MaxValue + 1];
    private ushort _last;
    private int _count;

    /// <summary>A free id; 0 when all are in use.</summary>
    public ushort Take()
    {
        if (_count == ushort.MaxValue)
        {
            return 0;
        }

        do
        {
            _last = _last == ushort.MaxValue ? (ushort)1 : (ushort)(_last + 1);
        }
        while (_used[_last]);

        _used[_last] = true;
        _count++;
        return _last;
    }

    public void Free(ushort id)
    {
        if (_used[id])
        {
            _used[id] = false;
            _count--;
        }
    }
}
