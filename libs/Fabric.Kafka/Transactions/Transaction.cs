using Fabric.Core;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Transactions;

/// <summary>What the log remembers of one transactional id. Immutable: the next state is a copy, adopted when durable.</summary>
/// <param name="TransactionalId">The name the producer gave itself.</param>
/// <param name="ProducerId">The number it writes with.</param>
/// <param name="Epoch">How often it was taken over; -1 before the first time.</param>
internal sealed record TransactionImage(string TransactionalId, long ProducerId, short Epoch)
{
    /// <summary>An epoch from which there is no next one that could be fenced again.</summary>
    public const short ExhaustedEpoch = short.MaxValue - 1;

    /// <summary>The producer id before the present one; -1 when there was none or nobody may ask for it.</summary>
    public long LastProducerId { get; init; } = -1;

    /// <summary>The epoch before the present one, when the producer itself asked for the next (KIP-360); else -1.</summary>
    public short LastEpoch { get; init; } = -1;

    public int TimeoutMs { get; init; }

    public TransactionState State { get; init; }

    /// <summary>Partitions in the transaction; <c>__consumer_offsets</c> stands for offsets.</summary>
    public IReadOnlySet<TopicPartition> Partitions { get; init; } = new HashSet<TopicPartition>();

    /// <summary>When its first partition was added; -1 without a transaction. Milliseconds of Unix time.</summary>
    public long StartMs { get; init; } = -1;

    /// <summary>When it last changed; milliseconds of Unix time.</summary>
    public long LastUpdateMs { get; init; }

    public bool IsDecided => State is TransactionState.PrepareCommit or TransactionState.PrepareAbort;

    public bool IsEpochExhausted => Epoch >= ExhaustedEpoch;
}

/// <summary>One transactional id: its durable state, and the change that is on its way to the disk.</summary>
internal sealed class Transaction(TransactionImage image)
{
    /// <summary>Most requests that wait for the end of a transaction.</summary>
    private const int WaitersMax = 64;

    private readonly List<Action> _waiters = [];

    /// <summary>What is durable.</summary>
    public TransactionImage Image { get; private set; } = image;

    /// <summary>What is being made durable; null when nothing is.</summary>
    public TransactionImage? Pending { get; private set; }

    public string Id => Image.TransactionalId;

    /// <summary>Nothing may begin now: a change is on its way, or markers are still being written.</summary>
    public bool IsBusy => Pending is not null || Image.IsDecided;

    /// <summary>
    /// None, InvalidProducerIdMapping when the id belongs to another producer id, ProducerFenced when the epoch is not the
    /// present one.
    /// </summary>
    public ErrorCode CheckProducer(long producerId, short epoch)
    {
        if (producerId != Image.ProducerId)
        {
            return ErrorCode.InvalidProducerIdMapping;
        }

        return epoch == Image.Epoch ? ErrorCode.None : ErrorCode.ProducerFenced;
    }

    public void Begin(TransactionImage pending) => Pending = pending;

    /// <summary>The pending change is durable: it holds.</summary>
    public void Adopt()
    {
        Image = Pending ?? throw new InvalidOperationException($"Nothing was pending for '{Id}'");
        Pending = null;
        WakeIfFree();
    }

    /// <summary>The pending change did not reach the disk: it never was.</summary>
    public void Drop()
    {
        Pending = null;
        WakeIfFree();
    }

    /// <summary>Runs the action once the transaction is free. False when too many wait already.</summary>
    public bool TryWait(Action action)
    {
        if (_waiters.Count >= WaitersMax)
        {
            return false;
        }

        _waiters.Add(action);
        return true;
    }

    /// <summary>Gives up waiting. False when the action has run already.</summary>
    public bool StopWaiting(Action action) => _waiters.Remove(action);

    private void WakeIfFree()
    {
        if (IsBusy || _waiters.Count == 0)
        {
            return;
        }

        Action[] woken = [.. _waiters];
        _waiters.Clear();
        foreach (Action action in woken)
        {
            action();
        }
    }
}
