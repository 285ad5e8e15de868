using Fabric.Core;
using Fabric.Kafka;
using Fabric.Kafka.Clients;

namespace Fabric.Testing.Kafka;

/// <summary>
/// Kafka in memory behind its doors, as far as sinks and connectors use it: logs with transaction markers, fencing, truncation and
/// cooperative groups whose members can be declared dead while they live. Fast and without sockets, so that many faults can be tried.
/// </summary>
public sealed class MemoryKafka : IKafkaClients
{
    private readonly Dictionary<TopicPartition, MemoryLog> _logs = [];
    private readonly Dictionary<string, MemoryGroup> _groups = [];
    private readonly Dictionary<string, int> _epochs = [];

    public Lock Lock { get; } = new();

    /// <summary>Sees what producers do (init, begin, produce, commit, abort) before it has an effect; what it throws comes out.</summary>
    public Action<string> Fault { get; set; } = _ => { };

    /// <summary>Sees each commit after it took place; what it throws comes out of it all the same, as a lost answer would.</summary>
    public Action Committed { get; set; } = () => { };

    /// <summary>Largest value that a producer hands over at all (<c>message.max.bytes</c>): more is refused where it is produced.</summary>
    public int ClientBytesMax { get; set; } = int.MaxValue;

    /// <summary>Largest value that a topic takes (<c>max.message.bytes</c>): more fails the transaction that it is in.</summary>
    public int TopicBytesMax { get; set; } = int.MaxValue;

    public IRecordConsumer OpenConsumer(string? groupId, string? instanceId) => new MemoryConsumer(this, groupId);

    public ITransactionalProducer OpenProducer(string transactionalId) => new MemoryProducer(this, transactionalId);

    public IKafkaAdmin OpenAdmin() => new MemoryAdmin(this);

    public MemoryLog LogOf(TopicPartition partition)
    {
        lock (Lock)
        {
            return _logs.TryGetValue(partition, out MemoryLog? log)
                ? log : throw new KafkaException("UNKNOWN_TOPIC_OR_PART", "No such topic", partition.ToString(), isRetriable: true);
        }
    }

    /// <summary>Makes partitions 0 to <paramref name="partitions"/> less one where they are missing.</summary>
    public void Create(string topic, int partitions)
    {
        lock (Lock)
        {
            for (int partition = 0; partition < partitions; partition++)
            {
                _logs.TryAdd(new TopicPartition(topic, partition), new MemoryLog());
            }
        }
    }

    public int PartitionsOf(string topic)
    {
        lock (Lock)
        {
            return _logs.Keys.Count(partition => partition.Topic == topic);
        }
    }

    public MemoryGroup GroupOf(string id)
    {
        lock (Lock)
        {
            if (!_groups.TryGetValue(id, out MemoryGroup? group))
            {
                _groups[id] = group = new MemoryGroup();
            }

            return group;
        }
    }

    /// <summary>The topic begins anew: other records under the same offsets.</summary>
    public void Recreate(string topic)
    {
        lock (Lock)
        {
            foreach (TopicPartition partition in _logs.Keys.Where(partition => partition.Topic == topic).ToArray())
            {
                _logs[partition] = new MemoryLog();
            }
        }
    }

    /// <summary>The group takes all its members for dead at once: each learns it with its next poll.</summary>
    public void ExpireAll(string group)
    {
        lock (Lock)
        {
            GroupOf(group).Expire();
        }
    }

    /// <summary>Whoever held this transactional id before is fenced; the new epoch.</summary>
    internal int Claim(string transactionalId)
    {
        lock (Lock)
        {
            return _epochs[transactionalId] = _epochs.GetValueOrDefault(transactionalId) + 1;
        }
    }

    internal bool Holds(string transactionalId, int epoch)
    {
        lock (Lock)
        {
            return _epochs.GetValueOrDefault(transactionalId) == epoch;
        }
    }
}
