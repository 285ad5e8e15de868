using Fabric.Core;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Groups;

/// <summary>A wish to join, as every version of the request means it.</summary>
internal sealed record JoinRequest(string GroupId, string MemberId, string ProtocolType, IReadOnlyList<GroupProtocol> Protocols)
{
    public string? InstanceId { get; init; }

    public string ClientId { get; init; } = "";

    public string ClientHost { get; init; } = "";

    public int SessionTimeoutMs { get; init; }

    public int RebalanceTimeoutMs { get; init; }

    /// <summary>From version 4: an unknown dynamic member is told its id first and asks again (KIP-394).</summary>
    public bool RequiresMemberId { get; init; }

    /// <summary>From version 9: a static leader that comes back may be told to leave the assignment alone (KIP-814).</summary>
    public bool KnowsSkipAssignment { get; init; }
}

/// <summary>What the leader is told about each member.</summary>
internal readonly record struct JoinedMember(string MemberId, string? InstanceId, byte[] Metadata);

/// <summary>The answer to a join. Members are filled for the leader only.</summary>
internal sealed record JoinReply(ErrorCode Error, string MemberId)
{
    public int Generation { get; init; } = -1;

    public string? ProtocolType { get; init; }

    public string? ProtocolName { get; init; }

    public string LeaderId { get; init; } = "";

    public bool SkipAssignment { get; init; }

    public IReadOnlyList<JoinedMember> Members { get; init; } = [];
}

/// <summary>A wish for the assignment; the leader brings everybody's.</summary>
internal sealed record SyncRequest(string GroupId, int Generation, string MemberId)
{
    public string? InstanceId { get; init; }

    /// <summary>From version 5, null when the member does not say.</summary>
    public string? ProtocolType { get; init; }

    /// <summary>From version 5, null when the member does not say.</summary>
    public string? ProtocolName { get; init; }

    public IReadOnlyDictionary<string, byte[]> Assignments { get; init; } = new Dictionary<string, byte[]>();
}

/// <summary>The answer to a sync.</summary>
internal sealed record SyncReply(ErrorCode Error, byte[] Assignment)
{
    public string? ProtocolType { get; init; }

    public string? ProtocolName { get; init; }

    public static SyncReply Failed(ErrorCode error) => new(error, []);
}

/// <summary>Who leaves. An empty member id with an instance id is an operator removing a static member.</summary>
internal readonly record struct LeavingMember(string MemberId, string? InstanceId);

/// <summary>Who says so: the part of a commit that is checked before anything is written.</summary>
internal readonly record struct MemberIdentity(string GroupId, int Generation, string MemberId, string? InstanceId);

/// <summary>One offset that a client wants committed.</summary>
internal readonly record struct OffsetToCommit(TopicPartition Partition, long Offset, int LeaderEpoch, string? Metadata);
