using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Tests.Groups;

/// <summary>KIP-345 and KIP-814.</summary>
public sealed class StaticMemberTests : IDisposable
{
    private readonly GroupFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Static_member_is_never_asked_to_come_back_with_an_id() =>
        Assert.Equal(ErrorCode.None, _fixture.Join(instance: "edge-1", requiresId: true).Value.Error);

    [Fact]
    public void Static_member_that_restarts_keeps_generation_and_assignment_and_fences_its_former_self()
    {
        JoinReply former = _fixture.Alone(instance: "edge-1");
        Reply<JoinReply> restarted = _fixture.Join(instance: "edge-1");
        Assert.False(restarted.IsGiven);
        _fixture.Broker.Settle();

        JoinReply now = restarted.Value;
        Assert.Equal(former.Generation, now.Generation);
        Assert.NotEqual(former.MemberId, now.MemberId);
        Assert.Equal(former.MemberId, now.LeaderId);
        Assert.Equal("all", GroupFixture.Text(_fixture.Sync(now.MemberId, now.Generation, "edge-1").Value.Assignment));
        Assert.Equal(ErrorCode.FencedInstanceId, _fixture.Heartbeat(former.MemberId, former.Generation, "edge-1"));
        Assert.Equal(ErrorCode.FencedInstanceId, _fixture.Commit(1, former.MemberId, former.Generation, "edge-1"));
        Assert.Equal(ErrorCode.FencedInstanceId, _fixture.Join(former.MemberId, instance: "edge-1").Value.Error);
        Assert.Equal(ErrorCode.FencedInstanceId, _fixture.Sync(former.MemberId, 1, "edge-1").Value.Error);
        Assert.Equal(ErrorCode.FencedInstanceId, _fixture.Leave(former.MemberId, "edge-1"));
        Assert.Equal(ErrorCode.None, _fixture.Heartbeat(now.MemberId, now.Generation, "edge-1"));
    }

    [Fact]
    public void Static_leader_that_restarts_may_lead_without_assigning_from_version_9()
    {
        _fixture.Alone(instance: "edge-1");
        Reply<JoinReply> restarted = _fixture.Join(instance: "edge-1", knowsSkip: true);
        _fixture.Broker.Settle();
        Assert.True(restarted.Value.SkipAssignment);
        Assert.Equal(restarted.Value.MemberId, restarted.Value.LeaderId);
        Assert.Single(restarted.Value.Members);
    }

    [Fact]
    public void Static_member_that_restarts_with_other_protocols_rebalances()
    {
        Reply<JoinReply> joined = _fixture.Join(instance: "edge-1", protocol: "range");
        _fixture.Sync(joined.Value.MemberId, 1, "edge-1", (joined.Value.MemberId, "x"));
        _fixture.Broker.Settle();
        Reply<JoinReply> restarted = _fixture.Join(instance: "edge-1", protocol: "range,sticky", metadata: "new");
        _fixture.Broker.Settle();
        Assert.Equal(1, restarted.Value.Generation);

        Reply<JoinReply> other = _fixture.Join(instance: "edge-1", protocol: "sticky,range");
        Assert.Equal(2, other.Value.Generation);
        Assert.Equal("sticky", other.Value.ProtocolName);
    }

    [Theory]
    [InlineData(3, 2)]
    [InlineData(4, 1)]
    public void Static_member_that_was_to_give_a_partition_up_rebalances_when_it_restarts_and_nobody_has_it(
        int assigned, int generations)
    {
        string subscription = "\0\0" + "\0\0\0\x01\0\x03raw" + "\0\0\0\0";
        string assignment = "\0\0" + "\0\0\0\x01\0\x03raw" + "\0\0\0" + (char)assigned
            + string.Concat(Enumerable.Range(0, assigned).Select(partition => "\0\0\0" + (char)partition)) + "\0\0\0\0";
        Reply<JoinReply> joined = _fixture.Join(instance: "edge-1", metadata: subscription);
        _fixture.Sync(joined.Value.MemberId, 1, "edge-1", (joined.Value.MemberId, assignment));
        _fixture.Broker.Settle();

        Reply<JoinReply> restarted = _fixture.Join(instance: "edge-1", metadata: subscription);
        _fixture.Broker.Settle();
        Assert.Equal(generations, restarted.Value.Generation);
    }

    [Fact]
    public void Static_member_whose_former_self_waits_fences_it_there()
    {
        _fixture.Alone();
        Reply<JoinReply> waiting = _fixture.Join(instance: "edge-1");
        _fixture.Join(instance: "edge-1");
        Assert.Equal(ErrorCode.FencedInstanceId, waiting.Value.Error);
    }

    [Fact]
    public void Static_member_that_restarts_before_the_assignment_is_there_starts_over()
    {
        Reply<JoinReply> joined = _fixture.Join(instance: "edge-1");
        Reply<SyncReply> synced = _fixture.Sync(joined.Value.MemberId, 1, "edge-1", (joined.Value.MemberId, "x"));
        Reply<JoinReply> restarted = _fixture.Join(instance: "edge-1");
        _fixture.Broker.Settle();
        Assert.Equal(ErrorCode.FencedInstanceId, synced.Value.Error);
        Assert.Equal(2, restarted.Value.Generation);
        Assert.Equal(restarted.Value.MemberId, restarted.Value.LeaderId);
    }

    [Fact]
    public void Static_member_outlives_the_rebalance_timeout_and_ends_with_its_session()
    {
        JoinReply first = _fixture.Alone(instance: "edge-1");
        Reply<JoinReply> second = _fixture.Join(instance: "edge-2");
        for (int i = 0; i < 7; i++)
        {
            _fixture.Broker.Advance(GroupFixture.SessionMs - 1_000);
            _fixture.Heartbeat(first.MemberId, _fixture.Group.Generation, "edge-1");
        }

        Assert.Equal(2, second.Value.Generation);
        Assert.Equal(2, second.Value.Members.Count);
        Assert.Equal(second.Value.MemberId, second.Value.LeaderId);
    }

    [Fact]
    public void Static_member_can_be_removed_by_its_instance_alone()
    {
        JoinReply alone = _fixture.Alone(instance: "edge-1");
        Assert.Equal(ErrorCode.None, _fixture.Leave("", "edge-1"));
        Assert.Equal(ErrorCode.UnknownMemberId, _fixture.Heartbeat(alone.MemberId, 1, "edge-1"));
    }

    [Fact]
    public void Static_member_whose_return_cannot_be_written_is_told_to_try_again()
    {
        _fixture.Alone(instance: "edge-1");
        Reply<JoinReply> restarted = _fixture.Join(instance: "edge-1");
        _fixture.Broker.FailFlush();
        Assert.Equal(ErrorCode.NotCoordinator, restarted.Value.Error);
    }
}
