using Fabric.Schemas;
using Fabric.Streams;
using Fabric.Topologies.Serdes;

namespace Fabric.Topologies.Contextualize;

/// <summary>From <c>raw</c> to <c>telemetry</c>: each sample joined, by point and event time, with what the twins say.</summary>
public static class ContextualizeTopology
{
    /// <summary>Name of the step in descriptions.</summary>
    public const string Name = "contextualize";

    /// <param name="fabric">Prefix of the topics.</param>
    public static Topology Build(string fabric, SchemaIds ids, TimeProvider clock)
    {
        var builder = new StreamBuilder();
        IGlobalKTable<string, TwinEntry> twins = builder.GlobalTable(
            $"{fabric}.twins", Consumed.With(Streams.Serdes.String, new TwinEntrySerde(ids, clock)), "twins");
        builder.Stream($"{fabric}.raw", Consumed.With(Streams.Serdes.String, new AvroSerde<Observation>(ids, reusesRecord: true)))
            .Process(
                () => (IProcessor<string, Observation, string, AssetObservation>)new Contextualizer(twins.StoreName),
                name: Name)
            .To($"{fabric}.telemetry", Produced.With(Streams.Serdes.String, new AvroSerde<AssetObservation>(ids)));
        return builder.Build();
    }
}
