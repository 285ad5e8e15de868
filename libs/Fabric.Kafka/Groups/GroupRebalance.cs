using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Groups;

/// <summary>
/// Takes groups from one generation to the next: members join, the leader's assignment is made durable and handed out. Joins
/// and syncs that must wait are parked in the members.
/// </summary>
/// <remarks>
/// Runs on the loop. A generation is visible to members only after its assignment is durable, so that a crash never brings
/// back a number under which somebody already worked with other partitions.
/// </remarks>
internal sealed class GroupRebalance
{
    private readonly IBrokerContext _context;
    private readonly GroupOptions _options;
    private readonly GroupJournal _journal;
    private readonly MemberSessions _sessions;

    public GroupRebalance(IBrokerContext context, GroupOptions options, GroupJournal journal)
    {
        _context = context;
        _options = options;
        _journal = journal;
        _sessions = new MemberSessions(context, OnSessionEnded, OnPendingJoinEnded);
    }

    /// <summary>Who is alive, and who no longer.</summary>
    public MemberSessions Sessions => _sessions;

    /// <summary>Adds a member that is not in the group yet and asks everybody to join.</summary>
    public void AddMember(Group group, JoinRequest request, string memberId, Action<JoinReply> reply)
    {
        var member = new GroupMember
        {
            MemberId = memberId, InstanceId = request.InstanceId, ClientId = request.ClientId,
            ClientHost = request.ClientHost, ProtocolType = request.ProtocolType, Protocols = request.Protocols,
            RebalanceTimeoutMs = request.RebalanceTimeoutMs, SessionTimeoutMs = request.SessionTimeoutMs, IsNew = true,
            AwaitingJoin = reply,
        };
        group.Add(member);
        _sessions.Touch(group, member, (long)_options.NewMemberJoinTimeout.TotalMilliseconds);
        PrepareOrComplete(group);
    }

    /// <summary>Takes what a known member now says of itself, parks its join and asks everybody else to join.</summary>
    public void UpdateMember(Group group, GroupMember member, JoinRequest request, Action<JoinReply> reply)
    {
        Update(member, request, reply);
        PrepareOrComplete(group);
    }

    /// <summary>
    /// A static member is back under a new id. If nothing changes for the others they notice nothing, unless a partition has no
    /// owner.
    /// </summary>
    /// <remarks>
    /// Cooperative members get a partition that moves in two steps: one generation in which nobody has it, then a rejoin of
    /// whoever gave it up. When that one is killed in between, the generation in which nobody has it would be handed out again,
    /// and stand until the membership changes: Kafka's coordinator does so.
    /// </remarks>
    public void ReplaceStaticMember(Group group, JoinRequest request, string oldMemberId, string newMemberId, Action<JoinReply> reply)
    {
        string? formerLeader = group.LeaderId;
        GroupMember member = group.ReplaceStatic(oldMemberId, newMemberId);
        Update(member, request, reply);
        _sessions.Touch(group, member, member.SessionTimeoutMs);
        switch (group.State)
        {
            case GroupState.Stable when group.SelectProtocol() == group.ProtocolName
                    && !ConsumerProtocol.HasPartitionWithoutOwner(group, _context):
                int generation = group.Generation;
                _journal.WriteGroup(group, error => OnReplacementWritten(group, generation, member, request, formerLeader, error));
                break;
            case GroupState.CompletingRebalance:
                // The leader may be assigning to the old id at this moment: the new one would get nothing.
                Prepare(group);
                break;
            default:
                PrepareOrComplete(group);
                break;
        }
    }

    /// <summary>The leader's assignment: made durable, then handed out to everybody who waits for it.</summary>
    public void Assign(Group group, IReadOnlyDictionary<string, byte[]> assignments)
    {
        if (group.IsAssignmentPending)
        {
            return;
        }

        group.IsAssignmentPending = true;
        int generation = group.Generation;
        foreach (GroupMember member in group.Members)
        {
            member.Assignment = assignments.TryGetValue(member.MemberId, out byte[]? assignment) ? assignment : [];
        }

        _journal.WriteGroup(group, error => OnAssignmentWritten(group, generation, error));
    }

    /// <summary>Membership changed: a rebalance starts, or the one that runs may now be complete.</summary>
    public void PrepareOrComplete(Group group)
    {
        if (group.State is GroupState.Empty or GroupState.CompletingRebalance or GroupState.Stable)
        {
            Prepare(group);
        }
        else if (group.State == GroupState.PreparingRebalance && group.HasAllMembersJoined && !IsDelayed(group))
        {
            Complete(group);
        }
    }

    private static void Update(GroupMember member, JoinRequest request, Action<JoinReply> reply)
    {
        // A second join of the same member means that the answer to the first cannot be delivered any more.
        member.AnswerJoin(new JoinReply(ErrorCode.RebalanceInProgress, member.MemberId));
        member.Protocols = request.Protocols;
        member.RebalanceTimeoutMs = request.RebalanceTimeoutMs;
        member.SessionTimeoutMs = request.SessionTimeoutMs;
        member.AwaitingJoin = reply;
    }

    private bool IsDelayed(Group group) => group.IsInitialRebalance && _options.InitialRebalanceDelay > TimeSpan.Zero;

    private void Prepare(Group group)
    {
        if (group.State == GroupState.CompletingRebalance)
        {
            ResetAssignment(group, ErrorCode.RebalanceInProgress);
        }

        group.PendingSyncs.Clear();
        group.TransitionTo(GroupState.PreparingRebalance, _context.NowMs);
        if (IsDelayed(group))
        {
            int delayMs = (int)_options.InitialRebalanceDelay.TotalMilliseconds;
            ScheduleInitial(group, delayMs, Math.Max(group.RebalanceTimeoutMs - delayMs, 0));
        }
        else if (group.HasAllMembersJoined)
        {
            Complete(group);
        }
        else
        {
            Schedule(group, group.RebalanceTimeoutMs, () => Complete(group));
        }
    }

