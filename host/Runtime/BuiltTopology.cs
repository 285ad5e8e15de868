using Fabric.Host.Configuration;
using Fabric.Streams;

namespace Fabric.Host.Runtime;

/// <summary>A topology of the configuration, and the topics that follow from it.</summary>
internal sealed record BuiltTopology(TopologyPlan Plan, Topology Topology, string Fabric)
{
    /// <summary>Begins the names of its group, its transactional ids and the topics that are its own.</summary>
    public string ApplicationId { get; } = $"{Fabric}.{Plan.Name}";

    public TopologyDescription Description => Topology.Describe(ApplicationId);

    /// <summary>What it reads as streams and tables, repartition topics included.</summary>
    public IEnumerable<string> Read =>
        TopicsOf("source", "table").Concat(Description.GlobalTables.Select(table => table.Topic)).Distinct();

    /// <summary>What it writes for others. Those chosen per record are not known before.</summary>
    public IEnumerable<string> Written => TopicsOf("sink").Where(topic => !IsRepartition(topic));

    /// <summary>What it sends to itself, given up once it was processed.</summary>
    public IEnumerable<string> Repartitions => TopicsOf("sink").Where(IsRepartition);

    /// <summary>Where its state is kept.</summary>
    public IEnumerable<string> Changelogs => Description.SubTopologies.SelectMany(sub => sub.Stores)
        .Select(store => store.Topic).OfType<string>().Where(topic => IsOwn(topic, "-changelog")).Distinct();

    private IEnumerable<string> TopicsOf(params string[] kinds) => Description.SubTopologies.SelectMany(sub => sub.Nodes)
        .Where(node => kinds.Contains(node.Kind)).Select(node => node.Topic).OfType<string>().Distinct();

    private bool IsRepartition(string topic) => IsOwn(topic, "-repartition");

    private bool IsOwn(string topic, string end) =>
        topic.StartsWith($"{ApplicationId}-", StringComparison.Ordinal) && topic.EndsWith(end, StringComparison.Ordinal);
}
