using Fabric.Kafka.Clients;
using Fabric.Streams.Tasks;

namespace Fabric.Streams.Graph;

/// <summary>A topic that is read.</summary>
internal abstract class SourceNode(string name, int index, TopicName topic, bool isTable) : Node(name, index)
{
    public TopicName Topic { get; } = topic;

    /// <summary>Read to its end before the task's streams start.</summary>
    public bool IsTable { get; } = isTable;

    /// <summary>The store that this topic fills, for a table.</summary>
    public string? TableStore { get; init; }

    public abstract ISourceReader Build(TaskGraph graph);
}

/// <summary>A running source.</summary>
internal interface ISourceReader
{
    void Process(in ConsumedRecord raw);
}

internal sealed class SourceNode<K, V> : SourceNode
{
    private readonly ISerde<K> _keySerde;
    private readonly ISerde<V> _valueSerde;
    private readonly Func<Record<K, V>, long>? _timestampExtractor;

    public SourceNode(
        string name, int index, TopicName topic, bool isTable, ISerde<K> keySerde, ISerde<V> valueSerde,
        Func<Record<K, V>, long>? timestampExtractor)
        : base(name, index, topic, isTable)
    {
        _keySerde = keySerde;
        _valueSerde = valueSerde;
        _timestampExtractor = timestampExtractor;
        Output = new Port<K, V>(this);
    }

    public Port<K, V> Output { get; }

    public override ISourceReader Build(TaskGraph graph)
    {
        var reader = new Reader(graph.Task, this, Output.Build(graph));
        graph.Add(this, reader);
        return reader;
    }

    private sealed class Reader : Step, ISourceReader
    {
        private readonly SourceNode<K, V> _node;
        private readonly Outlet<K, V> _output;
        private readonly SerdeContext _keyContext;
        private readonly SerdeContext _valueContext;

        public Reader(StreamTask task, SourceNode<K, V> node, Outlet<K, V> output)
            : base(task, node.Name)
        {
            _node = node;
            _output = output;
            string topic = node.Topic.Resolve(task.ApplicationId);
            _keyContext = new SerdeContext(topic, true);
            _valueContext = new SerdeContext(topic, false);
        }

        public void Process(in ConsumedRecord raw)
        {
            Record<K, V> record = Decode(raw);
            Task.Observe(record.TimestampMs);
            _output.Forward(record);
        }

        private Record<K, V> Decode(in ConsumedRecord raw)
        {
            try
            {
                K key = raw.Key is null ? default! : _node._keySerde.Read(raw.Key, _keyContext);
                V value = raw.Value is null ? default! : _node._valueSerde.Read(raw.Value, _valueContext);
                var record = new Record<K, V>(
                    key, raw.Key is not null, value, raw.Value is not null, raw.TimestampMs, raw.Headers,
                    new RecordOrigin(raw.Partition, raw.Offset));
                if (_node._timestampExtractor is { } extractor)
                {
                    record = record.WithTimestamp(extractor(record));
                }

                return record.TimestampMs >= 0
                    ? record
                    : throw new StreamsException(
                        "TIMESTAMP_MISSING", "The record has no event time, or one before 1970", raw.Partition.ToString());
            }
            catch (Exception failed) when (Task.Blame(Name, RuleOf(failed), failed))
            {
                throw;
            }
        }

        private static RejectionRule RuleOf(Exception failed) =>
            failed is StreamsException { Code: "TIMESTAMP_MISSING" } ? RejectionRule.Timestamp : RejectionRule.Deserialization;
    }
}
