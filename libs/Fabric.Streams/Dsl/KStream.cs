using Fabric.Streams.Graph;

namespace Fabric.Streams.Dsl;

/// <summary>The stream that leaves a port. Knows its serdes as far as they were said, and which topics it comes from.</summary>
internal sealed class KStream<K, V>(
    GraphBuilder graph, Port<K, V> port, ISerde<K>? keySerde, ISerde<V>? valueSerde, IReadOnlyCollection<TopicName> sources,
    bool keyChanged) : IKStream<K, V>
{
    public Port<K, V> Port { get; } = port;

    public IKStream<K, V> Filter(Func<K, V, bool> predicate, string? name = null) =>
        Then(graph.Name(name, "KSTREAM-FILTER-"), () => new Operators.Filter<K, V>(predicate), keySerde, valueSerde, keyChanged);

    public IKStream<K, V> FilterNot(Func<K, V, bool> predicate, string? name = null) =>
        Filter((key, value) => !predicate(key, value), name);

    public IKStream<K2, V2> Map<K2, V2>(Func<K, V, KeyValuePair<K2, V2>> mapper, string? name = null) =>
        Then<K2, V2>(graph.Name(name, "KSTREAM-MAP-"), () => new Operators.Map<K, V, K2, V2>(mapper), null, null, true);

    public IKStream<K2, V2> MapRecord<K2, V2>(Func<Record<K, V>, Record<K2, V2>> mapper, string? name = null) =>
        Then<K2, V2>(graph.Name(name, "KSTREAM-MAP-"), () => new Operators.MapRecord<K, V, K2, V2>(mapper), null, null, true);

    public IKStream<K, V2> MapValues<V2>(Func<V, V2> mapper, string? name = null) =>
        MapValues((_, value) => mapper(value), name);

    public IKStream<K, V2> MapValues<V2>(Func<K, V, V2> mapper, string? name = null) => Then<K, V2>(
        graph.Name(name, "KSTREAM-MAPVALUES-"), () => new Operators.MapValues<K, V, V2>(mapper), keySerde, null, keyChanged);

    public IKStream<K2, V2> FlatMap<K2, V2>(Func<K, V, IEnumerable<KeyValuePair<K2, V2>>> mapper, string? name = null) =>
        Then<K2, V2>(graph.Name(name, "KSTREAM-FLATMAP-"), () => new Operators.FlatMap<K, V, K2, V2>(mapper), null, null, true);

    public IKStream<K, V2> FlatMapValues<V2>(Func<V, IEnumerable<V2>> mapper, string? name = null) => Then<K, V2>(
        graph.Name(name, "KSTREAM-FLATMAPVALUES-"), () => new Operators.FlatMapValues<K, V, V2>(mapper), keySerde, null,
        keyChanged);

    public IKStream<K2, V> SelectKey<K2>(Func<K, V, K2> selector, string? name = null) => Then<K2, V>(
        graph.Name(name, "KSTREAM-KEY-SELECT-"), () => new Operators.SelectKey<K, V, K2>(selector), null, valueSerde, true);

    public IKStream<K, V> Peek(Action<K, V> action, string? name = null) =>
        Then(graph.Name(name, "KSTREAM-PEEK-"), () => new Operators.Peek<K, V>(action), keySerde, valueSerde, keyChanged);

    public void ForEach(Action<K, V> action, string? name = null) =>
        Then(graph.Name(name, "KSTREAM-FOREACH-"), () => new Operators.ForEach<K, V>(action), keySerde, valueSerde, keyChanged);

    public IKStream<K, V> Merge(IKStream<K, V> other, string? name = null)
    {
        var right = (KStream<K, V>)other;
        var node = Node<K, V>(graph.Name(name, "KSTREAM-MERGE-"), (_, _) => new Operators.PassThrough<K, V>());
        Port.Connect(node);
        right.Port.Connect(node);
        return new KStream<K, V>(
            graph, node.Output, keySerde ?? right.KeySerde, valueSerde ?? right.ValueSerde, [.. sources.Union(right.Sources)],
            keyChanged || right.KeyChanged);
    }

    public IReadOnlyList<IKStream<K, V>> Branch(params IReadOnlyList<Func<K, V, bool>> predicates)
    {
        BranchNode<K, V> node = AddBranchNode(null);
        return [.. predicates.Select(predicate => Same(node.AddBranch(predicate)))];
    }

    public IBranchedKStream<K, V> Split(string? name = null) => new BranchedKStream<K, V>(AddBranchNode(name), Same);

    public IKStream<K2, V2> Process<K2, V2>(
        Func<IProcessor<K, V, K2, V2>> supplier, IReadOnlyCollection<string>? stores = null, string? name = null)
    {
        string nodeName = graph.Name(name, "KSTREAM-PROCESSOR-");
        foreach (string store in stores ?? [])
        {
            if (!graph.Stores.ContainsKey(store))
            {
                throw new StreamsException("STORE_UNKNOWN", $"The topology has no store '{store}': add it first", nodeName);
            }
        }

        var node = Node<K2, V2>(nodeName, (_, _) => supplier());
        node.Connect(stores ?? []);
        Port.Connect(node);
        return new KStream<K2, V2>(graph, node.Output, null, null, sources, true);
    }

    public IKStream<K, V> Repartition(Grouped<K, V>? repartitioned = null)
    {
        string name = graph.Name(repartitioned?.Name, "KSTREAM-REPARTITION-");
        ISerde<K> keys = GraphBuilder.Serde(repartitioned?.KeySerde ?? keySerde, name, "key");
        ISerde<V> values = GraphBuilder.Serde(repartitioned?.ValueSerde ?? valueSerde, name, "value");
        var topic = new TopicName($"{name}-repartition", true);
        graph.RepartitionTopics.Add(topic, new RepartitionTopic(topic, repartitioned?.Partitions));
        SinkTo($"{name}-sink", topic, null, keys, values, null);
        var source = graph.Add(new SourceNode<K, V>($"{name}-source", graph.NextIndex, topic, false, keys, values, null));
        return new KStream<K, V>(graph, source.Output, keys, values, [topic], false);
    }

    public IKStream<K, V> Through(string topic, Produced<K, V>? produced = null)
    {
        To(topic, produced);
        ISerde<K> keys = GraphBuilder.Serde(produced?.KeySerde ?? keySerde, topic, "key");
        ISerde<V> values = GraphBuilder.Serde(produced?.ValueSerde ?? valueSerde, topic, "value");
        var name = new TopicName(topic, false);
        var source = graph.Add(new SourceNode<K, V>(
            graph.Name(null, "KSTREAM-SOURCE-"), graph.NextIndex, name, false, keys, values, null));
        return new KStream<K, V>(graph, source.Output, keys, values, [name], false);
    }

    public void To(string topic, Produced<K, V>? produced = null) => SinkTo(
        graph.Name(produced?.Name, "KSTREAM-SINK-"), new TopicName(topic, false), null,
        GraphBuilder.Serde(produced?.KeySerde ?? keySerde, topic, "key"),
        GraphBuilder.Serde(produced?.ValueSerde ?? valueSerde, topic, "value"), produced?.Partitioner);

    public void To(Func<Record<K, V>, string> topicOf, Produced<K, V>? produced = null)
    {
        string name = graph.Name(produced?.Name, "KSTREAM-SINK-");
        SinkTo(
            name, null, topicOf, GraphBuilder.Serde(produced?.KeySerde ?? keySerde, name, "key"),
            GraphBuilder.Serde(produced?.ValueSerde ?? valueSerde, name, "value"), produced?.Partitioner);
    }

    public IKTable<K, V> ToTable(Materialized<K, V>? materialized = null)
    {
        KStream<K, V> ready = ReadyToMeet(null, materialized?.StoreName is { } given ? $"{given}-input" : null);
        return KTables.Materialize(
            graph, ready, "KSTREAM-TOTABLE-", materialized, ready.KeySerde, ready.ValueSerde,
            store => new Operators.UpdateTable<K, V>(store));
    }

    public IKGroupedStream<K, V> GroupByKey(Grouped<K, V>? grouped = null) =>
        new KGroupedStream<K, V>(graph, WithSerdes(grouped?.KeySerde, grouped?.ValueSerde), grouped);

    public IKGroupedStream<K2, V> GroupBy<K2>(Func<K, V, K2> selector, Grouped<K2, V>? grouped = null) =>
        ((KStream<K2, V>)SelectKey(selector)).GroupByKey(grouped);

    public IKStream<K, VR> Join<VT, VR>(
        IKTable<K, VT> table, Func<V, VT, VR> joiner, Grouped<K, V>? repartitioned = null) =>
        JoinTable<VT, VR>((KTable<K, VT>)table, false, (value, other) => joiner(value, other!), repartitioned);

    public IKStream<K, VR> LeftJoin<VT, VR>(
        IKTable<K, VT> table, Func<V, VT?, VR> joiner, Grouped<K, V>? repartitioned = null) =>
        JoinTable((KTable<K, VT>)table, true, joiner, repartitioned);

    public IKStream<K, VR> Join<KG, VG, VR>(
        IGlobalKTable<KG, VG> table, Func<K, V, KG> keySelector, Func<V, VG, VR> joiner, string? name = null) =>
        JoinGlobal<KG, VG, VR>(table, false, keySelector, (value, other) => joiner(value, other!), name);

    public IKStream<K, VR> LeftJoin<KG, VG, VR>(
        IGlobalKTable<KG, VG> table, Func<K, V, KG> keySelector, Func<V, VG?, VR> joiner, string? name = null) =>
        JoinGlobal(table, true, keySelector, joiner, name);

    internal ISerde<K>? KeySerde => keySerde;

    internal ISerde<V>? ValueSerde => valueSerde;

    internal IReadOnlyCollection<TopicName> Sources => sources;

    internal bool KeyChanged => keyChanged;

    /// <summary>This stream, through a topic of its own if its key has changed, so that records of one key meet.</summary>
    internal KStream<K, V> ReadyToMeet(Grouped<K, V>? repartitioned, string? name) => keyChanged
        ? (KStream<K, V>)Repartition((repartitioned ?? new Grouped<K, V>()) with { Name = repartitioned?.Name ?? name })
        : this;

    internal void SinkTo(
        string name, TopicName? topic, Func<Record<K, V>, string>? topicOf, ISerde<K> keys, ISerde<V> values,
        Func<string, Record<K, V>, int, int>? partitioner) =>
        Port.Connect(graph.Add(new SinkNode<K, V>(name, graph.NextIndex, keys, values, topicOf, partitioner) { Topic = topic }));

    private KStream<K, V> WithSerdes(ISerde<K>? keys, ISerde<V>? values) =>
        new(graph, Port, keys ?? keySerde, values ?? valueSerde, sources, keyChanged);

    private KStream<K, V> Same(Port<K, V> of) => new(graph, of, keySerde, valueSerde, sources, keyChanged);

    private BranchNode<K, V> AddBranchNode(string? name)
    {
        var node = graph.Add(new BranchNode<K, V>(graph.Name(name, "KSTREAM-BRANCH-"), graph.NextIndex));
        Port.Connect(node);
        return node;
    }

    private KStream<K, VR> JoinTable<VT, VR>(
        KTable<K, VT> table, bool isLeft, Func<V, VT?, VR> joiner, Grouped<K, V>? repartitioned)
    {
        string name = graph.Name(repartitioned?.Name is { } given ? $"{given}-join" : null, isLeft ? "KSTREAM-LEFTJOIN-" : "KSTREAM-JOIN-");
        KStream<K, V> ready = ReadyToMeet(repartitioned, null);
        var node = new ProcessorNode<K, V, K, VR>(
            name, graph.NextIndex,
            (tasks, self) => new Operators.TableJoin<K, V, VT, VR>(table.Getter(tasks, self), joiner, isLeft));
        graph.Add(node).Connect(table.StoreNames);
        ready.Port.Connect(node);
        graph.CopartitionGroups.Add(new CopartitionGroup(name, [.. ready.Sources.Union(table.Sources)]));
        return new KStream<K, VR>(graph, node.Output, ready.KeySerde, null, [.. ready.Sources.Union(table.Sources)], false);
    }

    private KStream<K, VR> JoinGlobal<KG, VG, VR>(
        IGlobalKTable<KG, VG> table, bool isLeft, Func<K, V, KG> keySelector, Func<V, VG?, VR> joiner, string? name)
    {
        var global = (GlobalKTable<KG, VG>)table;
        return Then<K, VR>(
            graph.Name(name, isLeft ? "KSTREAM-LEFTJOIN-" : "KSTREAM-JOIN-"),
            tasks => new Operators.GlobalJoin<K, V, KG, VG, VR>(global.Lookup(tasks), keySelector, joiner, isLeft), keySerde,
            null, keyChanged);
    }

    private KStream<K2, V2> Then<K2, V2>(
        string name, Func<IProcessor<K, V, K2, V2>> supplier, ISerde<K2>? keys, ISerde<V2>? values, bool changesKey) =>
        Then(name, _ => supplier(), keys, values, changesKey);

    private KStream<K2, V2> Then<K2, V2>(
        string name, Func<TaskGraph, IProcessor<K, V, K2, V2>> supplier, ISerde<K2>? keys, ISerde<V2>? values, bool changesKey)
    {
        var node = Node<K2, V2>(name, (tasks, _) => supplier(tasks));
        Port.Connect(node);
        return new KStream<K2, V2>(graph, node.Output, keys, values, sources, changesKey);
    }

    private ProcessorNode<K, V, K2, V2> Node<K2, V2>(
        string name, Func<TaskGraph, Node, IProcessor<K, V, K2, V2>> supplier) =>
        graph.Add(new ProcessorNode<K, V, K2, V2>(name, graph.NextIndex, supplier));
}

internal sealed class BranchedKStream<K, V>(BranchNode<K, V> node, Func<Port<K, V>, IKStream<K, V>> streamOf)
    : IBranchedKStream<K, V>
{
    private readonly Dictionary<string, IKStream<K, V>> _branches = new(StringComparer.Ordinal);

    public IBranchedKStream<K, V> Branch(Func<K, V, bool> predicate, string name)
    {
        _branches.Add(name, streamOf(node.AddBranch(predicate)));
        return this;
    }

    public IReadOnlyDictionary<string, IKStream<K, V>> DefaultBranch(string name)
    {
        _branches.Add(name, streamOf(node.AddBranch(null)));
        return _branches;
    }

    public IReadOnlyDictionary<string, IKStream<K, V>> NoDefaultBranch() => _branches;
}
