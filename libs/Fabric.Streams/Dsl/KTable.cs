using System.Diagnostics.CodeAnalysis;
using Fabric.Streams.Graph;
using Fabric.Streams.State;

namespace Fabric.Streams.Dsl;

/// <summary>A table: updates that leave a port, and a way to look up the value of a key in a task.</summary>
/// <param name="lookup">Makes the look-up for one task, for a node that is connected to <paramref name="storeNames"/>.</param>
internal sealed class KTable<K, V>(
    GraphBuilder graph, Port<K, V> port, ISerde<K>? keySerde, ISerde<V>? valueSerde, IReadOnlyCollection<TopicName> sources,
    IReadOnlyCollection<string> storeNames, string? ownStore, Func<TaskGraph, Node, ITableLookup<K, V>> lookup,
    bool isWindowed) : IKTable<K, V>
{
    public string? StoreName { get; } = ownStore;

    public IReadOnlyCollection<TopicName> Sources => sources;

    /// <summary>What a node that looks values up must be connected to.</summary>
    public IReadOnlyCollection<string> StoreNames => storeNames;

    public ITableLookup<K, V> Getter(TaskGraph tasks, Node node) => lookup(tasks, node);

    public IKTable<K, V> Filter(Func<K, V, bool> predicate, string? name = null)
    {
        ProcessorNode<K, V, K, V> node = Then<V>(
            graph.Name(name, "KTABLE-FILTER-"),
            () => isWindowed ? new Operators.FilterWindows<K, V>(predicate) : new Operators.FilterTable<K, V>(predicate));
        return new KTable<K, V>(
            graph, node.Output, keySerde, valueSerde, sources, storeNames, null,
            (tasks, self) => new FilteredLookup<K, V>(lookup(tasks, self), predicate), isWindowed);
    }

    public IKTable<K, V> FilterNot(Func<K, V, bool> predicate, string? name = null) =>
        Filter((key, value) => !predicate(key, value), name);

    public IKTable<K, V2> MapValues<V2>(Func<V, V2> mapper, string? name = null)
    {
        ProcessorNode<K, V, K, V2> node = Then<V2>(
            graph.Name(name, "KTABLE-MAPVALUES-"), () => new Operators.MapTable<K, V, V2>(mapper));
        return new KTable<K, V2>(
            graph, node.Output, keySerde, null, sources, storeNames, null,
            (tasks, self) => new MappedLookup<K, V, V2>(lookup(tasks, self), mapper), isWindowed);
    }

    public IKStream<K, V> ToStream() => new KStream<K, V>(graph, port, keySerde, valueSerde, sources, false);

    private ProcessorNode<K, V, K, V2> Then<V2>(string name, Func<IProcessor<K, V, K, V2>> supplier)
    {
        var node = graph.Add(new ProcessorNode<K, V, K, V2>(name, graph.NextIndex, (_, _) => supplier()));
        port.Connect(node);
        return node;
    }
}

internal sealed class FilteredLookup<K, V>(ITableLookup<K, V> inner, Func<K, V, bool> predicate) : ITableLookup<K, V>
{
    public bool TryGet(K key, [MaybeNullWhen(false)] out V value) => inner.TryGet(key, out value) && predicate(key, value);
}

internal sealed class MappedLookup<K, V, V2>(ITableLookup<K, V> inner, Func<V, V2> mapper) : ITableLookup<K, V2>
{
    public bool TryGet(K key, [MaybeNullWhen(false)] out V2 value)
    {
        bool found = inner.TryGet(key, out V? kept);
        value = found ? mapper(kept!) : default;
        return found && value is not null;
    }
}

/// <summary>The windows of an aggregation, looked up by the windowed key.</summary>
internal sealed class WindowLookup<K, A>(WindowStore<K, A> store) : ITableLookup<Windowed<K>, A>
{
    public bool TryGet(Windowed<K> key, [MaybeNullWhen(false)] out A value)
    {
        KeyWindows<A>? windows = store.Find(key.Key);
        int at = windows?.IndexOf(key.StartMs) ?? -1;
        value = at >= 0 ? windows!.Windows[at].Aggregate : default;
        return at >= 0;
    }
}

internal static class KTables
{
    /// <summary>A table kept in a store of its own, behind a stream.</summary>
    public static KTable<K, A> Materialize<K, V, A>(
        GraphBuilder graph, KStream<K, V> input, string prefix, Materialized<K, A>? materialized, ISerde<K>? keySerde,
        ISerde<A>? valueSerde, Func<InMemoryKeyValueStore<K, A>, IProcessor<K, V, K, A>> supplier)
    {
        string name = graph.Name(null, prefix);
        string storeName = materialized?.StoreName ?? $"{name}-STATE-STORE";
        ISerde<K> keys = GraphBuilder.Serde(materialized?.KeySerde ?? keySerde, storeName, "key");
        ISerde<A> values = GraphBuilder.Serde(materialized?.ValueSerde ?? valueSerde, storeName, "value");
        graph.AddStore(new StateStores.KeyValueStoreBuilder<K, A>(storeName, keys, values, materialized?.IsLogged ?? true));
        var node = graph.Add(new ProcessorNode<K, V, K, A>(
            name, graph.NextIndex, (tasks, self) => supplier(tasks.Store<InMemoryKeyValueStore<K, A>>(self, storeName))));
        node.Connect([storeName]);
        input.Port.Connect(node);
        return new KTable<K, A>(
            graph, node.Output, keys, values, input.Sources, [storeName], storeName,
            (tasks, self) => tasks.Store<InMemoryKeyValueStore<K, A>>(self, storeName), false);
    }
}

internal sealed class GlobalKTable<K, V>(string storeName) : IGlobalKTable<K, V>
{
    public string StoreName { get; } = storeName;

    public ITableLookup<K, V> Lookup(TaskGraph tasks) => (GlobalStore<K, V>)tasks.Task.Globals.Get(StoreName);
}
