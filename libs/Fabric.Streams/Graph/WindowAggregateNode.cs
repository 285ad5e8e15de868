using Fabric.Streams.State;

namespace Fabric.Streams.Graph;

/// <summary>How a windowed aggregation was written.</summary>
internal sealed record WindowAggregation<K, V, A>(
    TimeWindows Windows, EmitStrategy Emit, Func<A> Initializer, Func<Record<K, V>, WindowContext, A, A> Aggregator,
    Func<Record<K, V>, string>? DeviceOf, StateStores.WindowStoreBuilder<K, A> Store);

/// <summary>Adds records to tumbling windows and closes them, by watermark or by wall clock.</summary>
internal sealed class WindowAggregateNode<K, V, A> : ReceivingNode<K, V>
{
    private readonly WindowAggregation<K, V, A> _aggregation;

    public WindowAggregateNode(string name, int index, WindowAggregation<K, V, A> aggregation)
        : base(name, index)
    {
        _aggregation = aggregation;
        Output = new Port<Windowed<K>, A>(this);
        Late = new Port<K, V>(this);
        Connect([aggregation.Store.Name]);
    }

    public Port<Windowed<K>, A> Output { get; }

    /// <summary>Records whose window was closed when they came.</summary>
    public Port<K, V> Late { get; }

    protected override Step Create(TaskGraph graph) => new WindowAggregateStep<K, V, A>(
        graph.Task, Name, _aggregation, graph.Store<WindowStore<K, A>>(this, _aggregation.Store.Name), Output.Build(graph),
        Late.Build(graph));
}
