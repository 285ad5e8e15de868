using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Tests.Groups;

public sealed class JoinTests : IDisposable
{
    private readonly GroupFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Join_first_member_leads_generation_one_and_sees_itself()
    {
        JoinReply reply = _fixture.Join(metadata: "topics").Value;

        Assert.Equal(ErrorCode.None, reply.Error);
        Assert.Equal(1, reply.Generation);
        Assert.Equal(reply.MemberId, reply.LeaderId);
        Assert.Equal("range", reply.ProtocolName);
        JoinedMember only = Assert.Single(reply.Members);
        Assert.Equal("topics", GroupFixture.Text(only.Metadata));
        Assert.Equal(GroupState.CompletingRebalance, _fixture.Group.State);
    }

    [Fact]
    public void Join_without_id_from_version_4_is_told_its_id_and_comes_back_with_it()
    {
        JoinReply first = _fixture.Join(requiresId: true).Value;
        Assert.Equal(ErrorCode.MemberIdRequired, first.Error);
        Assert.StartsWith("c-", first.MemberId, StringComparison.Ordinal);

        JoinReply second = _fixture.Join(first.MemberId, requiresId: true).Value;
        Assert.Equal(ErrorCode.None, second.Error);
        Assert.Equal(first.MemberId, second.MemberId);
    }

    [Fact]
    public void Join_whose_owner_of_a_told_id_never_comes_back_does_not_hold_up_the_others()
    {
        JoinReply leader = _fixture.Alone();
        _fixture.Join(requiresId: true);
        Reply<JoinReply> again = _fixture.Join(leader.MemberId);
        Assert.False(again.IsGiven);

        _fixture.Broker.Advance(GroupFixture.SessionMs);

        Assert.Equal(2, again.Value.Generation);
    }

    [Fact]
    public void Join_with_an_id_nobody_was_told_is_unknown()
    {
        Assert.Equal(ErrorCode.UnknownMemberId, _fixture.Join("made-up").Value.Error);
        _fixture.Alone();
        Assert.Equal(ErrorCode.UnknownMemberId, _fixture.Join("made-up").Value.Error);
    }

    [Theory]
    [InlineData(5_999, false)]
    [InlineData(6_000, true)]
    [InlineData(1_800_000, true)]
    [InlineData(1_800_001, false)]
    public void Join_session_timeout_must_be_in_range(int sessionMs, bool isAccepted) =>
        Assert.Equal(
            isAccepted ? ErrorCode.None : ErrorCode.InvalidSessionTimeout, _fixture.Join(sessionMs: sessionMs).Value.Error);

    [Fact]
    public void Join_without_group_id_is_refused() =>
        Assert.Equal(ErrorCode.InvalidGroupId, _fixture.Join(group: "").Value.Error);

