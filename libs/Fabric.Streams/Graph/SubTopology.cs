namespace Fabric.Streams.Graph;

/// <summary>Steps that run in the same task: connected by forwarding or by a shared store.</summary>
internal sealed class SubTopology
{
    private readonly IReadOnlyDictionary<string, TopicName> _tableTopics;

    public SubTopology(
        int index, IReadOnlyList<Node> nodes, IReadOnlyList<StoreBuilder> stores,
        IReadOnlyDictionary<string, TopicName> tableTopics)
    {
        Index = index;
        Nodes = nodes;
        Stores = stores;
        _tableTopics = tableTopics;
        Sources = [.. nodes.OfType<SourceNode>()];
        Sinks = [.. nodes.OfType<ISinkNode>()];
    }

    public int Index { get; }

    public IReadOnlyList<Node> Nodes { get; }

    public IReadOnlyList<StoreBuilder> Stores { get; }

    public IReadOnlyList<SourceNode> Sources { get; }

    public IReadOnlyList<ISinkNode> Sinks { get; }

    /// <summary>The topic from which a store is restored: its changelog, or the table's own topic.</summary>
    public TopicName BackingTopic(string store) =>
        _tableTopics.TryGetValue(store, out TopicName topic) ? topic : new TopicName($"{store}-changelog", true);

    /// <summary>The source that fills a store; null for a store with a changelog.</summary>
    public SourceNode? SourceOf(string store) => Sources.FirstOrDefault(source => source.TableStore == store);

    /// <summary>
    /// The one topic whose partitions the group hands out: of those with the most partitions, a stream before a table,
    /// then by name, so that all instances choose the same.
    /// </summary>
    public TopicName Driver(Func<TopicName, int> partitionsOf) => Sources
        .OrderByDescending(source => partitionsOf(source.Topic))
        .ThenBy(source => source.IsTable)
        .ThenBy(source => source.Topic.Name, StringComparer.Ordinal)
        .First().Topic;
}
