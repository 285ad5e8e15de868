using System.Diagnostics.CodeAnalysis;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Groups;

/// <summary>
/// The members of one classic group and the rules about them. It knows no time, no log and no wire: what happens when is in
/// <see cref="GroupRebalance"/>.
/// </summary>
/// <remarks>
/// Invariants: a leader is a member, and there is one whenever there are members; a static instance maps to exactly one
/// member; the generation never goes back; in CompletingRebalance and Stable every member knows the chosen protocol.
/// Source of the rules: KIP-62, KIP-345 (static members), KIP-394 (member id required).
/// </remarks>
internal sealed class Group(string id, long nowMs)
{
    private readonly OrderedDictionary<string, GroupMember> _members = [];
    private readonly Dictionary<string, string> _memberOfInstance = [];

    public string Id { get; } = id;

    public GroupState State { get; private set; } = GroupState.Empty;

    /// <summary>When the state last changed; milliseconds of Unix time. Offsets expire from here when the group is empty.</summary>
    public long StateSinceMs { get; private set; } = nowMs;

    public int Generation { get; private set; }

    /// <summary><c>consumer</c>, <c>connect</c>, …; null for a group that only stores offsets.</summary>
    public string? ProtocolType { get; private set; }

    /// <summary>The chosen assignor; null while there are no members.</summary>
    public string? ProtocolName { get; private set; }

    public string? LeaderId { get; private set; }

    /// <summary>In the order of joining.</summary>
    public IReadOnlyList<GroupMember> Members => _members.Values;

    /// <summary>Ids handed out with MEMBER_ID_REQUIRED whose owners have not come back yet, and until when they may.</summary>
    public Dictionary<string, long> PendingJoins { get; } = [];

    /// <summary>Members of this generation that have not asked for their assignment yet.</summary>
    public HashSet<string> PendingSyncs { get; } = [];

    /// <summary>The rebalance at hand is the first after the group was empty.</summary>
    public bool IsInitialRebalance { get; private set; }

    /// <summary>Somebody joined since the initial delay was last extended.</summary>
    public bool HasNewMember { get; set; }

    /// <summary>The leader's assignment is on its way to the disk.</summary>
    public bool IsAssignmentPending { get; set; }

    /// <summary>Counts what is scheduled for this group: an action whose number is not the current one does nothing.</summary>
    public int TimerVersion { get; private set; }

    public bool HasAllMembersJoined =>
        PendingJoins.Count == 0 && _members.Values.All(static member => member.AwaitingJoin is not null);

    public int AwaitingJoinCount => _members.Values.Count(static member => member.AwaitingJoin is not null);

    /// <summary>The longest that any member asks for.</summary>
    public int RebalanceTimeoutMs => _members.Values.Select(static member => member.RebalanceTimeoutMs).DefaultIfEmpty().Max();

    public bool TryGetMember(string memberId, [NotNullWhen(true)] out GroupMember? member) =>
        _members.TryGetValue(memberId, out member);

    public bool IsLeader(string memberId) => LeaderId == memberId;

    /// <summary>The member behind a static instance; null when there is none.</summary>
    public string? MemberOfInstance(string? instanceId) =>
        instanceId is not null && _memberOfInstance.TryGetValue(instanceId, out string? memberId) ? memberId : null;

    /// <summary>None, UnknownMemberId, or FencedInstanceId when another member took the instance over.</summary>
    public ErrorCode CheckMember(string memberId, string? instanceId)
    {
        if (instanceId is not null)
        {
            string? current = MemberOfInstance(instanceId);
            if (current is null)
            {
                return ErrorCode.UnknownMemberId;
            }

            if (current != memberId)
            {
                return ErrorCode.FencedInstanceId;
            }
        }

        return _members.ContainsKey(memberId) ? ErrorCode.None : ErrorCode.UnknownMemberId;
    }

    /// <summary>Whether somebody with these protocols can be in the group: the same type, and one that everybody knows.</summary>
    public bool Supports(string protocolType, IReadOnlyList<GroupProtocol> protocols)
    {
        if (State == GroupState.Empty)
        {
            return protocolType.Length > 0 && protocols.Count > 0;
        }

        return protocolType == ProtocolType
            && protocols.Any(offered => _members.Values.All(member => Knows(member, offered.Name)));
    }

    public void Add(GroupMember member)
    {
        if (_members.Count == 0)
        {
            ProtocolType = member.ProtocolType;
        }

        _members.Add(member.MemberId, member);
        LeaderId ??= member.MemberId;
        PendingJoins.Remove(member.MemberId);
        if (member.InstanceId is not null)
        {
            _memberOfInstance[member.InstanceId] = member.MemberId;
        }

        if (State == GroupState.PreparingRebalance && IsInitialRebalance)
        {
            HasNewMember = true;
        }
    }

