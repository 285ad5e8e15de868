using Fabric.Streams.Dsl;
using Fabric.Streams.Graph;
using Fabric.Streams.State;

namespace Fabric.Streams;

/// <summary>Where a topology is written: sources first, operators on them, <see cref="Build"/> last.</summary>
public sealed class StreamBuilder
{
    private readonly GraphBuilder _graph = new();
    private readonly HashSet<string> _topics = new(StringComparer.Ordinal);

    /// <summary>Reads a topic, each record once. A topic is read once per topology: keep the stream to use it twice.</summary>
    /// <exception cref="StreamsException">Code <c>TOPIC_READ_TWICE</c> or <c>SERDE_UNKNOWN</c>.</exception>
    public IKStream<K, V> Stream<K, V>(string topic, Consumed<K, V>? consumed = null)
    {
        SourceNode<K, V> source = AddSource(topic, consumed, "KSTREAM-SOURCE-", null);
        return new KStream<K, V>(
            _graph, source.Output, GraphBuilder.Serde(consumed?.KeySerde, topic, "key"),
            GraphBuilder.Serde(consumed?.ValueSerde, topic, "value"), [source.Topic], false);
    }

    /// <summary>
    /// Reads a topic as a table: to its end before the streams of the task start, then along with them. The topic is the
    /// table's changelog, so it should be compacted.
    /// </summary>
    public IKTable<K, V> Table<K, V>(string topic, Consumed<K, V>? consumed = null, string? storeName = null)
    {
        string store = storeName ?? $"{topic}-STATE-STORE";
        ISerde<K> keys = GraphBuilder.Serde(consumed?.KeySerde, topic, "key");
        ISerde<V> values = GraphBuilder.Serde(consumed?.ValueSerde, topic, "value");
        SourceNode<K, V> source = AddSource(topic, consumed, "KTABLE-SOURCE-TOPIC-", store);
        _graph.AddStore(new StateStores.KeyValueStoreBuilder<K, V>(store, keys, values, false));
        _graph.TableTopics.Add(store, source.Topic);
        var update = _graph.Add(new ProcessorNode<K, V, K, V>(
            _graph.Name(null, "KTABLE-SOURCE-"), _graph.NextIndex,
            (tasks, self) => new Operators.UpdateTable<K, V>(tasks.Store<InMemoryKeyValueStore<K, V>>(self, store))));
        update.Connect([store]);
        source.Output.Connect(update);
        return new KTable<K, V>(
            _graph, update.Output, keys, values, [source.Topic], [store], store,
            (tasks, self) => tasks.Store<InMemoryKeyValueStore<K, V>>(self, store), false);
    }

    /// <summary>A table that every instance reads whole, to its end before any task starts.</summary>
    public IGlobalKTable<K, V> GlobalTable<K, V>(string topic, Consumed<K, V>? consumed = null, string? storeName = null)
    {
        string store = storeName ?? $"{topic}-GLOBAL-STORE";
        ISerde<K> keys = GraphBuilder.Serde(consumed?.KeySerde, topic, "key");
        ISerde<V> values = GraphBuilder.Serde(consumed?.ValueSerde, topic, "value");
        ReadOnce(topic);
        if (!_graph.Globals.TryAdd(
            store, new GlobalTableDefinition(new TopicName(topic, false), store, () => new GlobalStore<K, V>(store, keys, values))))
        {
            throw new StreamsException("NAME_TAKEN", $"Two global tables are called '{store}'", store);
        }

        return new GlobalKTable<K, V>(store);
    }

    /// <summary>A store for processors that name it.</summary>
    public StreamBuilder AddStateStore(StoreBuilder store)
    {
        _graph.AddStore(store);
        return this;
    }

    /// <exception cref="StreamsException">The topology has no source, or a store that nothing uses.</exception>
    public Topology Build() => new(_graph);

    private SourceNode<K, V> AddSource<K, V>(string topic, Consumed<K, V>? consumed, string prefix, string? tableStore)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(topic);
        ReadOnce(topic);
        return _graph.Add(new SourceNode<K, V>(
            _graph.Name(consumed?.Name, prefix), _graph.NextIndex, new TopicName(topic, false), tableStore is not null,
            GraphBuilder.Serde(consumed?.KeySerde, topic, "key"), GraphBuilder.Serde(consumed?.ValueSerde, topic, "value"),
            consumed?.TimestampExtractor) { TableStore = tableStore });
    }

    private void ReadOnce(string topic)
    {
        if (!_topics.Add(topic))
        {
            throw new StreamsException(
                "TOPIC_READ_TWICE", $"The topology reads '{topic}' twice: keep the stream or table and use it twice", topic);
        }
    }
}