    private void ScheduleInitial(Group group, int delayMs, int remainingMs) =>
        Schedule(group, delayMs, () =>
        {
            if (!group.HasNewMember || remainingMs == 0)
            {
                Complete(group);
                return;
            }

            group.HasNewMember = false;
            int next = Math.Min((int)_options.InitialRebalanceDelay.TotalMilliseconds, remainingMs);
            ScheduleInitial(group, next, Math.Max(remainingMs - delayMs, 0));
        });

    private void Schedule(Group group, int delayMs, Action action)
    {
        int version = group.RestartTimer();
        _context.ScheduleAt(_context.NowMs + delayMs, () =>
        {
            if (group.State != GroupState.Dead && group.TimerVersion == version)
            {
                action();
            }
        });
    }

    private void Complete(Group group)
    {
        foreach (GroupMember late in group.Members.Where(static member => member is { AwaitingJoin: null, IsStatic: false }).ToList())
        {
            group.Remove(late.MemberId);
        }

        if (group.Members.Count > 0 && !group.ElectJoinedLeader())
        {
            // Static members only, and none has come: wait for their sessions to end.
            Schedule(group, group.RebalanceTimeoutMs, () => Complete(group));
            return;
        }

        group.StartNextGeneration(_context.NowMs);
        if (group.State == GroupState.Empty)
        {
            // If this is lost, the last generation comes back after a restart and its members' sessions end again.
            _journal.WriteGroup(group, static _ => { });
            return;
        }

        foreach (GroupMember member in group.Members.ToList())
        {
            group.PendingSyncs.Add(member.MemberId);
            _sessions.Touch(group, member, member.SessionTimeoutMs);
            member.IsNew = false;
            member.AnswerJoin(Joined(group, member, skipAssignment: false));
        }

        Schedule(group, group.RebalanceTimeoutMs, () => RemoveWithoutSync(group));
    }

    private void RemoveWithoutSync(Group group)
    {
        if (group.PendingSyncs.Count == 0)
        {
            return;
        }

        foreach (string memberId in group.PendingSyncs.ToList())
        {
            group.Remove(memberId);
        }

        Prepare(group);
    }

    private void OnAssignmentWritten(Group group, int generation, ErrorCode error)
    {
        if (group.State != GroupState.CompletingRebalance || group.Generation != generation)
        {
            return;
        }

        group.IsAssignmentPending = false;
        if (error != ErrorCode.None)
        {
            ResetAssignment(group, ErrorCode.NotCoordinator);
            Prepare(group);
            return;
        }

        group.TransitionTo(GroupState.Stable, _context.NowMs);
        foreach (GroupMember member in group.Members.ToList())
        {
            Deliver(group, member);
        }
    }

    private void Deliver(Group group, GroupMember member)
    {
        var reply = new SyncReply(ErrorCode.None, member.Assignment)
        {
            ProtocolType = group.ProtocolType, ProtocolName = group.ProtocolName,
        };
        if (member.AnswerSync(reply))
        {
            _sessions.Touch(group, member, member.SessionTimeoutMs);
        }
    }

    private void ResetAssignment(Group group, ErrorCode error)
    {
        foreach (GroupMember member in group.Members.ToList())
        {
            member.Assignment = [];
            if (member.AnswerSync(SyncReply.Failed(error)))
            {
                _sessions.Touch(group, member, member.SessionTimeoutMs);
            }
        }
    }

    private void OnReplacementWritten(
        Group group, int generation, GroupMember member, JoinRequest request, string? formerLeader, ErrorCode error)
    {
        if (group.State != GroupState.Stable || group.Generation != generation)
        {
            // Another rebalance began meanwhile; it answers the parked join.
            return;
        }

        if (error != ErrorCode.None)
        {
            member.AnswerJoin(new JoinReply(ErrorCode.NotCoordinator, ""));
        }
        else if (request.KnowsSkipAssignment)
        {
            member.AnswerJoin(Joined(group, member, skipAssignment: group.IsLeader(member.MemberId)));
        }
        else
        {
            // Told the leader's former id, the member does not take itself for the leader, and assigns nothing.
            member.AnswerJoin(Joined(group, member, skipAssignment: false) with { LeaderId = formerLeader ?? "", Members = [] });
        }
    }

    /// <summary>What a member is told about the generation it is in.</summary>
    public static JoinReply Joined(Group group, GroupMember member, bool skipAssignment) =>
        new(ErrorCode.None, member.MemberId)
        {
            Generation = group.Generation, ProtocolType = group.ProtocolType, ProtocolName = group.ProtocolName,
            LeaderId = group.LeaderId ?? "", SkipAssignment = skipAssignment,
            Members = group.IsLeader(member.MemberId)
                ? [.. group.Members.Select(each => new JoinedMember(each.MemberId, each.InstanceId, each.MetadataFor(group.ProtocolName)))]
                : [],
        };

    private void OnSessionEnded(Group group, GroupMember member)
    {
        group.Remove(member.MemberId);
        PrepareOrComplete(group);
    }

    private void OnPendingJoinEnded(Group group, string memberId)
    {
        group.PendingJoins.Remove(memberId);
        if (group.State == GroupState.PreparingRebalance)
        {
            PrepareOrComplete(group);
        }
    }
}
