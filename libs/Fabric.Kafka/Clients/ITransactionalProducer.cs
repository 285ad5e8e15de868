using Fabric.Core;

namespace Fabric.Kafka.Clients;

/// <summary>
/// The door through which records are written, in transactions, with acks=all and the murmur2_random partitioner. Between
/// <see cref="Begin"/> and <see cref="Commit"/> or <see cref="Abort"/> everything produced is one atomic unit.
/// </summary>
/// <remarks>
/// Synchronous and owned by one thread at a time. After a <see cref="KafkaException"/> that is not retriable the instance
/// is finished: dispose it and open another with the same transactional id, which fences this one.
/// </remarks>
public interface ITransactionalProducer : IDisposable
{
    /// <summary>Fences earlier holders of the transactional id and aborts what they left open. Once, before anything else.</summary>
    void InitTransactions(TimeSpan timeout);

    void Begin();

    /// <summary>
    /// Queues a record; copies what it needs before it returns. Blocks, bounded, while the queue is full. Failures surface
    /// at the latest in <see cref="Commit"/>.
    /// </summary>
    /// <param name="partition">Null: murmur2 of the key, or any when there is no key.</param>
    void Produce(
        string topic, int? partition, ReadOnlySpan<byte> key, bool hasKey, ReadOnlySpan<byte> value, bool hasValue,
        long? timestampMs = null, IReadOnlyList<RecordHeader>? headers = null);

    /// <summary>Adds the group's next offsets to the transaction, under the membership they were read with.</summary>
    void SendOffsets(IReadOnlyCollection<PartitionPosition> nextOffsets, object groupMetadata, TimeSpan timeout);

    /// <summary>Waits for every delivery and makes the transaction visible.</summary>
    /// <exception cref="KafkaException">Not committed, or unknown when retriable: call again; when fenced: stop.</exception>
    void Commit(TimeSpan timeout);

    /// <summary>Drops the open transaction.</summary>
    void Abort(TimeSpan timeout);
}
