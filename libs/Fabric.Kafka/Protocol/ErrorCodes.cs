using System.Collections.Frozen;
using System.Text;

namespace Fabric.Kafka.Protocol;

/// <summary>What is known about each error code: Kafka's own name, and whether a client may simply try again.</summary>
internal static class ErrorCodes
{
    private static readonly FrozenSet<ErrorCode> Retriable = new[]
    {
        ErrorCode.CorruptMessage, ErrorCode.UnknownTopicOrPartition, ErrorCode.LeaderNotAvailable,
        ErrorCode.NotLeaderOrFollower, ErrorCode.RequestTimedOut, ErrorCode.NetworkException,
        ErrorCode.CoordinatorLoadInProgress, ErrorCode.CoordinatorNotAvailable, ErrorCode.NotCoordinator,
        ErrorCode.NotEnoughReplicas, ErrorCode.NotEnoughReplicasAfterAppend, ErrorCode.NotController,
        ErrorCode.ConcurrentTransactions, ErrorCode.KafkaStorageError, ErrorCode.FetchSessionIdNotFound,
        ErrorCode.InvalidFetchSessionEpoch, ErrorCode.FencedLeaderEpoch, ErrorCode.UnknownLeaderEpoch,
        ErrorCode.OffsetNotAvailable, ErrorCode.UnstableOffsetCommit, ErrorCode.ThrottlingQuotaExceeded,
        ErrorCode.UnknownTopicId, ErrorCode.InconsistentTopicId,
    }.ToFrozenSet();

    private static readonly FrozenDictionary<ErrorCode, string> Names =
        Enum.GetValues<ErrorCode>().ToFrozenDictionary(code => code, KafkaName);

    /// <summary>Kafka's name, e.g. <c>OUT_OF_ORDER_SEQUENCE_NUMBER</c>; the number itself for a code not in the table.</summary>
    public static string Name(this ErrorCode code) => Names.TryGetValue(code, out string? name) ? name : $"{(short)code}";

    /// <summary>Whether the same request may succeed later without anybody changing anything.</summary>
    public static bool IsRetriable(this ErrorCode code) => Retriable.Contains(code);

    private static string KafkaName(ErrorCode code)
    {
        if (code == ErrorCode.InvalidTopic)
        {
            return "INVALID_TOPIC_EXCEPTION";
        }

        var name = new StringBuilder();
        foreach (char letter in code.ToString())
        {
            if (char.IsAsciiLetterUpper(letter) && name.Length > 0)
            {
                name.Append('_');
            }

            name.Append(char.ToUpperInvariant(letter));
        }

        return name.ToString();
    }
}
