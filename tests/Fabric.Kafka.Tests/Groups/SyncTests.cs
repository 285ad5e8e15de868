using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Tests.Groups;

public sealed class SyncTests : IDisposable
{
    private readonly GroupFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Sync_is_answered_when_the_assignment_is_durable_and_not_before()
    {
        JoinReply joined = _fixture.Join().Value;
        Reply<SyncReply> synced = _fixture.Sync(joined, (joined.MemberId, "mine"));
        Assert.False(synced.IsGiven);

        _fixture.Broker.Flush();

        Assert.Equal("mine", GroupFixture.Text(synced.Value.Assignment));
        Assert.Equal(GroupState.Stable, _fixture.Group.State);
    }

    [Fact]
    public void Sync_of_followers_waits_for_the_leader_and_missing_assignments_are_empty()
    {
        JoinReply first = _fixture.Alone();
        Reply<JoinReply> second = _fixture.Join();
        Reply<JoinReply> third = _fixture.Join();
        JoinReply leader = _fixture.Join(first.MemberId).Value;
        Reply<SyncReply> secondSync = _fixture.Sync(second.Value);
        Reply<SyncReply> thirdSync = _fixture.Sync(third.Value);
        _fixture.Broker.Settle();
        Assert.False(secondSync.IsGiven);

        _fixture.Sync(leader, (second.Value.MemberId, "two"));
        _fixture.Broker.Settle();

        Assert.Equal("two", GroupFixture.Text(secondSync.Value.Assignment));
        Assert.Empty(thirdSync.Value.Assignment);
    }

    [Fact]
    public void Sync_with_a_wrong_generation_member_or_protocol_is_refused()
    {
        JoinReply joined = _fixture.Join().Value;
        Assert.Equal(ErrorCode.IllegalGeneration, _fixture.Sync(joined with { Generation = 7 }).Value.Error);
        Assert.Equal(ErrorCode.UnknownMemberId, _fixture.Sync(joined with { MemberId = "x" }).Value.Error);

        var reply = new Reply<SyncReply>();
        _fixture.Groups.Sync(new SyncRequest(GroupFixture.GroupId, 1, joined.MemberId) { ProtocolName = "sticky" }, reply.Set);
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, reply.Value.Error);
        reply = new Reply<SyncReply>();
        _fixture.Groups.Sync(new SyncRequest("nobody", 1, joined.MemberId), reply.Set);
        Assert.Equal(ErrorCode.UnknownMemberId, reply.Value.Error);
        reply = new Reply<SyncReply>();
        _fixture.Groups.Sync(new SyncRequest("", 1, joined.MemberId), reply.Set);
        Assert.Equal(ErrorCode.InvalidGroupId, reply.Value.Error);
    }

    [Fact]
    public void Sync_while_the_next_rebalance_runs_is_told_to_join_again()
    {
        JoinReply first = _fixture.Join().Value;
        _fixture.Join();
        Assert.Equal(ErrorCode.RebalanceInProgress, _fixture.Sync(first).Value.Error);
    }

    [Fact]
    public void Sync_waiting_when_a_member_joins_is_told_to_join_again()
    {
        JoinReply first = _fixture.Alone();
        Reply<JoinReply> second = _fixture.Join();
        _fixture.Join(first.MemberId);
        Reply<SyncReply> waiting = _fixture.Sync(second.Value);

        _fixture.Join();

        Assert.Equal(ErrorCode.RebalanceInProgress, waiting.Value.Error);
    }

    [Fact]
    public void Sync_whose_assignment_cannot_be_written_is_not_handed_out()
    {
        JoinReply joined = _fixture.Join().Value;
        Reply<SyncReply> synced = _fixture.Sync(joined, (joined.MemberId, "mine"));

        _fixture.Broker.FailFlush();

        Assert.Equal(ErrorCode.NotCoordinator, synced.Value.Error);
        Assert.NotEqual(GroupState.Stable, _fixture.Group.State);
    }

    [Fact]
    public void Sync_members_that_never_ask_are_removed_at_the_rebalance_timeout()
    {
        JoinReply first = _fixture.Alone();
        Reply<JoinReply> second = _fixture.Join();
        JoinReply leader = _fixture.Join(first.MemberId).Value;
        _fixture.Sync(leader, (first.MemberId, "a"), (second.Value.MemberId, "b"));
        _fixture.Broker.Settle();
        for (int i = 0; i < 7; i++)
        {
            _fixture.Broker.Advance(GroupFixture.SessionMs - 1_000);
            _fixture.Heartbeat(first.MemberId, 2);
            _fixture.Heartbeat(second.Value.MemberId, 2);
        }

        Assert.Equal(ErrorCode.UnknownMemberId, _fixture.Heartbeat(second.Value.MemberId, 2));
        Assert.Equal(GroupState.PreparingRebalance, _fixture.Group.State);
    }

    [Fact]
    public void Sync_in_a_stable_group_repeats_the_assignment()
    {
        (_, JoinReply follower) = _fixture.Pair();
        Assert.Equal("b", GroupFixture.Text(_fixture.Sync(follower).Value.Assignment));
    }
}
