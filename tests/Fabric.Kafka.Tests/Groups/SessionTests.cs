using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Tests.Groups;

public sealed class SessionTests : IDisposable
{
    private readonly GroupFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Heartbeat_answers_tell_a_member_where_it_stands()
    {
        JoinReply alone = _fixture.Alone();
        Assert.Equal(ErrorCode.None, _fixture.Heartbeat(alone.MemberId, 1));
        Assert.Equal(ErrorCode.IllegalGeneration, _fixture.Heartbeat(alone.MemberId, 0));
        Assert.Equal(ErrorCode.IllegalGeneration, _fixture.Heartbeat(alone.MemberId, 2));
        Assert.Equal(ErrorCode.UnknownMemberId, _fixture.Heartbeat("x", 1));
        Assert.Equal(ErrorCode.UnknownMemberId, _fixture.Heartbeat(alone.MemberId, 1, instance: "nobody"));
        Assert.Equal(ErrorCode.InvalidGroupId, _fixture.Groups.Heartbeat(new MemberIdentity("", 1, alone.MemberId, null)));
        Assert.Equal(ErrorCode.UnknownMemberId, _fixture.Groups.Heartbeat(new MemberIdentity("other", 1, alone.MemberId, null)));
    }

    [Fact]
    public void Session_ends_without_a_heartbeat_and_the_rest_rebalances()
    {
        (JoinReply leader, JoinReply follower) = _fixture.Pair();
        _fixture.Broker.Advance(GroupFixture.SessionMs - 1);
        Assert.Equal(ErrorCode.None, _fixture.Heartbeat(leader.MemberId, 2));
        _fixture.Broker.Advance(1);

        Assert.Equal(ErrorCode.UnknownMemberId, _fixture.Heartbeat(follower.MemberId, 2));
        Assert.Equal(ErrorCode.RebalanceInProgress, _fixture.Heartbeat(leader.MemberId, 2));
    }

    [Fact]
    public void Session_of_the_last_member_leaves_an_empty_group_with_its_offsets()
    {
        JoinReply alone = _fixture.Alone();
        Assert.Equal(ErrorCode.None, _fixture.Commit(5, alone.MemberId, 1));
        _fixture.Broker.Advance(GroupFixture.SessionMs);
        _fixture.Broker.Settle();
        Assert.Equal(GroupState.Empty, _fixture.Group.State);
        Assert.Equal(5, _fixture.Committed());
    }

    [Fact]
    public void Session_is_kept_alive_by_commits()
    {
        JoinReply alone = _fixture.Alone();
        for (int i = 0; i < 5; i++)
        {
            _fixture.Broker.Advance(GroupFixture.SessionMs - 1);
            Assert.Equal(ErrorCode.None, _fixture.Commit(i, alone.MemberId, 1));
        }
    }

    [Fact]
    public void Leave_removes_a_member_and_the_rest_rebalances()
    {
        (JoinReply leader, JoinReply follower) = _fixture.Pair();
        Assert.Equal(ErrorCode.None, _fixture.Leave(follower.MemberId));
        Assert.Equal(ErrorCode.UnknownMemberId, _fixture.Leave(follower.MemberId));
        Assert.Equal(ErrorCode.RebalanceInProgress, _fixture.Heartbeat(leader.MemberId, 2));
    }

    [Fact]
    public void Leave_of_the_one_that_everybody_waits_for_completes_the_rebalance()
    {
        JoinReply first = _fixture.Alone();
        Reply<JoinReply> second = _fixture.Join();
        Assert.Equal(ErrorCode.None, _fixture.Leave(first.MemberId));
        Assert.Equal(2, second.Value.Generation);
        Assert.Equal(second.Value.MemberId, second.Value.LeaderId);
    }

    [Fact]
    public void Leave_of_several_answers_each()
    {
        (JoinReply leader, JoinReply follower) = _fixture.Pair();
        (ErrorCode error, IReadOnlyList<ErrorCode> members) = _fixture.Groups.Leave(
            GroupFixture.GroupId, [new(follower.MemberId, null), new("x", null), new(leader.MemberId, null), new("", "nobody")]);
        Assert.Equal(ErrorCode.None, error);
        Assert.Equal([ErrorCode.None, ErrorCode.UnknownMemberId, ErrorCode.None, ErrorCode.UnknownMemberId], members);
        Assert.Equal(GroupState.Empty, _fixture.Group.State);
    }

    [Fact]
    public void Leave_of_somebody_who_waits_answers_what_he_waits_for()
    {
        _fixture.Alone();
        Reply<JoinReply> waiting = _fixture.Join();
        string memberId = _fixture.Group.Members[1].MemberId;
        Assert.Equal(ErrorCode.None, _fixture.Leave(memberId));
        Assert.Equal(ErrorCode.UnknownMemberId, waiting.Value.Error);
    }

    [Fact]
    public void Leave_with_a_told_id_that_was_never_used_forgets_it()
    {
        string memberId = _fixture.Join(requiresId: true).Value.MemberId;
        Assert.Equal(ErrorCode.None, _fixture.Leave(memberId));
        Assert.Equal(ErrorCode.UnknownMemberId, _fixture.Join(memberId).Value.Error);
    }
}
