using System.Text;
using Ck = Confluent.Kafka;

namespace Fabric.Kafka.Clients;

/// <summary>Translates what librdkafka reports into <see cref="KafkaException"/>.</summary>
internal static class ClientErrors
{
    public static KafkaException Translate(string attempted, Ck.Error error, string where = "", Exception? cause = null) =>
        new(
            CodeName(error.Code), $"{attempted} failed: {error.Reason}", where, IsRetriable(error), IsFenced(error.Code), cause);

    public static KafkaException Translate(string attempted, Ck.KafkaException cause, string where = "")
    {
        Ck.Error error = cause.Error;
        bool isFenced = IsFenced(error.Code);
        bool isAbortable = cause is Ck.KafkaTxnRequiresAbortException && !error.IsFatal && !isFenced;
        bool isRetriable = !isAbortable && !isFenced && !error.IsFatal
            && (cause is Ck.KafkaRetriableException || IsRetriable(error));
        return new KafkaException(
            CodeName(error.Code), $"{attempted} failed: {error.Reason}", where, isRetriable, isFenced, cause, isAbortable);
    }

    /// <summary>A successor took the transactional id, the group instance id or the producer's epoch.</summary>
    public static bool IsFenced(Ck.ErrorCode code) =>
        code is Ck.ErrorCode.Local_Fenced or Ck.ErrorCode.FencedInstanceId or Ck.ErrorCode.InvalidProducerEpoch
            or Ck.ErrorCode.ProducerFenced;

    /// <summary><c>UnknownTopicOrPart</c> becomes <c>UNKNOWN_TOPIC_OR_PART</c>.</summary>
    public static string CodeName(Ck.ErrorCode code)
    {
        string name = code.ToString();
        var text = new StringBuilder(name.Length + 8);
        for (int i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsAsciiLetterUpper(name[i]) && char.IsAsciiLetterLower(name[i - 1]))
            {
                text.Append('_');
            }

            text.Append(char.ToUpperInvariant(name[i]));
        }

        return text.ToString();
    }

    private static bool IsRetriable(Ck.Error error) => !error.IsFatal && error.Code is
        Ck.ErrorCode.UnknownTopicOrPart or Ck.ErrorCode.LeaderNotAvailable or Ck.ErrorCode.NotLeaderForPartition
        or Ck.ErrorCode.RequestTimedOut or Ck.ErrorCode.NetworkException or Ck.ErrorCode.GroupLoadInProgress
        or Ck.ErrorCode.GroupCoordinatorNotAvailable or Ck.ErrorCode.NotCoordinatorForGroup or Ck.ErrorCode.NotEnoughReplicas
        or Ck.ErrorCode.NotEnoughReplicasAfterAppend or Ck.ErrorCode.ConcurrentTransactions or Ck.ErrorCode.KafkaStorageError
        or Ck.ErrorCode.FencedLeaderEpoch or Ck.ErrorCode.UnknownLeaderEpoch or Ck.ErrorCode.UnstableOffsetCommit
        or Ck.ErrorCode.Local_Transport or Ck.ErrorCode.Local_AllBrokersDown or Ck.ErrorCode.Local_TimedOut
        or Ck.ErrorCode.Local_MsgTimedOut or Ck.ErrorCode.Local_Resolve or Ck.ErrorCode.Local_WaitCoord
        or Ck.ErrorCode.Local_UnknownTopic or Ck.ErrorCode.Local_UnknownPartition or Ck.ErrorCode.Local_QueueFull
        or Ck.ErrorCode.Local_MaxPollExceeded or Ck.ErrorCode.Local_TimedOutQueue;
}
