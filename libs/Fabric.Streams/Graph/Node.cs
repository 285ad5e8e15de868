using Fabric.Streams.Tasks;

namespace Fabric.Streams.Graph;

/// <summary>A topic as the topology names it: somebody's, or its own, whose full name begins with the application id.</summary>
internal readonly record struct TopicName(string Name, bool IsInternal)
{
    public string Resolve(string applicationId) => IsInternal ? $"{applicationId}-{Name}" : Name;
}

/// <summary>One step of the topology as it is written. Tasks make running steps from it.</summary>
internal abstract class Node(string name, int index)
{
    private readonly List<Node> _children = [];
    private readonly List<string> _stores = [];

    public string Name { get; } = name;

    /// <summary>Order of creation: parents come before children.</summary>
    public int Index { get; } = index;

    public IReadOnlyList<Node> Children => _children;

    /// <summary>Stores of the task that this step uses. Steps that share one run in the same task.</summary>
    public IReadOnlyList<string> Stores => _stores;

    public void AddChild(Node child) => _children.Add(child);

    public void Connect(IEnumerable<string> stores) => _stores.AddRange(stores.Where(store => !_stores.Contains(store)));
}

/// <summary>Where records of one type leave a node.</summary>
internal sealed class Port<K, V>(Node owner)
{
    private readonly List<ReceivingNode<K, V>> _targets = [];

    public Node Owner { get; } = owner;

    public void Connect(ReceivingNode<K, V> target)
    {
        _targets.Add(target);
        Owner.AddChild(target);
    }

    public Outlet<K, V> Build(TaskGraph graph)
    {
        var receivers = new IReceiver<K, V>[_targets.Count];
        for (int i = 0; i < receivers.Length; i++)
        {
            receivers[i] = _targets[i].Receiver(graph);
        }

        return new Outlet<K, V>(receivers);
    }
}

/// <summary>A node that takes records.</summary>
internal abstract class ReceivingNode<K, V>(string name, int index) : Node(name, index)
{
    /// <summary>The running step of a task; the same one however many parents ask.</summary>
    public IReceiver<K, V> Receiver(TaskGraph graph)
    {
        if (graph.Find(this) is not { } step)
        {
            step = Create(graph);
            graph.Add(this, step);
        }

        return (IReceiver<K, V>)step;
    }

    /// <summary>Makes a step that implements <see cref="IReceiver{K,V}"/>.</summary>
    protected abstract Step Create(TaskGraph graph);
}

/// <summary>A running step that takes records.</summary>
internal interface IReceiver<K, V>
{
    void Process(in Record<K, V> record);
}

/// <summary>A running port: forwards to every step that follows, in the order in which they were connected.</summary>
internal sealed class Outlet<K, V>(IReceiver<K, V>[] receivers)
{
    public void Forward(in Record<K, V> record)
    {
        foreach (IReceiver<K, V> receiver in receivers)
        {
            receiver.Process(record);
        }
    }
}

/// <summary>A running step of one task.</summary>
internal abstract class Step(StreamTask task, string name)
{
    public StreamTask Task { get; } = task;

    public string Name { get; } = name;

    public virtual void Init()
    {
    }

    public virtual void Close()
    {
    }
}
