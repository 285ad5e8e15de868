using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Tests.Groups;

public sealed class GroupRestartTests : IDisposable
{
    private readonly GroupFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Restart_members_go_on_with_generation_and_assignment(bool isPowerCut)
    {
        (JoinReply leader, JoinReply follower) = _fixture.Pair();
        Restart(isPowerCut);

        Assert.Equal(GroupState.Stable, _fixture.Group.State);
        Assert.Equal("range", _fixture.Group.ProtocolName);
        Assert.Equal(ErrorCode.None, _fixture.Heartbeat(leader.MemberId, 2));
        Assert.Equal(ErrorCode.None, _fixture.Commit(3, follower.MemberId, 2));
        Assert.Equal("b", GroupFixture.Text(_fixture.Sync(follower).Value.Assignment));
        Assert.Equal(leader.MemberId, _fixture.Group.LeaderId);
    }

    [Fact]
    public void Restart_members_that_stay_away_end_with_one_session()
    {
        (JoinReply leader, _) = _fixture.Pair();
        _fixture.Kill();
        _fixture.Broker.Advance(GroupFixture.SessionMs - 1);
        Assert.Equal(ErrorCode.None, _fixture.Heartbeat(leader.MemberId, 2));
        _fixture.Broker.Advance(1);
        Assert.Equal(ErrorCode.RebalanceInProgress, _fixture.Heartbeat(leader.MemberId, 2));
        Assert.Single(_fixture.Group.Members);
    }

    [Fact]
    public void Restart_in_the_middle_of_a_rebalance_goes_back_to_the_last_durable_generation()
    {
        JoinReply first = _fixture.Alone();
        _fixture.Join();
        _fixture.Join(first.MemberId);
        Assert.Equal(2, _fixture.Group.Generation);
        _fixture.CutPower();
        Assert.Equal(1, _fixture.Group.Generation);
        Assert.Equal(ErrorCode.IllegalGeneration, _fixture.Heartbeat(first.MemberId, 2));
        Assert.Equal(2, _fixture.Join(first.MemberId).Value.Generation);
    }

    [Fact]
    public void Restart_keeps_static_members_and_their_fences()
    {
        JoinReply former = _fixture.Alone(instance: "edge-1");
        Reply<JoinReply> now = _fixture.Join(instance: "edge-1");
        _fixture.Broker.Settle();
        _fixture.Kill();
        Assert.Equal(ErrorCode.FencedInstanceId, _fixture.Heartbeat(former.MemberId, 1, "edge-1"));
        Assert.Equal(ErrorCode.None, _fixture.Heartbeat(now.Value.MemberId, 1, "edge-1"));
        Assert.Equal("edge-1", _fixture.Group.Members[0].InstanceId);
    }

    [Fact]
    public void Restart_keeps_an_empty_group_that_had_members()
    {
        JoinReply alone = _fixture.Alone();
        _fixture.Leave(alone.MemberId);
        _fixture.Broker.Settle();
        _fixture.Kill();
        Assert.Equal(GroupState.Empty, _fixture.Group.State);
        Assert.Equal("consumer", _fixture.Group.ProtocolType);
        Assert.Equal(3, _fixture.Join().Value.Generation);
    }

    private void Restart(bool isPowerCut)
    {
        if (isPowerCut)
        {
            _fixture.CutPower();
        }
        else
        {
            _fixture.Kill();
        }
    }
}
