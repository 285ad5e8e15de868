using System.Diagnostics.Metrics;

namespace Fabric.Streams.Runtime;

/// <summary>Meter <c>Fabric.Streams</c>. Thread-safe. Counters are added to per batch, not per record.</summary>
internal sealed class StreamsMetrics : IDisposable
{
    public const string MeterName = "Fabric.Streams";

    private readonly Meter _meter = new(MeterName);
    private readonly KeyValuePair<string, object?> _application;
    private readonly Counter<long> _records;
    private readonly Counter<long> _late;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _quarantined;
    private readonly Counter<long> _commits;
    private readonly Counter<long> _aborts;
    private readonly Counter<long> _restored;
    private readonly Counter<long> _rewound;
    private readonly Counter<long> _lost;
    private readonly Counter<long> _rebuilds;
    private readonly Counter<long> _stalls;
    private readonly Histogram<double> _commitMs;
    private readonly Histogram<double> _latencyMs;

    public StreamsMetrics(string applicationId)
    {
        _application = new KeyValuePair<string, object?>("application", applicationId);
        _records = _meter.CreateCounter<long>("streams.records", "{record}", "Input records processed");
        _late = _meter.CreateCounter<long>("streams.late", "{record}", "Records that came after their window was closed");
        _dropped = _meter.CreateCounter<long>("streams.dropped", "{record}", "Records without the key or value that a step needs");
        _quarantined = _meter.CreateCounter<long>("streams.quarantined", "{record}", "Records refused");
        _commits = _meter.CreateCounter<long>("streams.commits", "{commit}", "Transactions committed");
        _aborts = _meter.CreateCounter<long>("streams.aborts", "{abort}", "Transactions given up");
        _restored = _meter.CreateCounter<long>("streams.restored", "{record}", "Changelog and table records read at start");
        _rewound = _meter.CreateCounter<long>("streams.rewound", "{record}", "Records that the client delivered twice; dropped");
        _lost = _meter.CreateCounter<long>("streams.lost", "{offset}", "Offsets that retention took before they were processed");
        _rebuilds = _meter.CreateCounter<long>("streams.rebuilds", "{rebuild}", "Times a thread opened its clients anew");
        _stalls = _meter.CreateCounter<long>("streams.stalls", "{stall}", "Steps that took longer than allowed");
        _commitMs = _meter.CreateHistogram<double>("streams.commit.duration", "ms", "Duration of a commit");
        _latencyMs = _meter.CreateHistogram<double>("streams.latency", "ms", "Wall clock at commit minus oldest event time in it");
    }

    public void Processed(TaskId task, int records) => _records.Add(records, _application, Tag(task));

    public void Late(TaskId task) => _late.Add(1, _application, Tag(task));

    public void Dropped(TaskId task) => _dropped.Add(1, _application, Tag(task));

    public void Quarantined(TaskId task, RejectionRule rule) =>
        _quarantined.Add(1, _application, Tag(task), new KeyValuePair<string, object?>("rule", rule.ToString()));

    public void Committed(double milliseconds, double latencyMs)
    {
        _commits.Add(1, _application);
        _commitMs.Record(milliseconds, _application);
        _latencyMs.Record(latencyMs, _application);
    }

    public void Aborted() => _aborts.Add(1, _application);

    public void Restored(long records) => _restored.Add(records, _application);

    public void Rewound(long records)
    {
        if (records > 0)
        {
            _rewound.Add(records, _application);
        }
    }

    public void Lost(long offsets) => _lost.Add(offsets, _application);

    public void Rebuilt() => _rebuilds.Add(1, _application);

    public void Stalled() => _stalls.Add(1, _application);

    /// <summary>Gauges over what the runtime knows at the moment: lag and size of state per task.</summary>
    public void Observe(Func<IEnumerable<(TaskId Task, long Lag)>> lags, Func<IEnumerable<(string Store, long Entries)>> stores)
    {
        _meter.CreateObservableGauge(
            "streams.lag",
            () => lags().Select(lag => new Measurement<long>(lag.Lag, _application, Tag(lag.Task))),
            "{record}", "Records between what was processed and the last known end of the log");
        _meter.CreateObservableGauge(
            "streams.state.entries",
            () => stores().Select(store => new Measurement<long>(
                store.Entries, _application, new KeyValuePair<string, object?>("store", store.Store))),
            "{entry}", "Entries in state stores");
    }

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Tag(TaskId task) => new("task", task.ToString());
}
