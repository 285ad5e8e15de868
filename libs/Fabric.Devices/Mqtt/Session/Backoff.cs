namespace Fabric.Devices.Mqtt.Session;

/// <summary>
/// Delays between attempts: they double from the smallest to the largest, and each is drawn from its upper half, so that
/// clients which lost the same broker do not come back together. Not thread-safe.
/// </summary>
internal sealed class Backoff(TimeSpan min, TimeSpan max, Random chance)
{
    private int _step;

    /// <summary>The next delay: between half and all of min × 2^n, at most max.</summary>
    public TimeSpan Next()
    {
        double full = Math.Min(max.TotalMilliseconds, min.TotalMilliseconds * Math.Pow(2, _step));
        _step = Math.Min(_step + 1, 30);
        return TimeSpan.FromMilliseconds(full * (0.5 + (chance.NextDouble() / 2)));
    }

    /// <summary>After a connection that held.</summary>
    public void Reset() => _step = 0;
}
