namespace Fabric.Kafka.Transactions;

/// <summary>Where the transaction of one transactional id stands; the numbers are those of Kafka's transaction log.</summary>
internal enum TransactionState : sbyte
{
    /// <summary>The id has a producer, and the producer has no transaction.</summary>
    Empty = 0,

    /// <summary>Partitions or offsets were added.</summary>
    Ongoing = 1,

    /// <summary>Decided, durably: it will be committed, whatever happens. Markers are being written.</summary>
    PrepareCommit = 2,

    /// <summary>Decided, durably: it will be aborted, whatever happens. Markers are being written.</summary>
    PrepareAbort = 3,

    /// <summary>Committed, and every marker is durable.</summary>
    CompleteCommit = 4,

    /// <summary>Aborted, and every marker is durable.</summary>
    CompleteAbort = 5,

    /// <summary>Expired.</summary>
    Dead = 6,
}
