namespace Fabric.Connectors.Runner;

/// <summary>
/// The next sequence number of every device of a connector, and which of them the progress topic does not have yet. A
/// transaction writes only the numbers of the devices it carries, each under a key of its own: what it costs does not grow with
/// the number of devices that were ever heard.
/// </summary>
/// <remarks>Not thread-safe: owned by one runner.</remarks>
internal sealed class DeviceSequences
{
    /// <summary>
    /// Devices one connector may have. Names come from outside: somebody who makes them up fills neither memory nor topic, and
    /// a connector with more real devices is better divided.
    /// </summary>
    public const int DevicesMax = 100_000;

    private readonly Dictionary<string, long> _next = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _unwritten = new(StringComparer.Ordinal);

    /// <summary>Devices whose number changed since <see cref="MarkWritten"/>, with the next number of each.</summary>
    public IReadOnlyDictionary<string, long> Unwritten => _unwritten;

    /// <summary>Takes what the progress topic says. The greatest number of a device counts.</summary>
    /// <param name="isWritten">False: not under the device's own key, so it is written with the next transaction.</param>
    public void Restore(string device, long next, bool isWritten)
    {
        if (_next.TryGetValue(device, out long known) && known >= next)
        {
            return;
        }

        _next[device] = next;
        if (!isWritten)
        {
            _unwritten[device] = next;
        }
    }

    /// <summary>The device's next number; false when it is new and there are <see cref="DevicesMax"/> already.</summary>
    public bool TryTake(string device, out long sequence)
    {
        if (!_next.TryGetValue(device, out sequence) && _next.Count >= DevicesMax)
        {
            return false;
        }

        _next[device] = sequence + 1;
        _unwritten[device] = sequence + 1;
        return true;
    }

    /// <summary>The transaction with the unwritten numbers is committed.</summary>
    public void MarkWritten() => _unwritten.Clear();
}
