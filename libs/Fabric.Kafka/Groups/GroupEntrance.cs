using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Groups;

/// <summary>The door of a group: who may join, under which id, and whether that is news to the others.</summary>
internal sealed class GroupEntrance(IBrokerContext context, GroupOptions options, GroupRegistry groups, GroupRebalance rebalance)
{
    /// <summary>A member joins, comes back, or asks for a rebalance. Answered when everybody has joined.</summary>
    public void Join(JoinRequest request, Action<JoinReply> reply)
    {
        bool isUnknown = request.MemberId.Length == 0;
        Group? group = groups.Find(request.GroupId);
        ErrorCode error = CheckJoin(request);
        if (error == ErrorCode.None && group is null && !isUnknown)
        {
            error = ErrorCode.UnknownMemberId;
        }

        if (error == ErrorCode.None && group is not null && !HasRoomFor(group, request.MemberId))
        {
            group.Remove(request.MemberId);
            reply(new JoinReply(ErrorCode.GroupMaxSizeReached, ""));
            return;
        }

        if (error == ErrorCode.None && !(group ?? new Group(request.GroupId, 0)).Supports(request.ProtocolType, request.Protocols))
        {
            error = ErrorCode.InconsistentGroupProtocol;
        }

        if (error != ErrorCode.None)
        {
            reply(new JoinReply(error, request.MemberId));
        }
        else if (isUnknown)
        {
            JoinUnknown(group ?? groups.GetOrAdd(request.GroupId), request, reply);
        }
        else
        {
            JoinKnown(group!, request, reply);
        }
    }

    private ErrorCode CheckJoin(JoinRequest request)
    {
        if (request.GroupId.Length == 0)
        {
            return ErrorCode.InvalidGroupId;
        }

        bool isInRange = request.SessionTimeoutMs >= options.SessionTimeoutMin.TotalMilliseconds
            && request.SessionTimeoutMs <= options.SessionTimeoutMax.TotalMilliseconds;
        return isInRange ? ErrorCode.None : ErrorCode.InvalidSessionTimeout;
    }

    private bool HasRoomFor(Group group, string memberId)
    {
        bool isMember = group.TryGetMember(memberId, out GroupMember? member);
        return group.State switch
        {
            GroupState.Empty => true,
            GroupState.PreparingRebalance => member?.AwaitingJoin is not null || group.AwaitingJoinCount < options.MembersMax,
            _ => isMember || group.Members.Count < options.MembersMax,
        };
    }

    private void JoinUnknown(Group group, JoinRequest request, Action<JoinReply> reply)
    {
        string memberId = $"{request.InstanceId ?? request.ClientId}-{context.Ids.NewId()}";
        if (group.MemberOfInstance(request.InstanceId) is { } oldMemberId)
        {
            rebalance.ReplaceStaticMember(group, request, oldMemberId, memberId, reply);
        }
        else if (request.RequiresMemberId && request.InstanceId is null)
        {
            rebalance.Sessions.ExpectJoin(group, memberId, request.SessionTimeoutMs);
            reply(new JoinReply(ErrorCode.MemberIdRequired, memberId));
        }
        else
        {
            rebalance.AddMember(group, request, memberId, reply);
        }
    }

    private void JoinKnown(Group group, JoinRequest request, Action<JoinReply> reply)
    {
        if (group.PendingJoins.ContainsKey(request.MemberId) && request.InstanceId is null)
        {
            rebalance.AddMember(group, request, request.MemberId, reply);
            return;
        }

        ErrorCode error = group.CheckMember(request.MemberId, request.InstanceId);
        if (error != ErrorCode.None)
        {
            reply(new JoinReply(error, request.MemberId));
            return;
        }

        group.TryGetMember(request.MemberId, out GroupMember? member);
        bool mustRebalance = group.State == GroupState.PreparingRebalance || !member!.Matches(request.Protocols)
            || (group.State == GroupState.Stable && group.IsLeader(request.MemberId));
        if (mustRebalance)
        {
            rebalance.UpdateMember(group, member!, request, reply);
        }
        else
        {
            // It did not get, or forgot, the last answer: nothing has changed since.
            reply(GroupRebalance.Joined(group, member!, skipAssignment: false));
        }
    }
}
