using Fabric.Core;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Transactions;

/// <summary>The arithmetic of producer ids and epochs (KIP-98, KIP-360).</summary>
internal static class ProducerEpochs
{
    /// <summary>Whether whoever asks for the next epoch may have it.</summary>
    /// <param name="producerId">Who the producer thinks it is; -1 when it does not say and simply takes over.</param>
    /// <returns>None, or ProducerFenced when somebody else has taken over since.</returns>
    public static ErrorCode CheckClaim(TransactionImage image, long producerId, short epoch)
    {
        if (producerId < 0 || image.Epoch < 0)
        {
            return ErrorCode.None;
        }

        if (producerId == image.ProducerId)
        {
            // The last epoch is a second try of a call whose answer was lost: nobody else has been there since.
            return epoch == image.Epoch || (epoch == image.LastEpoch && image.LastEpoch >= 0) ? ErrorCode.None : ErrorCode.ProducerFenced;
        }

        bool isLostRotation = producerId == image.LastProducerId && epoch == image.LastEpoch && epoch >= TransactionImage.ExhaustedEpoch;
        return isLostRotation ? ErrorCode.None : ErrorCode.ProducerFenced;
    }

    /// <summary>Whether the epochs of this producer id are used up.</summary>
    public static bool NeedsNewProducerId(TransactionImage image, short claimedEpoch) =>
        image.IsEpochExhausted && (claimedEpoch < 0 || claimedEpoch == image.Epoch);

    /// <summary>The next epoch of the same producer id; the same one again for a second try.</summary>
    public static TransactionImage Next(TransactionImage image, short claimedEpoch, int timeoutMs, long nowMs)
    {
        TransactionImage renewed = image with
        {
            State = TransactionState.Empty, TimeoutMs = timeoutMs, Partitions = new HashSet<TopicPartition>(), StartMs = -1,
            LastUpdateMs = nowMs,
        };
        bool isSecondTry = claimedEpoch >= 0 && image.Epoch >= 0 && claimedEpoch != image.Epoch;
        return isSecondTry
            ? renewed
            : renewed with { Epoch = (short)(image.Epoch + 1), LastEpoch = claimedEpoch >= 0 ? image.Epoch : (short)-1 };
    }

    /// <summary>Epoch 0 of a new producer id.</summary>
    public static TransactionImage WithNewProducerId(
        TransactionImage image, long newProducerId, bool isClaimed, int timeoutMs, long nowMs) =>
        image with
        {
            ProducerId = newProducerId, Epoch = 0, LastProducerId = image.ProducerId,
            LastEpoch = isClaimed ? image.Epoch : (short)-1, State = TransactionState.Empty, TimeoutMs = timeoutMs,
            Partitions = new HashSet<TopicPartition>(), StartMs = -1, LastUpdateMs = nowMs,
        };
}
