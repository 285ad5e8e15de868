using System.Diagnostics.Metrics;
using Fabric.Schemas;

namespace Fabric.Connectors.Runner;

/// <summary>Counters of one connector under the meter <c>Fabric.Connectors</c>, tagged with its name.</summary>
internal sealed class ConnectorMetrics
{
    private static readonly Meter Meter = new("Fabric.Connectors");

    private static readonly Counter<long> Observations =
        Meter.CreateCounter<long>("fabric.connector.observations", "{record}", "Observations committed to Kafka");

    private static readonly Counter<long> Samples =
        Meter.CreateCounter<long>("fabric.connector.samples", "{sample}", "Samples committed to Kafka");

    private static readonly Counter<long> Quarantined =
        Meter.CreateCounter<long>("fabric.connector.quarantined", "{record}", "Messages that could not be parsed");

    private readonly KeyValuePair<string, object?> _tag;

    public ConnectorMetrics(string connector)
    {
        _tag = new KeyValuePair<string, object?>("connector", connector);
        Restarts = new TaggedCounter(
            Meter.CreateCounter<long>("fabric.connector.restarts", "{restart}", "Sessions begun again after a failure"), _tag);
        Aborts = new TaggedCounter(
            Meter.CreateCounter<long>("fabric.connector.aborts", "{transaction}", "Transactions aborted and repeated"), _tag);
    }

    public TaggedCounter Restarts { get; }

    public TaggedCounter Aborts { get; }

    public void Committed(SourceBatch batch)
    {
        long samples = 0;
        foreach (Observation observation in batch.Observations)
        {
            samples += observation.Samples.Count;
        }

        Observations.Add(batch.Observations.Count, _tag);
        Samples.Add(samples, _tag);
        if (batch.Rejections.Count > 0)
        {
            Quarantined.Add(batch.Rejections.Count, _tag);
        }
    }
}

/// <summary>A counter with its tag.</summary>
internal readonly record struct TaggedCounter(Counter<long> Counter, KeyValuePair<string, object?> Tag)
{
    public void Add(long delta) => Counter.Add(delta, Tag);
}