    /// <summary>Removes a member; what it still waits for is answered with UnknownMemberId, so that it comes again.</summary>
    public void Remove(string memberId)
    {
        PendingJoins.Remove(memberId);
        PendingSyncs.Remove(memberId);
        if (!_members.Remove(memberId, out GroupMember? member))
        {
            return;
        }

        if (member.InstanceId is not null)
        {
            _memberOfInstance.Remove(member.InstanceId);
        }

        if (LeaderId == memberId)
        {
            LeaderId = _members.Count > 0 ? _members.GetAt(0).Key : null;
        }

        member.AnswerJoin(new JoinReply(ErrorCode.UnknownMemberId, ""));
        member.AnswerSync(SyncReply.Failed(ErrorCode.UnknownMemberId));
    }

    /// <summary>A static member came back under a new id: the old id is fenced, its place and assignment stay.</summary>
    public GroupMember ReplaceStatic(string oldMemberId, string newMemberId)
    {
        GroupMember old = _members[oldMemberId];
        var replacement = new GroupMember
        {
            MemberId = newMemberId, InstanceId = old.InstanceId, ClientId = old.ClientId, ClientHost = old.ClientHost,
            ProtocolType = old.ProtocolType, RebalanceTimeoutMs = old.RebalanceTimeoutMs,
            SessionTimeoutMs = old.SessionTimeoutMs, Protocols = old.Protocols, Assignment = old.Assignment,
        };
        int place = _members.IndexOf(oldMemberId);
        _members.RemoveAt(place);
        _members.Insert(place, newMemberId, replacement);
        _memberOfInstance[old.InstanceId!] = newMemberId;
        LeaderId = LeaderId == oldMemberId ? newMemberId : LeaderId;
        PendingSyncs.Remove(oldMemberId);
        old.AnswerJoin(new JoinReply(ErrorCode.FencedInstanceId, oldMemberId));
        old.AnswerSync(SyncReply.Failed(ErrorCode.FencedInstanceId));
        return replacement;
    }

    /// <summary>Gives the lead to somebody who has joined, if the leader has not. False when nobody has.</summary>
    public bool ElectJoinedLeader()
    {
        if (LeaderId is not null && _members[LeaderId].AwaitingJoin is not null)
        {
            return true;
        }

        GroupMember? joined = _members.Values.FirstOrDefault(static member => member.AwaitingJoin is not null);
        LeaderId = joined?.MemberId ?? LeaderId;
        return joined is not null;
    }

    /// <summary>The protocol that most members prefer among those that all know; a draw goes to the first named.</summary>
    public string? SelectProtocol()
    {
        HashSet<string> candidates = [];
        foreach (GroupProtocol offered in _members.GetAt(0).Value.Protocols)
        {
            if (_members.Values.All(member => Knows(member, offered.Name)))
            {
                candidates.Add(offered.Name);
            }
        }

        return _members.Values.Select(member => member.Vote(candidates)).GroupBy(static vote => vote)
            .MaxBy(static votes => votes.Count())?.Key;
    }

    /// <summary>Everybody who counts has joined: a new generation, waiting for the leader, or empty.</summary>
    public void StartNextGeneration(long atMs)
    {
        Generation++;
        IsAssignmentPending = false;
        PendingSyncs.Clear();
        ProtocolName = _members.Count == 0 ? null : SelectProtocol();
        TransitionTo(_members.Count == 0 ? GroupState.Empty : GroupState.CompletingRebalance, atMs);
    }

    public void TransitionTo(GroupState next, long atMs)
    {
        if (next == GroupState.PreparingRebalance)
        {
            IsInitialRebalance = State == GroupState.Empty;
            HasNewMember = false;
        }

        // The wait for the last syncs goes on when the group becomes stable; every other change calls off what was scheduled.
        TimerVersion += next == GroupState.Stable ? 0 : 1;
        State = next;
        StateSinceMs = atMs;
    }

    /// <summary>A number for something newly scheduled; everything scheduled before is off.</summary>
    public int RestartTimer() => ++TimerVersion;

    /// <summary>Takes the group as it was found in the log.</summary>
    public void Restore(
        int generation, string? protocolType, string? protocolName, string? leaderId, IEnumerable<GroupMember> members, long sinceMs)
    {
        Generation = generation;
        foreach (GroupMember member in members)
        {
            Add(member);
        }

        ProtocolType = string.IsNullOrEmpty(protocolType) ? null : protocolType;
        ProtocolName = protocolName;
        LeaderId = leaderId is not null && _members.ContainsKey(leaderId) ? leaderId : LeaderId;
        State = _members.Count == 0 ? GroupState.Empty : GroupState.Stable;
        StateSinceMs = sinceMs;
    }

    private static bool Knows(GroupMember member, string protocol)
    {
        foreach (GroupProtocol known in member.Protocols)
        {
            if (known.Name == protocol)
            {
                return true;
            }
        }

        return false;
    }
}
