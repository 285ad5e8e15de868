using Fabric.Avro;
using Fabric.Streams;
using Fabric.Topologies.Serdes;

namespace Fabric.Topologies;

/// <summary>A topology of the user's own: a public class with a constructor without parameters, named in the configuration.</summary>
public interface IFabricTopology
{
    /// <summary>Builds the topology. Called once per process; must not read clocks, files or networks.</summary>
    Topology Build(TopologyContext context);
}

/// <summary>What a topology may ask of the fabric it runs in.</summary>
/// <param name="Fabric">Prefix of the topics.</param>
/// <param name="Ids">The schema registry; a test gives one of its own.</param>
public sealed record TopologyContext(string Fabric, SchemaIds Ids)
{
    /// <summary>A topic of the fabric, e.g. <c>telemetry</c>.</summary>
    public string Topic(string name) => $"{Fabric}.{name}";

    /// <summary>A serde for one of the generated record types.</summary>
    public ISerde<T> Avro<T>()
        where T : class, IAvroRecord<T>, new() => new AvroSerde<T>(Ids);
}
