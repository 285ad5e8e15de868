using Fabric.Core;

namespace Fabric.Kafka.Clients;

/// <summary>Topic administration. Thread-safe.</summary>
public interface IKafkaAdmin : IDisposable
{
    /// <summary>
    /// Creates the topics that are missing. A topic that exists keeps its settings; a different partition count is refused,
    /// since it would send keys elsewhere.
    /// </summary>
    /// <exception cref="KafkaException">Code <c>TOPIC_PARTITIONS_DIFFER</c>, or the cluster refused.</exception>
    Task EnsureTopicsAsync(IReadOnlyCollection<TopicSpec> topics, CancellationToken cancellationToken);

    /// <summary>Partitions of a topic; 0 when it does not exist. Does not create it.</summary>
    Task<int> PartitionCountAsync(string topic, CancellationToken cancellationToken);

    /// <summary>Gives up what lies before each offset (repartition topics, once it was processed).</summary>
    Task DeleteRecordsAsync(IReadOnlyCollection<PartitionPosition> before, CancellationToken cancellationToken);
}

/// <summary>A topic as it should be.</summary>
/// <param name="Config">Kafka's own topic settings, e.g. <c>cleanup.policy</c>, <c>retention.ms</c>.</param>
public sealed record TopicSpec(
    string Name, int Partitions, short ReplicationFactor, IReadOnlyDictionary<string, string> Config);

/// <summary>Opens the doors to one cluster. Thread-safe.</summary>
public interface IKafkaClients
{
    /// <param name="groupId">Null for free reading.</param>
    /// <param name="instanceId"><c>group.instance.id</c>: stable per node and thread; null for dynamic membership.</param>
    IRecordConsumer OpenConsumer(string? groupId, string? instanceId);

    /// <param name="transactionalId">Stable per node and thread, so that a successor fences its predecessor.</param>
    ITransactionalProducer OpenProducer(string transactionalId);

    /// <summary>
    /// The same for transactions that stay open for a while: records gather into large batches until then. A producer that commits what
    /// it has just produced would wait longer for it: librdkafka looks again only after the linger when a partition was added to the
    /// transaction after the flush had begun.
    /// </summary>
    ITransactionalProducer OpenProducer(string transactionalId, TimeSpan linger) => OpenProducer(transactionalId);

    IKafkaAdmin OpenAdmin();
}
