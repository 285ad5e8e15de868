namespace Fabric.Topologies.Drift;

/// <summary>How far the time of one device has come.</summary>
/// <param name="Name">Source and device.</param>
/// <param name="WatermarkMicros">The greatest event time seen.</param>
/// <param name="SeenAtMs">Wall clock of its last sample; not kept over a restart, which counts as a sign of life.</param>
internal readonly record struct DeviceTime(string Name, long WatermarkMicros, long SeenAtMs);

/// <summary>A window that is not closed yet.</summary>
/// <param name="LatestMicros">The greatest event time in the window.</param>
/// <param name="Partition">Of the telemetry topic; -1 when unknown.</param>
internal sealed record OpenWindow(
    long StartMicros, WindowSlots Slots, long LatestMicros, int Partition, long FirstOffset, long LastOffset);

/// <summary>The open windows of one signal of one asset, and the times of the devices that feed it. Immutable.</summary>
/// <param name="Windows">By start.</param>
/// <param name="ClosedThroughMicros">Windows whose end and grace are at or before this are closed. Never goes back.</param>
internal sealed record SignalWindows(DeviceTime[] Devices, OpenWindow[] Windows, long ClosedThroughMicros)
{
    public static SignalWindows None { get; } = new([], [], long.MinValue);

    /// <summary>The least time of the devices heard of at or after a moment; <see cref="long.MinValue"/> when there is none.</summary>
    public long WatermarkMicros(long seenSinceMs)
    {
        long least = long.MaxValue;
        foreach (DeviceTime device in Devices)
        {
            least = device.SeenAtMs >= seenSinceMs ? Math.Min(least, device.WatermarkMicros) : least;
        }

        return least == long.MaxValue ? long.MinValue : least;
    }

    /// <summary>Wall clock of the last sample of any device.</summary>
    public long SeenAtMs()
    {
        long latest = long.MinValue;
        foreach (DeviceTime device in Devices)
        {
            latest = Math.Max(latest, device.SeenAtMs);
        }

        return latest;
    }

    /// <summary>A sample was seen. Devices not heard of since <paramref name="forgetBeforeMs"/> are forgotten.</summary>
    public DeviceTime[] DevicesWith(string name, long observedMicros, long nowMs, long forgetBeforeMs)
    {
        if (Devices.Length == 1 && Devices[0].Name == name)
        {
            return [new DeviceTime(name, Math.Max(observedMicros, Devices[0].WatermarkMicros), nowMs)];
        }

        var devices = new List<DeviceTime>(Devices.Length + 1);
        long watermark = observedMicros;
        foreach (DeviceTime device in Devices)
        {
            if (device.Name == name)
            {
                watermark = Math.Max(watermark, device.WatermarkMicros);
            }
            else if (device.SeenAtMs >= forgetBeforeMs)
            {
                devices.Add(device);
            }
        }

        devices.Add(new DeviceTime(name, watermark, nowMs));
        return [.. devices];
    }

    /// <summary>The windows with this one in its place.</summary>
    public OpenWindow[] WindowsWith(OpenWindow window)
    {
        int at = 0;
        while (at < Windows.Length && Windows[at].StartMicros < window.StartMicros)
        {
            at++;
        }

        bool replaces = at < Windows.Length && Windows[at].StartMicros == window.StartMicros;
        return [.. Windows[..at], window, .. Windows[(replaces ? at + 1 : at)..]];
    }

    public OpenWindow? Find(long startMicros)
    {
        foreach (OpenWindow window in Windows)
        {
            if (window.StartMicros == startMicros)
            {
                return window;
            }
        }

        return null;
    }
}
