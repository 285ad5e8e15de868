using Fabric.Core;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Groups;

/// <summary>
/// The coordinator of classic consumer groups: members, generations, assignments and committed offsets, in the log
/// <c>__consumer_offsets</c>.
/// </summary>
/// <remarks>
/// Runs on the loop; keeps no thread and no clock. Replies that promise something are given when it is durable. A commit is
/// accepted from the present generation only: whoever was assigned elsewhere meanwhile is told so (ILLEGAL_GENERATION,
/// UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID), as exactly-once needs.
/// </remarks>
internal sealed class GroupCoordinator
{
    /// <summary>The log's name; also how a transaction says that it holds offsets.</summary>
    public const string LogName = "__consumer_offsets";

    private readonly IBrokerContext _context;
    private readonly GroupOptions _options;
    private readonly GroupRegistry _groups;
    private readonly GroupRebalance _rebalance;
    private readonly GroupEntrance _entrance;
    private readonly GroupExpiry _expiry;

    public GroupCoordinator(IBrokerContext context, GroupOptions options)
    {
        _context = context;
        _options = options;
        _groups = new GroupRegistry(context, LogName);
        _rebalance = new GroupRebalance(context, options, _groups.Journal);
        _entrance = new GroupEntrance(context, options, _groups, _rebalance);
        _expiry = new GroupExpiry(context, options, _groups);
    }

    /// <summary>Committed offsets, and those waiting for a transaction.</summary>
    public OffsetStore Offsets => _groups.Offsets;

    /// <summary>Every group there is. A snapshot.</summary>
    public IReadOnlyList<Group> Groups => _groups.All;

    /// <summary>Takes up where the log left off. Members get one session to show that they are still there.</summary>
    public void Load()
    {
        _groups.Load();
        foreach (Group group in _groups.All)
        {
            foreach (GroupMember member in group.Members)
            {
                _rebalance.Sessions.Touch(group, member, member.SessionTimeoutMs);
            }
        }

        _expiry.Start();
    }

    public Group? Find(string groupId) => _groups.Find(groupId);

    /// <summary>A member joins, comes back, or asks for a rebalance. Answered when everybody has joined.</summary>
    public void Join(JoinRequest request, Action<JoinReply> reply) => _entrance.Join(request, reply);

    /// <summary>A member asks for its assignment; the leader brings everybody's.</summary>
    public void Sync(SyncRequest request, Action<SyncReply> reply)
    {
        Group? group = Find(request.GroupId);
        ErrorCode error = CheckSync(group, request);
        if (error != ErrorCode.None)
        {
            reply(SyncReply.Failed(error));
            return;
        }

        group!.TryGetMember(request.MemberId, out GroupMember? member);
        group.PendingSyncs.Remove(request.MemberId);
        if (group.State == GroupState.Stable)
        {
            reply(new SyncReply(ErrorCode.None, member!.Assignment)
            {
                ProtocolType = group.ProtocolType, ProtocolName = group.ProtocolName,
            });
            return;
        }

        // A second sync of the same member means that the answer to the first cannot be delivered any more.
        member!.AnswerSync(SyncReply.Failed(ErrorCode.RebalanceInProgress));
        member.AwaitingSync = reply;
        if (group.IsLeader(request.MemberId))
        {
            _rebalance.Assign(group, request.Assignments);
        }
    }

    /// <summary>A member shows that it is alive and learns whether it has to join again.</summary>
    public ErrorCode Heartbeat(in MemberIdentity who)
    {
        if (who.GroupId.Length == 0)
        {
            return ErrorCode.InvalidGroupId;
        }

        if (Find(who.GroupId) is not { } group)
        {
            return ErrorCode.UnknownMemberId;
        }

        ErrorCode error = CheckGeneration(group, who);
        if (error != ErrorCode.None)
        {
            return error;
        }

        Touch(group, who.MemberId);
        return group.State == GroupState.PreparingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
    }

    /// <summary>Members leave, or an operator removes static ones. One outcome each, in the order asked.</summary>
    public (ErrorCode Error, IReadOnlyList<ErrorCode> Members) Leave(string groupId, IReadOnlyList<LeavingMember> leaving)
    {
        if (groupId.Length == 0)
        {
            return (ErrorCode.InvalidGroupId, []);
        }

        Group? group = Find(groupId);
        var outcomes = new List<ErrorCode>(leaving.Count);
        foreach (LeavingMember member in leaving)
        {
            outcomes.Add(group is null ? ErrorCode.UnknownMemberId : RemoveLeaving(group, member));
        }

        if (group is not null && outcomes.Contains(ErrorCode.None) && group.State != GroupState.Empty)
        {
            _rebalance.PrepareOrComplete(group);
        }

        return (ErrorCode.None, outcomes);
    }

    /// <summary>
    /// Whether offsets may be committed by whoever says so; creates the group of a consumer that only stores offsets. A commit
    /// that is let in keeps the member's session alive.
    /// </summary>
    /// <param name="isTransactional">Accepted while a rebalance completes, and without identity from old clients (KIP-447).</param>
    public ErrorCode AdmitCommit(in MemberIdentity who, bool isTransactional)
    {
        if (Find(who.GroupId) is not { } group)
        {
            if (who.Generation >= 0)
            {
                return ErrorCode.IllegalGeneration;
            }

            _groups.GetOrAdd(who.GroupId);
            return ErrorCode.None;
        }

        if (who.Generation < 0 && group.State == GroupState.Empty)
        {
            return ErrorCode.None;
        }

        if (who.Generation >= 0 || who.MemberId.Length > 0 || who.InstanceId is not null)
        {
            ErrorCode error = CheckGeneration(group, who);
            if (error != ErrorCode.None)
            {
                return error;
            }
        }
        else if (!isTransactional)
        {
            return ErrorCode.UnknownMemberId;
        }

        if (!isTransactional && group.State == GroupState.CompletingRebalance)
        {
            return ErrorCode.RebalanceInProgress;
        }

        if (!isTransactional)
        {
            Touch(group, who.MemberId);
        }

        return ErrorCode.None;
    }

