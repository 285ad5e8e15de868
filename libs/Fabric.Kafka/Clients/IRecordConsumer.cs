using Fabric.Core;

namespace Fabric.Kafka.Clients;

/// <summary>
/// The door through which records are read, always read_committed. Two uses, never mixed on one instance: group membership
/// (<see cref="Subscribe"/>) and free reading (<see cref="Assign"/>).
/// </summary>
/// <remarks>
/// Synchronous and single-threaded: librdkafka serves it on its own threads and the caller gives it one of its own. Callbacks
/// of <see cref="IRebalanceListener"/> run inside <see cref="Poll"/>.
/// </remarks>
public interface IRecordConsumer : IDisposable
{
    /// <summary>
    /// The membership to hand to a transaction; null before the first assignment or without a group. The only member that may
    /// be asked inside a rebalance callback.
    /// </summary>
    /// <exception cref="KafkaException">
    /// Abortable: the membership under which the records were read is gone, and the listener is yet to be told.
    /// </exception>
    object? GroupMetadata { get; }

    /// <summary>What is assigned now, co-partitions included.</summary>
    IReadOnlyCollection<TopicPartition> Assignment { get; }

    /// <summary>Joins the group on one driver topic (cooperative-sticky, static membership). Once per instance.</summary>
    void Subscribe(string driverTopic, IRebalanceListener listener);

    /// <summary>Replaces what is read, without a group.</summary>
    void Assign(IReadOnlyCollection<PartitionPosition> positions);

    /// <summary>Adds partitions beside the subscription (co-partitions). Never inside a rebalance callback.</summary>
    void IncrementalAssign(IReadOnlyCollection<PartitionPosition> positions);

    /// <summary>Takes partitions away that <see cref="IncrementalAssign"/> added. Never inside a rebalance callback.</summary>
    void IncrementalUnassign(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>
    /// Waits up to <paramref name="timeout"/> for a first event, then takes what is there at once, up to
    /// <paramref name="maxEvents"/>, and adds records and reached ends in order.
    /// </summary>
    /// <exception cref="KafkaException">The cluster refused for good, or this member was fenced.</exception>
    void Poll(TimeSpan timeout, int maxEvents, PollBatch into);

    /// <summary>Moves the position of an assigned partition.</summary>
    void Seek(PartitionPosition position);

    /// <summary>Stops delivery of these partitions and keeps the membership alive: back pressure.</summary>
    void Pause(IReadOnlyCollection<TopicPartition> partitions);

    void Resume(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>The group's committed offset for each; null where none is.</summary>
    IReadOnlyDictionary<TopicPartition, long?> Committed(IReadOnlyCollection<TopicPartition> partitions, TimeSpan timeout);

    /// <summary>Log start and log end (exclusive, last stable) of a partition, asked of the broker.</summary>
    (long Start, long End) Watermarks(TopicPartition partition, TimeSpan timeout);

    /// <summary>
    /// The log end (last stable offset) as far as the client knows without asking; -1 when it does not. For lag, not for
    /// decisions.
    /// </summary>
    long KnownEnd(TopicPartition partition) => -1;

    /// <summary>Leaves the group in order, bounded; safe to call twice. Dispose without it asks the listener nothing: what is in flight
    /// is lost to the committed offsets.</summary>
    void Close(TimeSpan timeout);
}

/// <summary>What a poll brought, reused from poll to poll.</summary>
public sealed class PollBatch
{
    /// <summary>Records, in order per partition.</summary>
    public List<ConsumedRecord> Records { get; } = [];

    /// <summary>Partitions whose end (under read_committed) was reached by this poll, with the next offset.</summary>
    public List<PartitionPosition> Ends { get; } = [];

    public void Clear()
    {
        Records.Clear();
        Ends.Clear();
    }
}

/// <summary>Told of the driver topic's partitions as they come and go. Must not throw and must not call the consumer, but for its membership.</summary>
public interface IRebalanceListener
{
    /// <summary>Added to what was held. Returns where to start each; an empty result starts at the committed offsets.</summary>
    IReadOnlyCollection<PartitionPosition> OnAssigned(IReadOnlyCollection<TopicPartition> added);

    /// <summary>Taken away in order: what is in flight may still be committed before this returns.</summary>
    void OnRevoked(IReadOnlyCollection<TopicPartition> removed);

    /// <summary>Taken away without asking (session expired): nothing may be committed for them.</summary>
    void OnLost(IReadOnlyCollection<TopicPartition> removed);
}