    [Fact]
    public void Join_with_another_type_or_no_common_protocol_is_inconsistent()
    {
        _fixture.Alone();
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, _fixture.Join(type: "connect").Value.Error);
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, _fixture.Join(protocol: "sticky").Value.Error);
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, _fixture.Join(type: "", group: "new").Value.Error);
        Assert.Null(_fixture.Groups.Find("new"));
    }

    [Fact]
    public void Join_protocol_is_what_most_members_prefer_among_what_all_know()
    {
        Reply<JoinReply> first = _fixture.Join(protocol: "a,b,c");
        _fixture.Sync(first.Value, (first.Value.MemberId, ""));
        _fixture.Broker.Settle();
        Reply<JoinReply> second = _fixture.Join(protocol: "c,b");
        Reply<JoinReply> third = _fixture.Join(protocol: "c,b");
        Reply<JoinReply> again = _fixture.Join(first.Value.MemberId, protocol: "a,b,c");
        Assert.Equal("c", again.Value.ProtocolName);
        Assert.Equal("c", second.Value.ProtocolName);
        Assert.Equal("c", third.Value.ProtocolName);
    }

    [Fact]
    public void Join_of_a_second_member_waits_for_the_first_to_join_again()
    {
        JoinReply first = _fixture.Alone();
        Reply<JoinReply> second = _fixture.Join();
        Assert.False(second.IsGiven);
        Assert.Equal(ErrorCode.RebalanceInProgress, _fixture.Heartbeat(first.MemberId, 1));

        Reply<JoinReply> again = _fixture.Join(first.MemberId);

        Assert.Equal(2, again.Value.Generation);
        Assert.Equal(2, second.Value.Generation);
        Assert.Equal(2, again.Value.Members.Count);
        Assert.Empty(second.Value.Members);
        Assert.Equal(first.MemberId, second.Value.LeaderId);
    }

    [Fact]
    public void Join_members_that_do_not_come_back_are_dropped_at_the_rebalance_timeout_and_another_leads()
    {
        JoinReply first = _fixture.Alone();
        Reply<JoinReply> second = _fixture.Join();
        for (int i = 0; i < 6; i++)
        {
            _fixture.Broker.Advance(GroupFixture.RebalanceMs / 6 - 1);
            _fixture.Heartbeat(first.MemberId, 1);
        }

        Assert.False(second.IsGiven);
        _fixture.Broker.Advance(10);
        Assert.Equal(second.Value.MemberId, second.Value.LeaderId);
        Assert.Single(second.Value.Members);
        Assert.Equal(ErrorCode.UnknownMemberId, _fixture.Heartbeat(first.MemberId, 1));
    }

    [Fact]
    public void Join_of_a_follower_with_nothing_new_is_answered_with_the_present_generation()
    {
        (JoinReply leader, JoinReply follower) = _fixture.Pair();
        JoinReply again = _fixture.Join(follower.MemberId).Value;
        Assert.Equal(follower.Generation, again.Generation);
        Assert.Equal(leader.MemberId, again.LeaderId);
        Assert.Equal(GroupState.Stable, _fixture.Group.State);
    }

    [Theory]
    [InlineData(true, "m")]
    [InlineData(false, "changed")]
    public void Join_of_the_leader_or_with_new_metadata_starts_a_rebalance(bool isLeader, string metadata)
    {
        (JoinReply leader, JoinReply follower) = _fixture.Pair();
        Reply<JoinReply> again = _fixture.Join(isLeader ? leader.MemberId : follower.MemberId, metadata: metadata);
        Assert.False(again.IsGiven);
        Assert.Equal(GroupState.PreparingRebalance, _fixture.Group.State);
    }

    [Fact]
    public void Join_again_before_the_sync_with_nothing_new_repeats_the_answer_members_included()
    {
        JoinReply first = _fixture.Join().Value;
        JoinReply again = _fixture.Join(first.MemberId).Value;
        Assert.Equal(1, again.Generation);
        Assert.Single(again.Members);
    }

    [Fact]
    public void Join_with_the_initial_delay_waits_for_a_fleet_and_longer_while_it_grows()
    {
        using var fixture = new GroupFixture(new GroupOptions { InitialRebalanceDelay = TimeSpan.FromSeconds(3) });
        Reply<JoinReply> first = fixture.Join();
        fixture.Broker.Advance(2_000);
        Reply<JoinReply> second = fixture.Join();
        fixture.Broker.Advance(2_000);
        Assert.False(first.IsGiven);
        fixture.Broker.Advance(2_000);
        Assert.Equal(1, first.Value.Generation);
        Assert.Equal(1, second.Value.Generation);
        Assert.Equal(2, first.Value.Members.Count);
    }

    [Fact]
    public void Join_beyond_the_largest_size_is_refused()
    {
        using var fixture = new GroupFixture(new GroupOptions { MembersMax = 2 });
        fixture.Pair();
        Assert.Equal(ErrorCode.GroupMaxSizeReached, fixture.Join().Value.Error);
        Assert.Equal(2, fixture.Group.Members.Count);
        Assert.Equal(GroupState.Stable, fixture.Group.State);
    }

    [Fact]
    public void Join_new_member_that_is_never_heard_of_again_is_given_up()
    {
        JoinReply first = _fixture.Alone();
        Reply<JoinReply> second = _fixture.Join();
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(ErrorCode.RebalanceInProgress, _fixture.Heartbeat(first.MemberId, 1));
            _fixture.Broker.Advance(GroupFixture.SessionMs - 1);
        }

        Assert.False(second.IsGiven);
        Assert.Equal(2, _fixture.Group.Members.Count);
    }
}