    /// <summary>Commits admitted offsets: durable, then visible, then answered.</summary>
    /// <param name="retentionMs">How long the client wants them kept; null for the coordinator's own retention.</param>
    public void Commit(string groupId, IReadOnlyList<OffsetToCommit> offsets, long? retentionMs, Action<ErrorCode> then) =>
        Offsets.Commit(groupId, Stamp(offsets, retentionMs), error =>
        {
            if (error == ErrorCode.None)
            {
                _groups.GetOrAdd(groupId);
            }

            then(error);
        });

    /// <summary>Keeps admitted offsets for the outcome of the producer's transaction; answered when they are durable.</summary>
    public void CommitLater(long producerId, string groupId, IReadOnlyList<OffsetToCommit> offsets, Action<ErrorCode> then) =>
        Offsets.AddPending(producerId, groupId, Stamp(offsets, retentionMs: null), then);

    /// <summary>Whether this much metadata may stand with an offset.</summary>
    public bool AcceptsMetadata(string? metadata) => (metadata?.Length ?? 0) <= _options.OffsetMetadataMax;

    /// <summary>Forgets a group without members and all its offsets.</summary>
    public void Delete(string groupId, Action<ErrorCode> reply)
    {
        if (Find(groupId) is not { } group)
        {
            reply(ErrorCode.GroupIdNotFound);
        }
        else if (group.State != GroupState.Empty)
        {
            reply(ErrorCode.NonEmptyGroup);
        }
        else
        {
            _groups.Forget(group, reply);
        }
    }

    /// <summary>Whether offsets of the topic may be deleted: nobody in the group may be reading it.</summary>
    public ErrorCode CheckOffsetDelete(string groupId, string? topic)
    {
        if (Find(groupId) is not { } group)
        {
            return ErrorCode.GroupIdNotFound;
        }

        if (group.State == GroupState.Empty)
        {
            return ErrorCode.None;
        }

        if (group.ProtocolType != ConsumerProtocol.Type)
        {
            return ErrorCode.NonEmptyGroup;
        }

        return topic is not null && ConsumerProtocol.IsSubscribed(group, topic)
            ? ErrorCode.GroupSubscribedToTopic
            : ErrorCode.None;
    }

    /// <summary>A topic is gone: nobody's place in it means anything any more.</summary>
    public void TopicDeleted(string topic)
    {
        IReadOnlyCollection<OffsetId> ids = Offsets.OfTopic(topic);
        if (ids.Count > 0)
        {
            // Lost with a crash, the offsets point into a topic that does not exist, and expire.
            Offsets.Delete(ids, static _ => { });
        }
    }

    private static ErrorCode CheckSync(Group? group, SyncRequest request)
    {
        if (request.GroupId.Length == 0)
        {
            return ErrorCode.InvalidGroupId;
        }

        if (group is null || group.State == GroupState.Empty)
        {
            return ErrorCode.UnknownMemberId;
        }

        ErrorCode error = CheckGeneration(group, new MemberIdentity(group.Id, request.Generation, request.MemberId, request.InstanceId));
        if (error != ErrorCode.None)
        {
            return error;
        }

        if ((request.ProtocolType is not null && request.ProtocolType != group.ProtocolType)
            || (request.ProtocolName is not null && request.ProtocolName != group.ProtocolName))
        {
            return ErrorCode.InconsistentGroupProtocol;
        }

        return group.State == GroupState.PreparingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
    }

    private static ErrorCode CheckGeneration(Group group, in MemberIdentity who)
    {
        ErrorCode error = group.CheckMember(who.MemberId, who.InstanceId);
        return error == ErrorCode.None && who.Generation != group.Generation ? ErrorCode.IllegalGeneration : error;
    }

    private void Touch(Group group, string memberId)
    {
        if (group.TryGetMember(memberId, out GroupMember? member))
        {
            _rebalance.Sessions.Touch(group, member, member.SessionTimeoutMs);
        }
    }

    private static ErrorCode RemoveLeaving(Group group, LeavingMember leaving)
    {
        string? memberId = leaving.MemberId;
        if (leaving.MemberId.Length == 0)
        {
            memberId = group.MemberOfInstance(leaving.InstanceId);
            if (memberId is null)
            {
                return ErrorCode.UnknownMemberId;
            }
        }
        else if (!group.PendingJoins.ContainsKey(leaving.MemberId))
        {
            ErrorCode error = group.CheckMember(leaving.MemberId, leaving.InstanceId);
            if (error != ErrorCode.None)
            {
                return error;
            }
        }

        group.Remove(memberId);
        return ErrorCode.None;
    }

    private List<KeyValuePair<TopicPartition, CommittedOffset>> Stamp(IReadOnlyList<OffsetToCommit> offsets, long? retentionMs)
    {
        var stamped = new List<KeyValuePair<TopicPartition, CommittedOffset>>(offsets.Count);
        foreach (OffsetToCommit offset in offsets)
        {
            stamped.Add(new(offset.Partition, new CommittedOffset(offset.Offset, offset.LeaderEpoch, offset.Metadata ?? "", _context.NowMs)
            {
                ExpireTimestampMs = retentionMs is { } kept ? _context.NowMs + kept : null,
            }));
        }

        return stamped;
    }
}
