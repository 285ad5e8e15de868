using System.Globalization;
using Fabric.Streams.Graph;

namespace Fabric.Streams.Dsl;

/// <summary>Collects nodes, stores and constraints while a topology is being written.</summary>
internal sealed class GraphBuilder
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private int _generated;

    public List<Node> Nodes { get; } = [];

    public Dictionary<string, StoreBuilder> Stores { get; } = new(StringComparer.Ordinal);

    /// <summary>Source topic of a table by the store it fills.</summary>
    public Dictionary<string, TopicName> TableTopics { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, GlobalTableDefinition> Globals { get; } = new(StringComparer.Ordinal);

    /// <summary>Topics that must have the same number of partitions, because records of one key have to meet.</summary>
    public List<CopartitionGroup> CopartitionGroups { get; } = [];

    public Dictionary<TopicName, RepartitionTopic> RepartitionTopics { get; } = [];

    /// <summary>Index for the next node; nodes come into being in order.</summary>
    public int NextIndex => Nodes.Count;

    /// <summary>The name given, or a generated one with Kafka Streams' prefixes.</summary>
    /// <exception cref="StreamsException">Code <c>NAME_TAKEN</c>.</exception>
    public string Name(string? given, string prefix)
    {
        string name = given ?? string.Create(CultureInfo.InvariantCulture, $"{prefix}{_generated++:D10}");
        if (!_names.Add(name))
        {
            throw new StreamsException("NAME_TAKEN", $"Two steps of the topology are called '{name}'", name);
        }

        return name;
    }

    public T Add<T>(T node)
        where T : Node
    {
        Nodes.Add(node);
        return node;
    }

    public void AddStore(StoreBuilder store)
    {
        if (!Stores.TryAdd(store.Name, store))
        {
            throw new StreamsException("NAME_TAKEN", $"Two stores of the topology are called '{store.Name}'", store.Name);
        }
    }

    public static ISerde<T> Serde<T>(ISerde<T>? given, string where, string part) =>
        given ?? Serdes.Default<T>() ?? throw new StreamsException(
            "SERDE_UNKNOWN", $"The {part} of type {typeof(T).Name} has no built-in serde: give one", where);
}

/// <summary>Topics that must have the same number of partitions.</summary>
internal sealed record CopartitionGroup(string Reason, IReadOnlyCollection<TopicName> Topics);

/// <summary>A topic of the topology's own, between two sub-topologies.</summary>
/// <param name="Partitions">Null: as many as the greatest topic that feeds it.</param>
internal sealed record RepartitionTopic(TopicName Topic, int? Partitions);

/// <summary>A table that every instance holds whole.</summary>
internal sealed record GlobalTableDefinition(TopicName Topic, string StoreName, Func<State.GlobalStore> CreateStore);
