using Fabric.Core;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Transactions;

/// <summary>What a producer is given: its number, and how often it was taken over.</summary>
internal readonly record struct ProducerIdReply(ErrorCode Error, long ProducerId, short Epoch)
{
    public static ProducerIdReply Failed(ErrorCode error) => new(error, -1, -1);
}

/// <summary>
/// The transaction coordinator: producer ids, which partitions a transaction touches, and how it ends, in the log
/// <c>__transaction_state</c>.
/// </summary>
/// <remarks>
/// Runs on the loop; keeps no thread and no clock. Every answer that promises something is given when it is durable. A producer
/// that was taken over is refused (PRODUCER_FENCED) in whatever it asks. Source: KIP-98, KIP-360 (epochs), KIP-447 (offsets).
/// </remarks>
internal sealed class TransactionCoordinator
{
    /// <summary>The log's name.</summary>
    public const string LogName = "__transaction_state";

    private readonly IBrokerContext _context;
    private readonly TransactionOptions _options;
    private readonly GroupCoordinator _groups;
    private readonly Dictionary<string, Transaction> _transactions = [];
    private readonly CoordinatorLog _log;
    private readonly TransactionJournal _journal;
    private readonly ProducerIdAllocator _producerIds;
    private readonly TransactionEnding _ending;
    private readonly TransactionTimeouts _timeouts;

    public TransactionCoordinator(IBrokerContext context, GroupCoordinator groups, TransactionOptions options)
    {
        _context = context;
        _options = options;
        _groups = groups;
        _log = new CoordinatorLog(context, LogName);
        _journal = new TransactionJournal(_log);
        _producerIds = new ProducerIdAllocator(_log);
        _ending = new TransactionEnding(context, options, _journal, groups);
        _timeouts = new TransactionTimeouts(context, options, _transactions, _journal, _ending);
    }

    /// <summary>Every transactional id that is known. A snapshot.</summary>
    public IReadOnlyList<TransactionImage> Transactions => [.. _transactions.Values.Select(static each => each.Image)];

    /// <summary>
    /// Takes up where the log left off, after <see cref="GroupCoordinator.Load"/>: what was decided is finished, what was
    /// ongoing goes on and times out.
    /// </summary>
    public void Load()
    {
        _log.Replay(LoadEntry);
        foreach (Transaction transaction in _transactions.Values)
        {
            _producerIds.Skip(transaction.Image.ProducerId);
            if (transaction.Image.IsDecided)
            {
                _ending.Finish(transaction);
            }
            else if (transaction.Image.State == TransactionState.Ongoing)
            {
                _timeouts.Watch(transaction.Image);
            }
        }

        DropOrphanedOffsets();
        _timeouts.Start();
    }

    /// <summary>Gives a producer id: a new one without a transactional id, else the id's own with the next epoch.</summary>
    /// <param name="producerId">From version 3, with <paramref name="epoch"/>: who the producer thinks it is; else -1.</param>
    public void InitProducerId(string? transactionalId, int timeoutMs, long producerId, short epoch, Action<ProducerIdReply> reply)
    {
        if (transactionalId is null)
        {
            _producerIds.Allocate((error, id) => reply(error == ErrorCode.None ? new(error, id, 0) : ProducerIdReply.Failed(error)));
        }
        else if (transactionalId.Length == 0 || (producerId < 0) != (epoch < 0))
        {
            reply(ProducerIdReply.Failed(ErrorCode.InvalidRequest));
        }
        else if (timeoutMs <= 0 || timeoutMs > _options.TimeoutMax.TotalMilliseconds)
        {
            reply(ProducerIdReply.Failed(ErrorCode.InvalidTransactionTimeout));
        }
        else if (_transactions.TryGetValue(transactionalId, out Transaction? transaction))
        {
            Initialize(transaction, timeoutMs, producerId, epoch, reply);
        }
        else
        {
            _producerIds.Allocate((error, id) =>
            {
                if (error != ErrorCode.None)
                {
                    reply(ProducerIdReply.Failed(error));
                    return;
                }

                Initialize(GetOrAdd(transactionalId, id), timeoutMs, producerId, epoch, reply);
            });
        }
    }

    /// <summary>Adds partitions to the producer's transaction, beginning one if there is none.</summary>
    public void AddPartitions(
        string transactionalId, long producerId, short epoch, IReadOnlyCollection<TopicPartition> partitions, Action<ErrorCode> reply) =>
        Add(transactionalId, producerId, epoch, partitions, _context.NowMs + (long)_options.ConcurrentWait.TotalMilliseconds, reply);

    /// <summary>Says that offsets of a group will come, beginning a transaction if there is none.</summary>
    public void AddOffsets(string transactionalId, long producerId, short epoch, string groupId, Action<ErrorCode> reply)
    {
        if (groupId.Length == 0)
        {
            reply(ErrorCode.InvalidGroupId);
            return;
        }

        AddPartitions(transactionalId, producerId, epoch, [TransactionEnding.OffsetsPartition], reply);
    }

