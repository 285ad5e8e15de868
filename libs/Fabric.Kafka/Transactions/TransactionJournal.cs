using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Transactions;

/// <summary>Writes changes of transactions to <c>__transaction_state</c> and adopts them when they are durable.</summary>
internal sealed class TransactionJournal(CoordinatorLog log)
{
    /// <summary>
    /// Makes the next state durable, then holds to it, then says so. Until then the transaction is busy. If the disk refuses,
    /// the change never was: the present state goes on.
    /// </summary>
    public void Write(Transaction transaction, TransactionImage next, Action<ErrorCode> then)
    {
        transaction.Begin(next);
        log.Append([Entry(next)], error =>
        {
            if (error == ErrorCode.None)
            {
                transaction.Adopt();
            }
            else
            {
                transaction.Drop();
            }

            then(error);
        });
    }

    /// <summary>
    /// Holds to the next state at once and lets the disk follow: for the end of a transaction, which a restart would find again.
    /// </summary>
    public void WriteBehind(Transaction transaction, TransactionImage next)
    {
        transaction.Begin(next);
        log.Append([Entry(next)], static _ => { });
        transaction.Adopt();
    }

    /// <summary>Writes that the transactional id is no more.</summary>
    public void WriteDeletion(string transactionalId, Action<ErrorCode> then) =>
        log.Append([new LogEntry(TransactionRecords.TransactionKey(transactionalId), null)], then);

    private static LogEntry Entry(TransactionImage image) =>
        new(TransactionRecords.TransactionKey(image.TransactionalId), TransactionRecords.TransactionValue(image));
}
