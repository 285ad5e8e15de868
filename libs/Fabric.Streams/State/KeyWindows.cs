namespace Fabric.Streams.State;

/// <summary>The open windows of one key, and how far the time of its devices has come.</summary>
internal sealed class KeyWindows<A>
{
    public List<DeviceTime> Devices { get; } = new(1);

    /// <summary>By start.</summary>
    public List<OpenWindow<A>> Windows { get; } = new(2);

    /// <summary>Windows whose end and grace are at or before this are closed. Never goes back.</summary>
    public long ClosedThroughMs { get; set; } = long.MinValue;

    /// <summary>When, by wall clock, something last came. Not kept over a restart, which counts as a sign of life.</summary>
    public long SeenAtMs { get; set; }

    public bool IsDirty { get; set; }

    /// <summary>The least time of the devices that are not silent; <see cref="long.MinValue"/> when all are.</summary>
    public long WatermarkMs()
    {
        long least = long.MaxValue;
        foreach (DeviceTime device in Devices)
        {
            least = device.IsSilent ? least : Math.Min(least, device.WatermarkMs);
        }

        return least == long.MaxValue ? long.MinValue : least;
    }

    /// <summary>What the watermark becomes when a record of this device and time is taken in.</summary>
    public long WatermarkWith(string device, long timestampMs)
    {
        long own = timestampMs;
        long others = long.MaxValue;
        foreach (DeviceTime known in Devices)
        {
            if (known.Name == device)
            {
                own = Math.Max(own, known.WatermarkMs);
            }
            else if (!known.IsSilent)
            {
                others = Math.Min(others, known.WatermarkMs);
            }
        }

        return Math.Min(own, others);
    }

    public void See(string device, long timestampMs, long wallClockMs)
    {
        SeenAtMs = wallClockMs;
        for (int i = 0; i < Devices.Count; i++)
        {
            if (Devices[i].Name == device)
            {
                Devices[i] = new DeviceTime(device, Math.Max(Devices[i].WatermarkMs, timestampMs), wallClockMs, false);
                return;
            }
        }

        Devices.Add(new DeviceTime(device, timestampMs, wallClockMs, false));
    }

    public int IndexOf(long startMs)
    {
        for (int i = 0; i < Windows.Count; i++)
        {
            if (Windows[i].StartMs == startMs)
            {
                return i;
            }
        }

        return -1;
    }

    public void Set(in OpenWindow<A> window)
    {
        int at = 0;
        while (at < Windows.Count && Windows[at].StartMs < window.StartMs)
        {
            at++;
        }

        if (at < Windows.Count && Windows[at].StartMs == window.StartMs)
        {
            Windows[at] = window;
        }
        else
        {
            Windows.Insert(at, window);
        }
    }

    public void CopyFrom(KeyWindows<A> other)
    {
        Devices.Clear();
        Devices.AddRange(other.Devices);
        Windows.Clear();
        Windows.AddRange(other.Windows);
        ClosedThroughMs = other.ClosedThroughMs;
        SeenAtMs = other.SeenAtMs;
    }
}

/// <param name="WatermarkMs">The greatest event time seen.</param>
/// <param name="SeenAtMs">Wall clock of the last record.</param>
internal readonly record struct DeviceTime(string Name, long WatermarkMs, long SeenAtMs, bool IsSilent);

/// <param name="TimestampMs">The greatest event time in the window.</param>
/// <param name="IsAnnounced">A result was emitted after the watermark passed the end.</param>
internal readonly record struct OpenWindow<A>(
    long StartMs, A Aggregate, int Revision, long TimestampMs, bool IsAnnounced);
