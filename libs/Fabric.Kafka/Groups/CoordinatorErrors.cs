using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Groups;

/// <summary>What clients are told when a coordinator could not write, and in which version's words.</summary>
internal static class CoordinatorErrors
{
    /// <summary>
    /// A coordinator whose disk failed answers as one that has moved, so that clients look for it and try again; a commit that is
    /// too large must not be tried again.
    /// </summary>
    public static ErrorCode ForClient(this ErrorCode error) => error switch
    {
        ErrorCode.KafkaStorageError => ErrorCode.NotCoordinator,
        ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge => ErrorCode.InvalidCommitOffsetSize,
        _ => error,
    };

    /// <summary>Clients of versions before <paramref name="since"/> know a fenced producer only by its invalid epoch.</summary>
    public static ErrorCode FencedSince(this ErrorCode error, short version, short since) =>
        error == ErrorCode.ProducerFenced && version < since ? ErrorCode.InvalidProducerEpoch : error;
}
