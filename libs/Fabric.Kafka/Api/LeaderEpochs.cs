using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>One node leads everything, always in the same epoch (KIP-320).</summary>
internal static class LeaderEpochs
{
    /// <summary>None, or what a client with another idea of the epoch is told.</summary>
    /// <param name="known">The epoch the client knows; -1 for none.</param>
    public static ErrorCode Check(int known) => known switch
    {
        -1 or FetchApi.LeaderEpoch => ErrorCode.None,
        < FetchApi.LeaderEpoch => ErrorCode.FencedLeaderEpoch,
        _ => ErrorCode.UnknownLeaderEpoch,
    };
}
