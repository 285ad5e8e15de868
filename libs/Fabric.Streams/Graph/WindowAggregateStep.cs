using Fabric.Kafka.Clients;
using Fabric.Streams.State;
using Fabric.Streams.Tasks;

namespace Fabric.Streams.Graph;

/// <summary>The running windowed aggregation of one task.</summary>
internal sealed class WindowAggregateStep<K, V, A>(
    StreamTask task, string name, WindowAggregation<K, V, A> aggregation, WindowStore<K, A> store,
    Outlet<Windowed<K>, A> output, Outlet<K, V> late) : Step(task, name), IReceiver<K, V>
{
    /// <summary>How often silence is looked for.</summary>
    private static readonly TimeSpan ScanInterval = TimeSpan.FromSeconds(1);

    private static readonly IReadOnlyList<RecordHeader> NoHeaders = [];

    private readonly long _sizeMs = (long)aggregation.Windows.Size.TotalMilliseconds;
    private readonly long _graceMs = (long)aggregation.Windows.Grace.TotalMilliseconds;
    private readonly long _idleMs = (long)aggregation.Windows.IdleTimeout.TotalMilliseconds;
    private readonly long _retentionMs = (long)aggregation.Windows.Retention.TotalMilliseconds;
    private readonly List<K> _due = [];

    public override void Init() => Task.Schedule(Name, ScanInterval, PunctuationType.WallClockTime, Scan);

    public void Process(in Record<K, V> record)
    {
        try
        {
            if (!record.HasKey || !record.HasValue)
            {
                Task.Metrics.Dropped(Task.Id);
                return;
            }

            Add(record);
        }
        catch (Exception failed) when (Task.Blame(Name, RejectionRule.Processing, failed))
        {
            throw;
        }
    }

    private void Add(in Record<K, V> record)
    {
        string device = aggregation.DeviceOf?.Invoke(record) ?? "";
        KeyWindows<A> windows = store.Change(record.Key);
        long watermarkMs = windows.WatermarkWith(device, record.TimestampMs);
        long closedThroughMs = Math.Max(windows.ClosedThroughMs, watermarkMs);
        long startMs = record.TimestampMs - (record.TimestampMs % _sizeMs);
        long endMs = startMs + _sizeMs;
        windows.See(device, record.TimestampMs, Task.WallClockMs);
        windows.ClosedThroughMs = closedThroughMs;
        if (endMs + _graceMs <= closedThroughMs)
        {
            Task.Metrics.Late(Task.Id);
            late.Forward(record);
            return;
        }

        int at = windows.IndexOf(startMs);
        OpenWindow<A> window = at >= 0
            ? windows.Windows[at] : new OpenWindow<A>(startMs, aggregation.Initializer(), 0, -1, false);
        Completeness completeness = watermarkMs >= endMs ? Completeness.Complete : Completeness.Partial;
        A aggregate = aggregation.Aggregator(
            record, new WindowContext(startMs, endMs, window.Revision, watermarkMs, completeness), window.Aggregate);
        window = window with { Aggregate = aggregate, TimestampMs = Math.Max(window.TimestampMs, record.TimestampMs) };
        bool emitsNow = aggregation.Emit == EmitStrategy.OnUpdate
            || (aggregation.Emit == EmitStrategy.OnWindowEnd && completeness == Completeness.Complete);
        windows.Set(emitsNow
            ? window with { Revision = window.Revision + 1, IsAnnounced = completeness == Completeness.Complete } : window);

        CloseBy(record.Key, windows, closedThroughMs, Completeness.Final);
        Announce(record.Key, windows, watermarkMs);
        if (emitsNow)
        {
            Emit(record.Key, window, completeness, record.Origin);
        }
    }

    /// <summary>Emits and forgets the windows that are over, oldest first.</summary>
    private void CloseBy(K key, KeyWindows<A> windows, long closedThroughMs, Completeness completeness)
    {
        while (windows.Windows.Count > 0 && windows.Windows[0].StartMs + _sizeMs + _graceMs <= closedThroughMs)
        {
            OpenWindow<A> closed = windows.Windows[0];
            windows.Windows.RemoveAt(0);
            Task.RunNested(Name, () => Emit(key, closed, completeness, RecordOrigin.None));
        }
    }

    /// <summary>A first result for windows whose end the watermark has passed.</summary>
    private void Announce(K key, KeyWindows<A> windows, long watermarkMs)
    {
        if (aggregation.Emit != EmitStrategy.OnWindowEnd)
        {
            return;
        }

        for (int i = 0; i < windows.Windows.Count; i++)
        {
            OpenWindow<A> window = windows.Windows[i];
            if (!window.IsAnnounced && window.StartMs + _sizeMs <= watermarkMs)
            {
                windows.Windows[i] = window with { Revision = window.Revision + 1, IsAnnounced = true };
                Task.RunNested(Name, () => Emit(key, window, Completeness.Complete, RecordOrigin.None));
            }
        }
    }

    private void Emit(K key, in OpenWindow<A> window, Completeness completeness, RecordOrigin origin) =>
        output.Forward(new Record<Windowed<K>, A>(
            new Windowed<K>(key, window.StartMs, window.StartMs + _sizeMs, window.Revision, completeness), window.Aggregate,
            window.TimestampMs, NoHeaders, origin));

    /// <summary>Looks for devices that have fallen silent, and for keys that need not be remembered.</summary>
    private void Scan(long nowMs)
    {
        _due.Clear();
        foreach ((K key, KeyWindows<A> windows) in store.All)
        {
            if (IsDue(windows, nowMs))
            {
                _due.Add(key);
            }
        }

        foreach (K key in _due)
        {
            Task.RunUnit(Name, () => CloseSilent(key, nowMs));
        }
    }

    private bool IsDue(KeyWindows<A> windows, long nowMs)
    {
        if (windows.Windows.Count == 0)
        {
            return nowMs - windows.SeenAtMs >= _retentionMs;
        }

        bool allSilent = true;
        foreach (DeviceTime device in windows.Devices)
        {
            bool fallsSilent = nowMs - device.SeenAtMs >= _idleMs;
            if (fallsSilent && !device.IsSilent)
            {
                return true;
            }

            allSilent &= fallsSilent;
        }

        return allSilent && windows.Windows[0].StartMs + _sizeMs + _graceMs <= nowMs;
    }

    private void CloseSilent(K key, long nowMs)
    {
        KeyWindows<A> windows = store.Find(key)!;
        if (windows.Windows.Count == 0)
        {
            store.Remove(key);
            return;
        }

        windows = store.Change(key);
        for (int i = 0; i < windows.Devices.Count; i++)
        {
            DeviceTime device = windows.Devices[i];
            windows.Devices[i] = device with { IsSilent = device.IsSilent || nowMs - device.SeenAtMs >= _idleMs };
        }

        long watermarkMs = windows.WatermarkMs();
        long closedThroughMs = watermarkMs == long.MinValue ? nowMs : watermarkMs;
        if (windows.Windows[0].StartMs + _sizeMs + _graceMs <= closedThroughMs)
        {
            long lastClosedMs = LastClosed(windows, closedThroughMs);
            windows.ClosedThroughMs = Math.Max(windows.ClosedThroughMs, lastClosedMs);
            CloseBy(key, windows, lastClosedMs, Completeness.FinalByIdleness);
        }
    }

    /// <summary>The end and grace of the newest window that closes: what lies after it is still open for those who come back.</summary>
    private long LastClosed(KeyWindows<A> windows, long closedThroughMs)
    {
        long last = windows.ClosedThroughMs;
        foreach (OpenWindow<A> window in windows.Windows)
        {
            long overMs = window.StartMs + _sizeMs + _graceMs;
            last = overMs <= closedThroughMs ? Math.Max(last, overMs) : last;
        }

        return last;
    }
}
