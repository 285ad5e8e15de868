using Fabric.Streams.Dsl;
using Fabric.Streams.Graph;

namespace Fabric.Streams;

/// <summary>What to compute, as a graph of steps. Immutable; one may run in many instances.</summary>
public sealed class Topology
{
    internal Topology(GraphBuilder graph)
    {
        SubTopologies = SubTopologyFinder.Find(graph.Nodes, graph.Stores, graph.TableTopics);
        CopartitionGroups = graph.CopartitionGroups;
        RepartitionTopics = graph.RepartitionTopics;
        Globals = [.. graph.Globals.Values];
        if (SubTopologies.Count == 0)
        {
            throw new StreamsException("TOPOLOGY_EMPTY", "The topology reads no topic");
        }

        string? unused = graph.Stores.Keys.FirstOrDefault(
            store => !SubTopologies.Any(topology => topology.Stores.Any(used => used.Name == store)));
        if (unused is not null)
        {
            throw new StreamsException("STORE_UNUSED", $"No step uses the store '{unused}'", unused);
        }
    }

    internal IReadOnlyList<SubTopology> SubTopologies { get; }

    internal IReadOnlyList<CopartitionGroup> CopartitionGroups { get; }

    internal IReadOnlyDictionary<TopicName, RepartitionTopic> RepartitionTopics { get; }

    internal IReadOnlyList<GlobalTableDefinition> Globals { get; }

    /// <summary>The graph for people and programs: text, Mermaid, JSON.</summary>
    /// <param name="applicationId">Begins the names of the topology's own topics; null leaves them bare.</param>
    public TopologyDescription Describe(string? applicationId = null) => TopologyDescription.Of(this, applicationId);
}
