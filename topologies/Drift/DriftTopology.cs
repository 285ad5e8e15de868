using Fabric.Schemas;
using Fabric.Streams;
using Fabric.Topologies.Serdes;

namespace Fabric.Topologies.Drift;

/// <summary>From <c>telemetry</c> to <c>drift</c>: each window of each selected signal, against its baseline.</summary>
public static class DriftTopology
{
    /// <summary>Name of the state store, and part of its changelog topic's.</summary>
    public const string StoreName = "drift-windows";

    /// <param name="fabric">Prefix of the topics.</param>
    /// <param name="loader">Asked once, when the first task starts; not while the topology is only described.</param>
    public static Topology Build(
        string fabric, DriftOptions options, SchemaIds ids, BaselineLoader loader, TimeProvider clock)
    {
        var baseline = new Lazy<Baseline>(() => loader.Load(options.Baseline), LazyThreadSafetyMode.ExecutionAndPublication);
        return Build(fabric, options, ids, () => baseline.Value, () => clock.GetUtcNow().ToUnixTimeMilliseconds());
    }

    internal static Topology Build(
        string fabric, DriftOptions options, SchemaIds ids, Func<Baseline> baseline, Func<long> wallClockMs)
    {
        var builder = new StreamBuilder();
        builder.AddStateStore(StateStores.InMemoryKeyValue(
            StoreName, Streams.Serdes.String, new SignalWindowsSerde(wallClockMs)));
        builder.Stream($"{fabric}.telemetry", Consumed.With(Streams.Serdes.String, new AvroSerde<AssetObservation>(ids)))
            .Process(
                () => (IProcessor<string, AssetObservation, string, DriftResult>)new DriftDetector(options, baseline),
                [StoreName], "drift")
            .To($"{fabric}.drift", Produced.With(Streams.Serdes.String, new AvroSerde<DriftResult>(ids)));
        return builder.Build();
    }
}
