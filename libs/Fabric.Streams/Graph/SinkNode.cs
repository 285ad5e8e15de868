using Fabric.Streams.Tasks;

namespace Fabric.Streams.Graph;

/// <summary>What the description and the runtime want to know of a sink.</summary>
internal interface ISinkNode
{
    /// <summary>Null when it is chosen per record.</summary>
    TopicName? Topic { get; }

    Node Node { get; }
}

/// <summary>A topic that is written, fixed or chosen per record.</summary>
internal sealed class SinkNode<K, V>(
    string name, int index, ISerde<K> keySerde, ISerde<V> valueSerde, Func<Record<K, V>, string>? topicOf,
    Func<string, Record<K, V>, int, int>? partitioner)
    : ReceivingNode<K, V>(name, index), ISinkNode
{
    public TopicName? Topic { get; init; }

    Node ISinkNode.Node => this;

    protected override Step Create(TaskGraph graph) => new Running(graph.Task, this);

    private ISerde<K> KeySerde => keySerde;

    private ISerde<V> ValueSerde => valueSerde;

    private Func<Record<K, V>, string>? TopicOf => topicOf;

    private Func<string, Record<K, V>, int, int>? Partitioner => partitioner;

    private sealed class Running : Step, IReceiver<K, V>
    {
        private readonly SinkNode<K, V> _node;
        private string _topic;
        private SerdeContext _keyContext;
        private SerdeContext _valueContext;

        public Running(StreamTask task, SinkNode<K, V> node)
            : base(task, node.Name)
        {
            _node = node;
            _topic = node.Topic?.Resolve(task.ApplicationId) ?? "";
            _keyContext = new SerdeContext(_topic, true);
            _valueContext = new SerdeContext(_topic, false);
        }

        public void Process(in Record<K, V> record)
        {
            RejectionRule rule = RejectionRule.Processing;
            try
            {
                if (_node.TopicOf is { } topicOf)
                {
                    SwitchTo(topicOf(record));
                }

                int? partition = _node.Partitioner is { } partitioner
                    ? partitioner(_topic, record, Task.Output.PartitionCount(_topic)) : null;
                rule = RejectionRule.Serialization;
                OutputStage stage = Task.Output;
                stage.BeginKey();
                if (record.HasKey)
                {
                    _node.KeySerde.Serialize(record.Key, _keyContext, stage.Buffer);
                }

                stage.BeginValue();
                if (record.HasValue)
                {
                    _node.ValueSerde.Serialize(record.Value, _valueContext, stage.Buffer);
                }

                rule = RejectionRule.TooLarge;
                stage.Complete(_topic, partition, record.HasKey, record.HasValue, record.TimestampMs, record.Headers);
            }
            catch (Exception failed) when (Task.Blame(Name, rule, failed))
            {
                throw;
            }
        }

        private void SwitchTo(string topic)
        {
            if (topic != _topic)
            {
                _topic = topic;
                _keyContext = new SerdeContext(topic, true);
                _valueContext = new SerdeContext(topic, false);
            }
        }
    }
}
