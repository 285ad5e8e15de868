using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Transactions;

/// <summary>
/// Aborts transactions that last longer than their producer promised, shutting the producer out, and forgets transactional ids
/// that nobody has used for long.
/// </summary>
internal sealed class TransactionTimeouts(
    IBrokerContext context, TransactionOptions options, Dictionary<string, Transaction> transactions, TransactionJournal journal,
    TransactionEnding ending)
{
    private const long Never = long.MaxValue;

    private long _sweepAtMs = Never;

    /// <summary>Looks for idle ids now and then, from now on.</summary>
    public void Start() =>
        context.ScheduleAt(context.NowMs + (long)options.ExpiryCheckInterval.TotalMilliseconds, () =>
        {
            ForgetIdle();
            Start();
        });

    /// <summary>The transaction is ongoing: it ends at its timeout if not before.</summary>
    public void Watch(TransactionImage image) => SweepBy(DeadlineMs(image));

    private static long DeadlineMs(TransactionImage image) => image.StartMs + image.TimeoutMs;

    private void SweepBy(long atMs)
    {
        if (atMs >= _sweepAtMs)
        {
            return;
        }

        _sweepAtMs = atMs;
        context.ScheduleAt(atMs, () =>
        {
            if (_sweepAtMs == atMs)
            {
                _sweepAtMs = Never;
                Sweep();
            }
        });
    }

    private void Sweep()
    {
        long next = Never;
        foreach (Transaction transaction in transactions.Values)
        {
            if (transaction.Image.State != TransactionState.Ongoing)
            {
                continue;
            }

            long dueMs = DeadlineMs(transaction.Image);
            if (dueMs <= context.NowMs)
            {
                dueMs = context.NowMs + (long)options.MarkerRetry.TotalMilliseconds;
                Abort(transaction);
            }

            next = Math.Min(next, dueMs);
        }

        if (next != Never)
        {
            SweepBy(next);
        }
    }

    private void Abort(Transaction transaction)
    {
        if (transaction.Pending is null)
        {
            // If the disk refuses, the transaction is still ongoing and the next sweep finds it.
            ending.Decide(transaction, isCommit: false, isFencing: true, static _ => { });
        }
    }

    private void ForgetIdle()
    {
        long idleSinceMs = context.NowMs - (long)options.IdExpiration.TotalMilliseconds;
        foreach (Transaction transaction in transactions.Values.ToList())
        {
            bool isIdle = !transaction.IsBusy && transaction.Image.State != TransactionState.Ongoing
                && transaction.Image.LastUpdateMs <= idleSinceMs;
            if (isIdle)
            {
                Forget(transaction);
            }
        }
    }

    private void Forget(Transaction transaction)
    {
        TransactionImage seen = transaction.Image;
        journal.WriteDeletion(seen.TransactionalId, error =>
        {
            // If it was used in the meantime, what was written then stands after the deletion in the log and counts.
            if (error == ErrorCode.None && !transaction.IsBusy && ReferenceEquals(transaction.Image, seen))
            {
                transactions.Remove(seen.TransactionalId);
            }
        });
    }
}
