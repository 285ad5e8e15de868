using Fabric.Streams.Graph;

namespace Fabric.Streams.Dsl;

internal sealed class KGroupedStream<K, V>(GraphBuilder graph, KStream<K, V> stream, Grouped<K, V>? grouped)
    : IKGroupedStream<K, V>
{
    private KStream<K, V>? _ready;

    public IKTable<K, long> Count(Materialized<K, long>? materialized = null) =>
        Aggregate(() => 0L, (Record<K, V> _, long count) => count + 1, materialized);

    public IKTable<K, V> Reduce(Func<V, V, V> reducer, Materialized<K, V>? materialized = null)
    {
        KStream<K, V> ready = Ready(materialized?.StoreName);
        return KTables.Materialize(
            graph, ready, "KSTREAM-REDUCE-", materialized, ready.KeySerde, ready.ValueSerde,
            store => new Operators.Reduce<K, V>(store, reducer));
    }

    public IKTable<K, A> Aggregate<A>(
        Func<A> initializer, Func<K, V, A, A> aggregator, Materialized<K, A>? materialized = null) =>
        Aggregate(initializer, (record, aggregate) => aggregator(record.Key, record.Value, aggregate), materialized);

    public IKTable<K, A> Aggregate<A>(
        Func<A> initializer, Func<Record<K, V>, A, A> aggregator, Materialized<K, A>? materialized = null)
    {
        KStream<K, V> ready = Ready(materialized?.StoreName);
        return KTables.Materialize(
            graph, ready, "KSTREAM-AGGREGATE-", materialized, ready.KeySerde, null,
            store => new Operators.Aggregate<K, V, A>(store, initializer, aggregator));
    }

    public ITimeWindowedKStream<K, V> WindowedBy(TimeWindows windows) =>
        new TimeWindowedKStream<K, V>(graph, Ready, windows, Streams.EmitStrategy.OnUpdate, null, null);

    /// <summary>One repartition topic, however many aggregations stand on this grouping.</summary>
    private KStream<K, V> Ready(string? storeName) => _ready ??= stream.ReadyToMeet(grouped, storeName);
}

/// <summary>Where late records go.</summary>
internal sealed record LateSink<K, V>(string Topic, Produced<K, V>? Produced);

internal sealed class TimeWindowedKStream<K, V>(
    GraphBuilder graph, Func<string?, KStream<K, V>> ready, TimeWindows windows, EmitStrategy emit,
    Func<Record<K, V>, string>? deviceOf, LateSink<K, V>? lateSink) : ITimeWindowedKStream<K, V>
{
    public ITimeWindowedKStream<K, V> EmitStrategy(EmitStrategy strategy) =>
        new TimeWindowedKStream<K, V>(graph, ready, windows, strategy, deviceOf, lateSink);

    public ITimeWindowedKStream<K, V> WithWatermarkBy(Func<Record<K, V>, string> of) =>
        new TimeWindowedKStream<K, V>(graph, ready, windows, emit, of, lateSink);

    public ITimeWindowedKStream<K, V> LateRecordsTo(string topic, Produced<K, V>? produced = null) =>
        new TimeWindowedKStream<K, V>(graph, ready, windows, emit, deviceOf, new LateSink<K, V>(topic, produced));

    public IKTable<Windowed<K>, long> Count(Materialized<K, long>? materialized = null) =>
        Add(() => 0L, (_, _, count) => count + 1, materialized, null);

    public IKTable<Windowed<K>, V> Reduce(Func<V, V, V> reducer, Materialized<K, V>? materialized = null) => Add(
        () => (false, default(V)!),
        (record, _, sum) => (true, sum.Item1 ? reducer(sum.Item2, record.Value) : record.Value),
        new Materialized<K, (bool, V)>
        {
            StoreName = materialized?.StoreName, KeySerde = materialized?.KeySerde, IsLogged = materialized?.IsLogged ?? true,
        },
        keys => new PresentSerde<V>(GraphBuilder.Serde(
            materialized?.ValueSerde ?? keys.ValueSerde, materialized?.StoreName ?? "reduce", "value")))
        .MapValues(sum => sum.Item2);

    public IKTable<Windowed<K>, A> Aggregate<A>(
        Func<A> initializer, Func<K, V, A, A> aggregator, Materialized<K, A>? materialized = null) => Add(
        initializer, (record, _, aggregate) => aggregator(record.Key, record.Value, aggregate), materialized, null);

    public IKTable<Windowed<K>, A> Aggregate<A>(
        Func<A> initializer, Func<Record<K, V>, WindowContext, A, A> aggregator, Materialized<K, A>? materialized = null) =>
        Add(initializer, aggregator, materialized, null);

    private KTable<Windowed<K>, A> Add<A>(
        Func<A> initializer, Func<Record<K, V>, WindowContext, A, A> aggregator, Materialized<K, A>? materialized,
        Func<KStream<K, V>, ISerde<A>>? serdeOf)
    {
        KStream<K, V> input = ready(materialized?.StoreName);
        string name = graph.Name(null, "KSTREAM-WINDOWED-");
        string storeName = materialized?.StoreName ?? $"{name}-STATE-STORE";
        ISerde<K> keys = GraphBuilder.Serde(materialized?.KeySerde ?? input.KeySerde, storeName, "key");
        ISerde<A> values = serdeOf?.Invoke(input) ?? GraphBuilder.Serde(materialized?.ValueSerde, storeName, "value");
        var store = new StateStores.WindowStoreBuilder<K, A>(storeName, keys, values, materialized?.IsLogged ?? true);
        graph.AddStore(store);
        var node = graph.Add(new WindowAggregateNode<K, V, A>(
            name, graph.NextIndex, new WindowAggregation<K, V, A>(windows, emit, initializer, aggregator, deviceOf, store)));
        input.Port.Connect(node);
        if (lateSink is { } late)
        {
            new KStream<K, V>(graph, node.Late, input.KeySerde, input.ValueSerde, input.Sources, false)
                .To(late.Topic, late.Produced);
        }

        return new KTable<Windowed<K>, A>(
            graph, node.Output, Serdes.Windowed(keys, windows.Size), values, input.Sources, [storeName], storeName,
            (tasks, self) => new WindowLookup<K, A>(tasks.Store<State.WindowStore<K, A>>(self, storeName)), true);
    }
}

/// <summary>A value that may not be there yet: one byte, then the value.</summary>
internal sealed class PresentSerde<V>(ISerde<V> inner) : ISerde<(bool, V)>
{
    public void Serialize((bool, V) value, in SerdeContext context, System.Buffers.IBufferWriter<byte> output)
    {
        output.GetSpan(1)[0] = value.Item1 ? (byte)1 : (byte)0;
        output.Advance(1);
        if (value.Item1)
        {
            inner.Serialize(value.Item2, context, output);
        }
    }

    public (bool, V) Deserialize(ReadOnlySpan<byte> data, in SerdeContext context) =>
        data[0] == 1 ? (true, inner.Deserialize(data[1..], context)) : (false, default!);
}
