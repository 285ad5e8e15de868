using Fabric.Streams.State;
using Fabric.Streams.Tasks;

namespace Fabric.Streams.Graph;

/// <summary>The steps of one task as they are made from the topology.</summary>
internal sealed class TaskGraph(StreamTask task)
{
    private readonly Dictionary<Node, Step> _byNode = [];
    private readonly List<Step> _steps = [];

    public StreamTask Task { get; } = task;

    /// <summary>In order of making: a step comes after those it forwards to.</summary>
    public IReadOnlyList<Step> Steps => _steps;

    public Step? Find(Node node) => _byNode.GetValueOrDefault(node);

    public void Add(Node node, Step step)
    {
        _byNode.Add(node, step);
        _steps.Add(step);
    }

    /// <summary>A store that the node is connected to.</summary>
    /// <exception cref="StreamsException">Code <c>STORE_UNKNOWN</c>.</exception>
    public T Store<T>(Node node, string name)
    {
        if (!node.Stores.Contains(name))
        {
            throw new StreamsException(
                "STORE_UNKNOWN", $"'{node.Name}' asks for the store '{name}' and is not connected to it", node.Name);
        }

        StateStore store = Task.Store(name);
        return store is T typed
            ? typed
            : throw new StreamsException(
                "STORE_UNKNOWN", $"'{node.Name}' asks for the store '{name}' as {typeof(T).Name}, it is {store.GetType().Name}",
                node.Name);
    }
}