    /// <summary>Commits or aborts the producer's transaction. Answered when the outcome can no longer change.</summary>
    public void End(string transactionalId, long producerId, short epoch, bool isCommit, Action<ErrorCode> reply)
    {
        ErrorCode error = Find(transactionalId, producerId, epoch, out Transaction? transaction);
        if (error == ErrorCode.None)
        {
            error = CheckEnd(transaction!, isCommit);
        }

        bool isDone = transaction?.Image.State is TransactionState.CompleteCommit or TransactionState.CompleteAbort;
        if (error != ErrorCode.None || isDone)
        {
            reply(error);
            return;
        }

        _ending.Decide(transaction!, isCommit, isFencing: false, reply);
    }

    /// <summary>
    /// Whether a transactional batch may be appended: None; InvalidProducerIdMapping; InvalidProducerEpoch when the producer was
    /// taken over; InvalidTxnState when the partition is not in an ongoing transaction; NotEnoughReplicas, which clients retry,
    /// while the transaction ends.
    /// </summary>
    public ErrorCode MayAppend(string? transactionalId, long producerId, short epoch, TopicPartition partition)
    {
        if (transactionalId is null)
        {
            return ErrorCode.TransactionalIdAuthorizationFailed;
        }

        ErrorCode error = CheckMember(transactionalId, producerId, epoch, partition);
        return error == ErrorCode.ConcurrentTransactions ? ErrorCode.NotEnoughReplicas : error;
    }

    /// <summary>
    /// Whether offsets may be added to the transaction: as <see cref="MayAppend"/>, with ConcurrentTransactions while it ends.
    /// </summary>
    public ErrorCode MayCommitOffsets(string transactionalId, long producerId, short epoch) =>
        CheckMember(transactionalId, producerId, epoch, TransactionEnding.OffsetsPartition);

    private Transaction GetOrAdd(string transactionalId, long newProducerId)
    {
        if (!_transactions.TryGetValue(transactionalId, out Transaction? transaction))
        {
            transaction = new Transaction(new TransactionImage(transactionalId, newProducerId, -1) { LastUpdateMs = _context.NowMs });
            _transactions.Add(transactionalId, transaction);
        }

        return transaction;
    }

    private ErrorCode Find(string transactionalId, long producerId, short epoch, out Transaction? transaction)
    {
        transaction = null;
        if (transactionalId.Length == 0)
        {
            return ErrorCode.InvalidRequest;
        }

        return _transactions.TryGetValue(transactionalId, out transaction)
            ? transaction.CheckProducer(producerId, epoch)
            : ErrorCode.InvalidProducerIdMapping;
    }

    private void Initialize(Transaction transaction, int timeoutMs, long producerId, short epoch, Action<ProducerIdReply> reply)
    {
        ErrorCode error = ProducerEpochs.CheckClaim(transaction.Image, producerId, epoch);
        if (transaction.IsBusy)
        {
            reply(ProducerIdReply.Failed(error == ErrorCode.None || transaction.Pending is not null ? ErrorCode.ConcurrentTransactions : error));
        }
        else if (error != ErrorCode.None)
        {
            reply(ProducerIdReply.Failed(error));
        }
        else if (transaction.Image.State == TransactionState.Ongoing)
        {
            // The epoch of this decision is never given to anybody: the producer comes again and gets the one after it.
            _ending.Decide(transaction, isCommit: false, isFencing: true, failure =>
                reply(ProducerIdReply.Failed(failure == ErrorCode.None ? ErrorCode.ConcurrentTransactions : failure)));
        }
        else if (ProducerEpochs.NeedsNewProducerId(transaction.Image, epoch))
        {
            _producerIds.Allocate((failure, id) => Rotate(transaction, failure, id, timeoutMs, producerId >= 0, reply));
        }
        else
        {
            Write(transaction, ProducerEpochs.Next(transaction.Image, epoch, timeoutMs, _context.NowMs), reply);
        }
    }

    private void Rotate(
        Transaction transaction, ErrorCode failure, long newProducerId, int timeoutMs, bool isClaimed, Action<ProducerIdReply> reply)
    {
        if (failure != ErrorCode.None || transaction.IsBusy)
        {
            reply(ProducerIdReply.Failed(failure != ErrorCode.None ? failure : ErrorCode.ConcurrentTransactions));
            return;
        }

        Write(transaction, ProducerEpochs.WithNewProducerId(transaction.Image, newProducerId, isClaimed, timeoutMs, _context.NowMs), reply);
    }

    private void Write(Transaction transaction, TransactionImage next, Action<ProducerIdReply> reply) =>
        _journal.Write(transaction, next, error =>
            reply(error == ErrorCode.None ? new(error, next.ProducerId, next.Epoch) : ProducerIdReply.Failed(error)));

