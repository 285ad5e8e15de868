using System.Diagnostics.Metrics;

namespace Fabric.Lakehouse.Sink;

/// <summary>Instruments of one table's sink under the meter <c>Fabric.Lakehouse</c>, tagged with the table.</summary>
internal sealed class SinkMetrics(string table)
{
    private static readonly Meter Meter = new("Fabric.Lakehouse");

    private static readonly Counter<long> RowCounter =
        Meter.CreateCounter<long>("fabric.sink.rows", "{row}", "Rows committed");

    private static readonly Counter<long> CommitCounter =
        Meter.CreateCounter<long>("fabric.sink.commits", "{commit}", "Delta commits");

    private static readonly Counter<long> ByteCounter =
        Meter.CreateCounter<long>("fabric.sink.bytes", "By", "Bytes of Parquet files committed");

    private static readonly Counter<long> DroppedCounter =
        Meter.CreateCounter<long>("fabric.sink.dropped_commits", "{commit}", "Commits dropped because another sink was first");

    private static readonly Counter<long> QuarantineCounter =
        Meter.CreateCounter<long>("fabric.sink.quarantined", "{record}", "Records that do not fit the table");

    private static readonly Gauge<long> LagGauge =
        Meter.CreateGauge<long>("fabric.sink.lag", "{record}", "Offsets between what was read and the last known end of the topic");

    private static readonly Histogram<double> CommitHistogram =
        Meter.CreateHistogram<double>("fabric.sink.commit_duration", "ms", "From the decision to flush to the visible version");

    private readonly KeyValuePair<string, object?> _tag = new("table", table);

    public void Committed(long rows, long bytes, TimeSpan duration)
    {
        RowCounter.Add(rows, _tag);
        ByteCounter.Add(bytes, _tag);
        CommitCounter.Add(1, _tag);
        CommitHistogram.Record(duration.TotalMilliseconds, _tag);
    }

    public void Dropped() => DroppedCounter.Add(1, _tag);

    public void Quarantined() => QuarantineCounter.Add(1, _tag);

    public void Lag(long offsets) => LagGauge.Record(offsets, _tag);
}
