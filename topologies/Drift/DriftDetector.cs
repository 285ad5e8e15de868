using System.Diagnostics.Metrics;
using Fabric.Core;
using Fabric.Schemas;
using Fabric.Streams;
using Completeness = Fabric.Schemas.Completeness;

namespace Fabric.Topologies.Drift;

/// <summary>
/// Collects the finite numbers of quality GOOD of each asset and signal in tumbling windows of event time and, when a window
/// closes, compares it with the baseline. A window closes once: by the watermark, which is the least time of the devices that
/// feed the signal; by the same without those that have fallen silent; or by wall clock when all have.
/// </summary>
/// <remarks>
/// One per task. Telemetry is partitioned by asset, so no repartition topic is needed. Samples whose clock is suspect are left
/// out: one time in the far future would make everything after it late.
/// </remarks>
internal sealed class DriftDetector(DriftOptions options, Func<Baseline> load)
    : IProcessor<string, AssetObservation, string, DriftResult>
{
    private const int SeriesMax = 1_000_000;

    private static readonly TimeSpan ScanInterval = TimeSpan.FromSeconds(1);
    private static readonly Meter Meter = new("Fabric.Topologies");

    private static readonly Counter<long> Counted = Meter.CreateCounter<long>(
        "fabric.drift.samples", "{sample}", "Samples counted in a window");

    private static readonly Counter<long> Late = Meter.CreateCounter<long>(
        "fabric.drift.late", "{sample}", "Samples that came after their window had closed");

    private static readonly Counter<long> Closed = Meter.CreateCounter<long>(
        "fabric.drift.windows", "{window}", "Windows closed");

    private readonly long _windowMicros = Micros(options.Window);
    private readonly long _graceMicros = Micros(options.Grace);
    private readonly long _idleMs = (long)options.Idle.TotalMilliseconds;
    private readonly long _retentionMs = (long)TimeSpan.FromDays(1).TotalMilliseconds;
    private readonly Dictionary<(string Asset, string Model, string Signal), Series?> _series = [];
    private readonly List<KeyValuePair<string, SignalWindows>> _due = [];
    private readonly DriftResult _result = new();
    private Baseline _baseline = null!;
    private IKeyValueStore<string, SignalWindows> _store = null!;
    private IProcessorContext<string, DriftResult> _context = null!;

    /// <param name="Baseline">Null when the signal has none.</param>
    private sealed record Series(string Key, BaselineSample? Baseline);

    public void Init(IProcessorContext<string, DriftResult> context)
    {
        _context = context;
        _baseline = load();
        _store = context.GetStateStore<IKeyValueStore<string, SignalWindows>>(DriftTopology.StoreName);
        context.Schedule(ScanInterval, PunctuationType.WallClockTime, Scan);
    }

    public void Process(in Record<string, AssetObservation> record)
    {
        AssetObservation observation = record.Value;
        if (observation is null)
        {
            return; // a tombstone says nothing about a signal
        }

        string? device = null;
        for (int i = 0; i < observation.Samples.Count; i++)
        {
            SignalSample sample = observation.Samples[i];
            if (sample.Quality == Quality.Good && sample.Number is { } number && double.IsFinite(number)
                && !sample.Flags.Contains(SampleFlag.ClockSuspect)
                && SeriesOf(observation.Asset, observation.Model, sample.Signal) is { } series)
            {
                device ??= RecordKey.Join(observation.Source, observation.Device);
                Add(series, device, number, sample.ObservedAtMicros, record.Origin);
            }
        }
    }

    private void Add(Series series, string device, double number, long observedMicros, in Streams.RecordOrigin origin)
    {
        if (!_store.TryGet(series.Key, out SignalWindows? windows))
        {
            windows = SignalWindows.None;
        }

        long nowMs = _context.CurrentSystemTimeMs;
        windows = windows with { Devices = windows.DevicesWith(device, observedMicros, nowMs, nowMs - _retentionMs) };
        windows = windows with
        {
            ClosedThroughMicros = Math.Max(windows.ClosedThroughMicros, windows.WatermarkMicros(nowMs - _idleMs + 1)),
        };
        long offset = observedMicros % _windowMicros;
        long startMicros = observedMicros - (offset < 0 ? offset + _windowMicros : offset);
        if (OverMicros(startMicros) <= windows.ClosedThroughMicros)
        {
            Late.Add(1);
        }
        else
        {
            OpenWindow window = windows.Find(startMicros)
                ?? new OpenWindow(
                    startMicros, WindowSlots.Empty(series.Baseline), long.MinValue,
                    origin.IsKnown ? origin.Partition.Partition : -1, origin.Offset, origin.Offset);
            windows = windows with
            {
                Windows = windows.WindowsWith(window with
                {
                    Slots = window.Slots.With(number, series.Baseline),
                    LatestMicros = Math.Max(window.LatestMicros, observedMicros),
                    FirstOffset = Math.Min(window.FirstOffset, origin.Offset),
                    LastOffset = Math.Max(window.LastOffset, origin.Offset),
                }),
            };
            Counted.Add(1);
        }

        _store.Put(series.Key, Close(series.Key, windows, nowMs));
    }

    /// <summary>Emits the windows that are over and returns what is left.</summary>
    private SignalWindows Close(string key, SignalWindows windows, long nowMs)
    {
        long of = windows.WatermarkMicros(long.MinValue), awake = windows.WatermarkMicros(nowMs - _idleMs + 1);
        long closedThrough = windows.ClosedThroughMicros;
        int closed = 0;
        foreach (OpenWindow window in windows.Windows)
        {
            long over = OverMicros(window.StartMicros);
            if (over > closedThrough && !(awake == long.MinValue && over <= nowMs * 1000))
            {
                break;
            }

            closedThrough = Math.Max(closedThrough, over);
            Emit(key, window, over <= of ? Completeness.Watermark : awake == long.MinValue ? Completeness.WallClock : Completeness.Idle);
            closed++;
        }

        return closed == 0 ? windows : windows with { Windows = windows.Windows[closed..], ClosedThroughMicros = closedThrough };
    }

    private void Emit(string key, OpenWindow window, Completeness completeness)
    {
        string[] parts = RecordKey.Split(key);
        _result.Asset = parts[0];
        _result.Signal = parts[1];
        _result.WindowStartMicros = window.StartMicros;
        _result.WindowEndMicros = window.StartMicros + _windowMicros;
        _result.InputPartition = window.Partition >= 0 ? window.Partition : null;
        _result.FirstOffset = window.FirstOffset >= 0 ? window.FirstOffset : null;
        _result.LastOffset = window.LastOffset >= 0 ? window.LastOffset : null;
        _result.Completeness = completeness;
        WindowVerdict.Fill(_result, options, window.Slots, _baseline.Find(parts[0], parts[1]), _baseline.Name);
        Closed.Add(1);
        _context.Forward(new Record<string, DriftResult>(key, _result, Math.Max(0, window.LatestMicros / 1000)));
    }

    /// <summary>Looks for devices that have fallen silent, and for signals that need not be remembered.</summary>
    private void Scan(long nowMs)
    {
        _due.Clear();
        foreach (KeyValuePair<string, SignalWindows> entry in _store.All())
        {
            if (entry.Value.Windows.Length > 0 ? HasSilent(entry.Value, nowMs) : nowMs - entry.Value.SeenAtMs() >= _retentionMs)
            {
                _due.Add(entry);
            }
        }

        foreach ((string key, SignalWindows windows) in _due)
        {
            if (windows.Windows.Length == 0)
            {
                _store.Delete(key);
                continue;
            }

            SignalWindows awake = windows with
            {
                ClosedThroughMicros = Math.Max(windows.ClosedThroughMicros, windows.WatermarkMicros(nowMs - _idleMs + 1)),
            };
            SignalWindows left = Close(key, awake, nowMs);
            if (left != windows)
            {
                _store.Put(key, left);
            }
        }
    }

    private bool HasSilent(SignalWindows windows, long nowMs)
    {
        foreach (DeviceTime device in windows.Devices)
        {
            if (nowMs - device.SeenAtMs >= _idleMs)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Null for a signal that nobody asked for.</summary>
    private Series? SeriesOf(string asset, string model, string signal)
    {
        if (_series.TryGetValue((asset, model, signal), out Series? series))
        {
            return series;
        }

        if (_series.Count >= SeriesMax)
        {
            _series.Clear();
        }

        foreach (SignalSelector selector in options.Signals)
        {
            if (selector.Matches(model, signal))
            {
                series = new Series(RecordKey.Join(asset, signal), _baseline.Find(asset, signal));
                break;
            }
        }

        _series.Add((asset, model, signal), series);
        return series;
    }

    private long OverMicros(long startMicros) => startMicros + _windowMicros + _graceMicros;

    private static long Micros(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;
}