    private void Add(
        string transactionalId, long producerId, short epoch, IReadOnlyCollection<TopicPartition> partitions, long deadlineMs,
        Action<ErrorCode> reply)
    {
        ErrorCode error = Find(transactionalId, producerId, epoch, out Transaction? transaction);
        if (error != ErrorCode.None)
        {
            reply(error);
        }
        else if (transaction!.IsBusy)
        {
            WaitOrRefuse(transaction, deadlineMs, reply, () => Add(transactionalId, producerId, epoch, partitions, deadlineMs, reply));
        }
        else if (transaction.Image.State == TransactionState.Ongoing && transaction.Image.Partitions.IsSupersetOf(partitions))
        {
            reply(ErrorCode.None);
        }
        else
        {
            TransactionImage next = With(transaction.Image, partitions);
            _journal.Write(transaction, next, failure =>
            {
                if (failure == ErrorCode.None)
                {
                    _timeouts.Watch(next);
                }

                reply(failure);
            });
        }
    }

    private TransactionImage With(TransactionImage image, IReadOnlyCollection<TopicPartition> partitions)
    {
        bool isOngoing = image.State == TransactionState.Ongoing;
        HashSet<TopicPartition> all = isOngoing ? [.. image.Partitions] : [];
        all.UnionWith(partitions);
        return image with
        {
            State = TransactionState.Ongoing, Partitions = all, StartMs = isOngoing ? image.StartMs : _context.NowMs,
            LastUpdateMs = _context.NowMs,
        };
    }

    private void WaitOrRefuse(Transaction transaction, long deadlineMs, Action<ErrorCode> reply, Action again)
    {
        if (deadlineMs <= _context.NowMs || !transaction.TryWait(again))
        {
            reply(ErrorCode.ConcurrentTransactions);
            return;
        }

        _context.ScheduleAt(deadlineMs, () =>
        {
            if (transaction.StopWaiting(again))
            {
                reply(ErrorCode.ConcurrentTransactions);
            }
        });
    }

    private static ErrorCode CheckEnd(Transaction transaction, bool isCommit)
    {
        if (transaction.Pending is not null)
        {
            return ErrorCode.ConcurrentTransactions;
        }

        return transaction.Image.State switch
        {
            TransactionState.Ongoing => ErrorCode.None,
            TransactionState.CompleteCommit when isCommit => ErrorCode.None,
            TransactionState.CompleteAbort when !isCommit => ErrorCode.None,
            TransactionState.PrepareCommit when isCommit => ErrorCode.ConcurrentTransactions,
            TransactionState.PrepareAbort when !isCommit => ErrorCode.ConcurrentTransactions,
            _ => ErrorCode.InvalidTxnState,
        };
    }

    private ErrorCode CheckMember(string transactionalId, long producerId, short epoch, TopicPartition partition)
    {
        ErrorCode error = Find(transactionalId, producerId, epoch, out Transaction? transaction);
        if (error != ErrorCode.None)
        {
            return error == ErrorCode.ProducerFenced ? ErrorCode.InvalidProducerEpoch : error;
        }

        bool isEnding = transaction!.Image.IsDecided || transaction.Pending is { IsDecided: true };
        if (isEnding)
        {
            return ErrorCode.ConcurrentTransactions;
        }

        bool isIn = transaction.Image.State == TransactionState.Ongoing && transaction.Image.Partitions.Contains(partition);
        return isIn ? ErrorCode.None : ErrorCode.InvalidTxnState;
    }

    private void LoadEntry(long offset, ReadOnlySpan<byte> key, bool hasValue, ReadOnlySpan<byte> value)
    {
        var reader = new KafkaReader(key, isFlexible: false);
        switch (reader.ReadInt16())
        {
            case TransactionRecords.TransactionKeyVersion when hasValue:
                string id = reader.ReadString();
                _transactions[id] = new Transaction(TransactionRecords.ReadTransaction(id, value));
                break;
            case TransactionRecords.TransactionKeyVersion:
                _transactions.Remove(reader.ReadString());
                break;
            case TransactionRecords.ProducerIdKeyVersion when hasValue:
                _producerIds.Restore(new KafkaReader(value, isFlexible: false).ReadInt64());
                break;
            case var version:
                throw reader.Malformed($"a key of a version this coordinator knows at offset {offset}, found {version}");
        }
    }

    /// <summary>Offsets whose transaction has ended cannot be: if a log was lost or edited, they must not block for ever.</summary>
    private void DropOrphanedOffsets()
    {
        HashSet<long> open = [.. _transactions.Values
            .Where(static each => each.Image.Partitions.Contains(TransactionEnding.OffsetsPartition))
            .Select(static each => each.Image.ProducerId)];
        foreach (long producerId in _groups.Offsets.PendingProducers.Except(open).ToList())
        {
            _groups.Offsets.Complete(producerId, isCommit: false, static _ => { });
        }
    }
}
