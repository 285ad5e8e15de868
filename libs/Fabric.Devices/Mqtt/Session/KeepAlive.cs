namespace Fabric.Devices.Mqtt.Session;

/// <summary>What is to be done now, and when to ask again.</summary>
internal readonly record struct KeepAliveStep(KeepAliveAction Action, TimeSpan Wait);

internal enum KeepAliveAction
{
    None,
    SendPing,
    Dead,
}

/// <summary>
/// Keep-alive (MQTT 5.0 §3.1.2.10) as a state machine that is told the time: a PINGREQ is due three quarters of the interval
/// after we last sent or last heard anything; if nothing at all comes within the timeout, the line is dead. While we leave the
/// socket unread on purpose, pings go on (the broker must not give us up) but silence proves nothing.
/// </summary>
/// <remarks><see cref="Sent"/>, <see cref="Heard"/> and <see cref="Next"/> may run on different threads.</remarks>
internal sealed class KeepAlive(TimeSpan interval, TimeSpan timeout, TimeSpan now)
{
    private static readonly TimeSpan Never = TimeSpan.FromHours(1);

    private readonly TimeSpan _pingAfter = interval * 0.75;
    private long _sentTicks = now.Ticks;
    private long _heardTicks = now.Ticks;
    private long _pingTicks = -1;
    private int _suspended;

    public void Sent(TimeSpan at) => Volatile.Write(ref _sentTicks, at.Ticks);

    /// <summary>When anything last arrived.</summary>
    public TimeSpan LastHeard => new(Volatile.Read(ref _heardTicks));

    public void Heard(TimeSpan at)
    {
        Volatile.Write(ref _heardTicks, at.Ticks);
        Volatile.Write(ref _pingTicks, -1);
    }

    /// <summary>We stop reading: what the broker says cannot reach us.</summary>
    public void Suspend() => Volatile.Write(ref _suspended, 1);

    /// <summary>We read again; the broker gets the whole timeout from here.</summary>
    public void Resume(TimeSpan at)
    {
        Heard(at);
        Volatile.Write(ref _suspended, 0);
    }

    public KeepAliveStep Next(TimeSpan at)
    {
        if (interval == TimeSpan.Zero)
        {
            return new KeepAliveStep(KeepAliveAction.None, Never);
        }

        bool suspended = Volatile.Read(ref _suspended) != 0;
        long ping = Volatile.Read(ref _pingTicks);
        if (ping >= 0 && !suspended)
        {
            TimeSpan left = new TimeSpan(ping) + timeout - at;
            return left <= TimeSpan.Zero
                ? new KeepAliveStep(KeepAliveAction.Dead, Never)
                : new KeepAliveStep(KeepAliveAction.None, left);
        }

        long quietSince = suspended
            ? Volatile.Read(ref _sentTicks)
            : Math.Min(Volatile.Read(ref _sentTicks), Volatile.Read(ref _heardTicks));
        TimeSpan due = new TimeSpan(quietSince) + _pingAfter - at;
        if (due > TimeSpan.Zero)
        {
            return new KeepAliveStep(KeepAliveAction.None, due);
        }

        Sent(at);
        Volatile.Write(ref _pingTicks, at.Ticks);
        return new KeepAliveStep(KeepAliveAction.SendPing, timeout < _pingAfter ? timeout : _pingAfter);
    }
}
