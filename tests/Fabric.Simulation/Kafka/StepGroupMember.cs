using Fabric.Core;
using Fabric.Kafka;
using Fabric.Kafka.Clients;
using Fabric.Kafka.Protocol;

namespace Fabric.Simulation.Kafka;

/// <summary>A member of a consumer group under the cooperative protocol: joins, syncs, beats, gives up and takes partitions.</summary>
/// <remarks>Goes on only when its consumer is polled; requests are under way meanwhile.</remarks>
internal sealed class StepGroupMember(
    BrokerLink link, string groupId, string? instanceId, string topic, IRebalanceListener listener)
{
    private const int SessionTimeoutMs = 6_000;
    private const int RebalanceTimeoutMs = 60_000;
    private const string Protocol = "cooperative-sticky";

    private static readonly TimeSpan BeatEvery = TimeSpan.FromMilliseconds(1_500);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    private readonly SortedSet<TopicPartition> _owned = [];
    private Step _step = Step.Join;
    private Pending? _request;
    private Pending? _beat;
    private string _memberId = "";
    private int _generation = -1;
    private bool _wasAssigned;
    private bool _isMembershipGone;
    private long _notBeforeTicks;
    private long _nextBeatTicks;
    private KafkaException? _fatal;
    private Dictionary<string, byte[]> _assignments = [];

    private enum Step
    {
        Join,
        Joining,
        Syncing,
        Stable,
    }

    /// <summary>The request that is waited for, for who wants to be woken.</summary>
    public Pending? Expected => _request ?? _beat;

    /// <exception cref="KafkaException">The group went on without this member, and the listener is yet to be told.</exception>
    public StepMembership? Membership => !_wasAssigned ? null
        : _isMembershipGone
            ? throw new KafkaException("MEMBERSHIP_LOST", "The group went on without this member", groupId, isAbortable: true)
            : new StepMembership(groupId, _generation, _memberId, instanceId);

    /// <summary>Does what can be done without waiting; true when the listener was called.</summary>
    public bool Advance()
    {
        if (_fatal is { } fatal)
        {
            throw fatal;
        }

        if (_isMembershipGone)
        {
            return Lose();
        }

        bool isCalled = _step switch
        {
            Step.Join => Join(),
            Step.Joining when _request is { IsDone: true } => Joined(),
            Step.Syncing when _request is { IsDone: true } => Synced(),
            _ => false,
        };
        Beat();
        return isCalled;
    }

    /// <summary>Gives everything up in order; a static member stays in the group until its session is over.</summary>
    public void Leave(TimeSpan within)
    {
        if (_owned.Count > 0 && !_isMembershipGone)
        {
            TopicPartition[] owned = [.. _owned];
            _owned.Clear();
            listener.OnRevoked(owned);
        }

        if (instanceId is null && _memberId.Length > 0 && link.Process.IsAlive)
        {
            link.TryAsk(
                ApiKey.LeaveGroup, body =>
                {
                    body.WriteString(groupId);
                    body.WriteArrayLength(1);
                    body.WriteString(_memberId);
                    body.WriteNullableString(null);
                },
                static (ref KafkaReader body) => body.ReadInt32(), within, out _);
        }
    }

    private bool Join()
    {
        if (link.Simulator.NowTicks >= _notBeforeTicks)
        {
            _request = link.Post(ApiKey.JoinGroup, WriteJoin);
            _step = Step.Joining;
        }

        return false;
    }

    private bool Joined()
    {
        byte[]? answer = _request!.Answer;
        _request = null;
        if (answer is null)
        {
            return Retry();
        }

        JoinAnswer joined = BrokerLink.Read(ApiKey.JoinGroup, answer, JoinAnswer.Read);
        switch (joined.Error)
        {
            case ErrorCode.None:
                (_generation, _memberId) = (joined.Generation, joined.MemberId);
                _assignments = joined.LeaderId == joined.MemberId ? CooperativeAssignor.Assign(topic, Partitions(), joined.Members) : [];
                _request = link.Post(ApiKey.SyncGroup, WriteSync);
                _step = Step.Syncing;
                return false;
            case ErrorCode.MemberIdRequired:
                _memberId = joined.MemberId;
                _step = Step.Join;
                return false;
            default:
                return Refused(joined.Error);
        }
    }

    private bool Synced()
    {
        byte[]? answer = _request!.Answer;
        _request = null;
        if (answer is null)
        {
            return Retry();
        }

        (ErrorCode error, byte[] assignment) = BrokerLink.Read(ApiKey.SyncGroup, answer, static (ref KafkaReader body) =>
        {
            body.ReadInt32();
            return ((ErrorCode)body.ReadInt16(), body.ReadBytes().ToArray());
        });
        if (error != ErrorCode.None)
        {
            return Refused(error);
        }

        _step = Step.Stable;
        _nextBeatTicks = link.Simulator.NowTicks + BeatEvery.Ticks;
        return Take(CooperativeAssignor.ReadAssignment(assignment));
    }

    private bool Take(HashSet<TopicPartition> assigned)
    {
        TopicPartition[] gone = [.. _owned.Where(partition => !assigned.Contains(partition))];
        TopicPartition[] added = [.. assigned.Where(partition => !_owned.Contains(partition)).Order()];
        _wasAssigned = true;
        if (gone.Length > 0)
        {
            _owned.ExceptWith(gone);
            listener.OnRevoked(gone);
            _step = Step.Join; // others wait for what was given up
        }

        if (added.Length > 0)
        {
            _owned.UnionWith(added);
            listener.OnAssigned(added);
        }

        return gone.Length + added.Length > 0;
    }

    private void Beat()
    {
        if (_beat is { IsDone: true } done)
        {
            _beat = null;
            if (done.Answer is { } answer && _step == Step.Stable)
            {
                ErrorCode error = BrokerLink.Read(ApiKey.Heartbeat, answer, static (ref KafkaReader body) =>
                {
                    body.ReadInt32();
                    return (ErrorCode)body.ReadInt16();
                });
                if (error != ErrorCode.None)
                {
                    Refused(error);
                }
            }
        }

        if (_beat is null && _step == Step.Stable && link.Simulator.NowTicks >= _nextBeatTicks)
        {
            _nextBeatTicks = link.Simulator.NowTicks + BeatEvery.Ticks;
            _beat = link.Post(ApiKey.Heartbeat, body =>
            {
                body.WriteString(groupId);
                body.WriteInt32(_generation);
                body.WriteString(_memberId);
                body.WriteNullableString(instanceId);
            });
        }
    }

    private bool Refused(ErrorCode error)
    {
        link.Simulator.Trace.Add("group-error", $"{groupId} {instanceId} {error}");
        switch (error)
        {
            case ErrorCode.FencedInstanceId:
                _isMembershipGone = true;
                _fatal = StepErrors.Of("Being a member", error);
                return false;
            case ErrorCode.UnknownMemberId:
                _memberId = "";
                _isMembershipGone = true;
                return false;
            case ErrorCode.IllegalGeneration:
                _isMembershipGone = true;
                return false;
            default:
                return Retry();
        }
    }

    private bool Retry()
    {
        _notBeforeTicks = link.Simulator.NowTicks + (_step == Step.Stable ? 0 : RetryAfter.Ticks);
        _step = Step.Join;
        return false;
    }

    private bool Lose()
    {
        TopicPartition[] lost = [.. _owned];
        _owned.Clear();
        _isMembershipGone = false;
        _generation = -1;
        _request = null;
        _step = Step.Join;
        if (lost.Length > 0)
        {
            listener.OnLost(lost);
        }

        return lost.Length > 0;
    }

    private int Partitions() => new StepAdmin(link).Counts().GetValueOrDefault(topic);

    private void WriteJoin(KafkaWriter body)
    {
        body.WriteString(groupId);
        body.WriteInt32(SessionTimeoutMs);
        body.WriteInt32(RebalanceTimeoutMs);
        body.WriteString(_memberId);
        body.WriteNullableString(instanceId);
        body.WriteString("consumer");
        body.WriteArrayLength(1);
        body.WriteString(Protocol);
        body.WriteBytes(CooperativeAssignor.WriteSubscription(topic, _owned));
    }

    private void WriteSync(KafkaWriter body)
    {
        body.WriteString(groupId);
        body.WriteInt32(_generation);
        body.WriteString(_memberId);
        body.WriteNullableString(instanceId);
        body.WriteArrayLength(_assignments.Count);
        foreach ((string member, byte[] assignment) in _assignments)
        {
            body.WriteString(member);
            body.WriteBytes(assignment);
        }
    }
}

/// <summary>What JoinGroup answered.</summary>
internal sealed record JoinAnswer(
    ErrorCode Error, int Generation, string LeaderId, string MemberId, List<GroupPeer> Members)
{
    public static JoinAnswer Read(ref KafkaReader body)
    {
        body.ReadInt32();
        var error = (ErrorCode)body.ReadInt16();
        int generation = body.ReadInt32();
        body.ReadNullableString();
        string leader = body.ReadString();
        string member = body.ReadString();
        var members = new List<GroupPeer>();
        for (int left = body.ReadArrayLengthOrEmpty(2); left > 0; left--)
        {
            members.Add(new GroupPeer(body.ReadString(), body.ReadNullableString(), body.ReadBytes().ToArray()));
        }

        return new JoinAnswer(error, generation, leader, member, members);
    }
}

/// <summary>A member as the leader sees it.</summary>
internal sealed record GroupPeer(string MemberId, string? InstanceId, byte[] Subscription);
