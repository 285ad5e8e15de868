using Fabric.Core;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Transactions;

/// <summary>
/// Ends transactions in three steps, each durable before the next: the decision in the coordinator's log, a marker in every
/// partition (and the offsets in their log), and, without anybody waiting, that it is complete.
/// </summary>
/// <remarks>
/// A crash between any two steps is made good by doing the second step again: where a partition has no open transaction of the
/// producer the marker is there already. A decision is never taken back.
/// </remarks>
internal sealed class TransactionEnding(
    IBrokerContext context, TransactionOptions options, TransactionJournal journal, GroupCoordinator groups)
{
    /// <summary>How a transaction says that it holds offsets.</summary>
    public static readonly TopicPartition OffsetsPartition = new(GroupCoordinator.LogName, 0);

    /// <summary>Decides an ongoing transaction.</summary>
    /// <param name="isFencing">
    /// The producer is shut out: its epoch is raised with the decision. Only an abort may do that.
    /// </param>
    /// <param name="then">Called when the decision is durable, or could not be made so; markers follow.</param>
    public void Decide(Transaction transaction, bool isCommit, bool isFencing, Action<ErrorCode> then)
    {
        TransactionImage image = transaction.Image;
        TransactionImage decided = image with
        {
            State = isCommit ? TransactionState.PrepareCommit : TransactionState.PrepareAbort,
            Epoch = isFencing ? (short)(image.Epoch + 1) : image.Epoch,
            LastEpoch = isFencing ? (short)-1 : image.LastEpoch,
            LastUpdateMs = context.NowMs,
        };
        journal.Write(transaction, decided, error =>
        {
            then(error);
            if (error == ErrorCode.None)
            {
                Finish(transaction);
            }
        });
    }

    /// <summary>Writes the markers of a decided transaction, as often as it takes.</summary>
    public void Finish(Transaction transaction)
    {
        TransactionImage image = transaction.Image;
        bool isCommit = image.State == TransactionState.PrepareCommit;
        var markers = new MarkerCount(() => Complete(transaction), () => Retry(transaction));
        foreach (TopicPartition partition in image.Partitions)
        {
            if (partition == OffsetsPartition)
            {
                EndOffsets(image.ProducerId, isCommit, markers);
            }
            else if (context.TryGetLog(partition.Topic, partition.Partition, out PartitionLog? log))
            {
                EndPartition(log, image, isCommit, markers);
            }
        }

        markers.Release(ErrorCode.None);
    }

    private void EndOffsets(long producerId, bool isCommit, MarkerCount markers)
    {
        markers.Hold();
        if (!groups.Offsets.Complete(producerId, isCommit, markers.Release))
        {
            markers.Release(ErrorCode.None);
        }
    }

    private void EndPartition(PartitionLog log, TransactionImage image, bool isCommit, MarkerCount markers)
    {
        long endOffset = log.EndOffset;
        if (log.HasOpenTransaction(image.ProducerId, out _))
        {
            AppendResult result = log.AppendControl(image.ProducerId, image.Epoch, isCommit, coordinatorEpoch: 0, context.NowMs);
            if (result.Error != ErrorCode.None)
            {
                markers.Hold();
                markers.Release(result.Error);
                return;
            }

            context.LogAdvanced(log);
            endOffset = result.LastOffset + 1;
        }

        if (log.DurableOffset < endOffset)
        {
            markers.Hold();
            context.WhenDurable(log, endOffset, markers.Release);
        }
    }

    private void Complete(Transaction transaction)
    {
        TransactionImage image = transaction.Image;
        journal.WriteBehind(transaction, image with
        {
            State = image.State == TransactionState.PrepareCommit ? TransactionState.CompleteCommit : TransactionState.CompleteAbort,
            Partitions = new HashSet<TopicPartition>(), StartMs = -1, LastUpdateMs = context.NowMs,
        });
    }

    private void Retry(Transaction transaction) =>
        context.ScheduleAt(context.NowMs + (long)options.MarkerRetry.TotalMilliseconds, () => Finish(transaction));

    /// <summary>Counts the markers on their way; begins with one for whoever sends them out.</summary>
    private sealed class MarkerCount(Action onAllDurable, Action onAnyFailed)
    {
        private int _held = 1;
        private bool _hasFailed;

        public void Hold() => _held++;

        public void Release(ErrorCode error)
        {
            // A topic that was deleted on the way needs no marker.
            _hasFailed |= error is not (ErrorCode.None or ErrorCode.UnknownTopicOrPartition);
            if (--_held == 0)
            {
                (_hasFailed ? onAnyFailed : onAllDurable)();
            }
        }
    }
}
