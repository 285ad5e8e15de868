using Fabric.Core;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Tests.Groups;

public sealed class OffsetTests : IDisposable
{
    private const long ProducerId = 4000;

    private static readonly TopicPartition Raw0 = new("raw", 0);

    private readonly GroupFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Commit_is_visible_when_it_is_durable_and_not_before()
    {
        var reply = new Reply<ErrorCode>();
        _fixture.Groups.Commit(GroupFixture.GroupId, [new OffsetToCommit(Raw0, 7, 0, "note")], null, reply.Set);
        Assert.Null(_fixture.Committed());
        Assert.False(reply.IsGiven);
        _fixture.Broker.Flush();
        Assert.Equal(ErrorCode.None, reply.Value);
        Assert.Equal(7, _fixture.Committed());
    }

    [Fact]
    public void Commit_that_cannot_be_written_is_not_confirmed_and_not_visible()
    {
        _fixture.Commit(3);
        var reply = new Reply<ErrorCode>();
        _fixture.Groups.Commit(GroupFixture.GroupId, [new OffsetToCommit(Raw0, 7, 0, "")], null, reply.Set);
        _fixture.Broker.FailFlush();
        Assert.Equal(ErrorCode.KafkaStorageError, reply.Value);
        Assert.Equal(3, _fixture.Committed());
        _fixture.Kill();
        Assert.Equal(3, _fixture.Committed());
    }

    [Fact]
    public void Commit_without_identity_is_for_groups_without_members()
    {
        Assert.Equal(ErrorCode.None, _fixture.Commit(1));
        _fixture.Alone();
        Assert.Equal(ErrorCode.UnknownMemberId, _fixture.Commit(2));
    }

    [Fact]
    public void Commit_of_a_stale_generation_or_a_stranger_is_refused()
    {
        JoinReply alone = _fixture.Alone();
        Assert.Equal(ErrorCode.None, _fixture.Commit(1, alone.MemberId, 1));
        Assert.Equal(ErrorCode.IllegalGeneration, _fixture.Commit(2, alone.MemberId, 0));
        Assert.Equal(ErrorCode.UnknownMemberId, _fixture.Commit(2, "stranger", 1));
        Assert.Equal(ErrorCode.IllegalGeneration, _fixture.Groups.AdmitCommit(new("other", 1, "m", null), isTransactional: false));
        Assert.Equal(ErrorCode.IllegalGeneration, _fixture.Groups.AdmitCommit(new("other", 1, "m", null), isTransactional: true));

        JoinReply again = _fixture.Join(alone.MemberId).Value;
        Assert.Equal(ErrorCode.IllegalGeneration, _fixture.Commit(2, alone.MemberId, 1));
        Assert.Equal(ErrorCode.RebalanceInProgress, _fixture.Commit(2, alone.MemberId, again.Generation));
        Assert.Equal(ErrorCode.None, Admit(alone.MemberId, again.Generation, isTransactional: true));
        Assert.Equal(ErrorCode.IllegalGeneration, Admit(alone.MemberId, 1, isTransactional: true));
        Assert.Equal(1, _fixture.Committed());
    }

    [Fact]
    public void Commit_while_members_are_asked_to_join_is_accepted_so_that_they_can_let_go_in_order()
    {
        JoinReply alone = _fixture.Alone();
        _fixture.Join();
        Assert.Equal(GroupState.PreparingRebalance, _fixture.Group.State);
        Assert.Equal(ErrorCode.None, _fixture.Commit(9, alone.MemberId, 1));
    }

    [Fact]
    public void Pending_offset_is_unstable_from_the_start_and_counts_only_with_the_commit()
    {
        _fixture.Commit(1);
        _fixture.Groups.CommitLater(ProducerId, GroupFixture.GroupId, [new OffsetToCommit(Raw0, 5, 0, "")], _ => { });
        Assert.True(_fixture.Groups.Offsets.IsUnstable(GroupFixture.GroupId, Raw0));
        _fixture.Broker.Settle();
        Assert.True(_fixture.Groups.Offsets.IsUnstable(GroupFixture.GroupId, Raw0));
        Assert.Equal(1, _fixture.Committed());

        Complete(isCommit: true);

        Assert.False(_fixture.Groups.Offsets.IsUnstable(GroupFixture.GroupId, Raw0));
        Assert.Equal(5, _fixture.Committed());
        _fixture.Kill();
        Assert.Equal(5, _fixture.Committed());
    }

    [Fact]
    public void Pending_offset_of_an_aborted_transaction_is_gone()
    {
        _fixture.Groups.CommitLater(ProducerId, GroupFixture.GroupId, [new OffsetToCommit(Raw0, 5, 0, "")], _ => { });
        _fixture.Broker.Settle();
        Complete(isCommit: false);
        Assert.Null(_fixture.Committed());
        Assert.False(_fixture.Groups.Offsets.IsUnstable(GroupFixture.GroupId, Raw0));
        _fixture.Kill();
        Assert.Null(_fixture.Committed());
        Assert.Empty(_fixture.Groups.Offsets.PendingProducers);
    }

    [Fact]
    public void Pending_offset_survives_a_restart_and_then_ends()
    {
        _fixture.Groups.CommitLater(ProducerId, GroupFixture.GroupId, [new OffsetToCommit(Raw0, 5, 0, "")], _ => { });
        _fixture.Broker.Settle();
        _fixture.CutPower();
        Assert.True(_fixture.Groups.Offsets.IsUnstable(GroupFixture.GroupId, Raw0));
        Complete(isCommit: true);
        Assert.Equal(5, _fixture.Committed());
    }

    [Fact]
    public void Pending_offset_older_than_a_plain_commit_does_not_win()
    {
        _fixture.Groups.CommitLater(ProducerId, GroupFixture.GroupId, [new OffsetToCommit(Raw0, 5, 0, "")], _ => { });
        _fixture.Commit(9);
        Complete(isCommit: true);
        Assert.Equal(9, _fixture.Committed());
        _fixture.Kill();
        Assert.Equal(9, _fixture.Committed());
    }

    [Fact]
    public void Pending_offset_that_cannot_be_written_falls_back_to_what_was_there()
    {
        _fixture.Groups.CommitLater(ProducerId, GroupFixture.GroupId, [new OffsetToCommit(Raw0, 5, 0, "")], _ => { });
        _fixture.Broker.Settle();
        var reply = new Reply<ErrorCode>();
        _fixture.Groups.CommitLater(ProducerId, GroupFixture.GroupId, [new OffsetToCommit(Raw0, 6, 0, "")], reply.Set);
        _fixture.Broker.FailFlush();
        Assert.Equal(ErrorCode.KafkaStorageError, reply.Value);
        Complete(isCommit: true);
        Assert.Equal(5, _fixture.Committed());
    }

    [Fact]
    public void Delete_of_a_group_needs_it_empty_and_takes_its_offsets()
    {
        Assert.Equal(ErrorCode.GroupIdNotFound, Delete());
        JoinReply alone = _fixture.Alone();
        _fixture.Commit(1, alone.MemberId, 1);
        Assert.Equal(ErrorCode.NonEmptyGroup, Delete());
        _fixture.Leave(alone.MemberId);
        Assert.Equal(ErrorCode.None, Delete());
        Assert.Null(_fixture.Groups.Find(GroupFixture.GroupId));
        _fixture.Kill();
        Assert.Null(_fixture.Groups.Find(GroupFixture.GroupId));
        Assert.Null(_fixture.Committed());
    }

    [Fact]
    public void Delete_of_offsets_is_refused_while_somebody_reads_the_topic()
    {
        Assert.Equal(ErrorCode.GroupIdNotFound, _fixture.Groups.CheckOffsetDelete(GroupFixture.GroupId, "raw"));
        byte[] subscription = [0, 0, 0, 0, 0, 1, 0, 3, (byte)'r', (byte)'a', (byte)'w', 255, 255, 255, 255];
        var joined = new Reply<JoinReply>();
        _fixture.Groups.Join(new JoinRequest(GroupFixture.GroupId, "", "consumer", [new("range", subscription)])
        {
            SessionTimeoutMs = 10_000, RebalanceTimeoutMs = 10_000,
        }, joined.Set);
        Assert.Equal(ErrorCode.GroupSubscribedToTopic, _fixture.Groups.CheckOffsetDelete(GroupFixture.GroupId, "raw"));
        Assert.Equal(ErrorCode.None, _fixture.Groups.CheckOffsetDelete(GroupFixture.GroupId, "other"));
        _fixture.Leave(joined.Value.MemberId);
        Assert.Equal(ErrorCode.None, _fixture.Groups.CheckOffsetDelete(GroupFixture.GroupId, "raw"));
    }

    [Fact]
    public void Expiry_takes_offsets_of_a_group_that_has_been_empty_for_the_retention()
    {
        JoinReply alone = _fixture.Alone();
        _fixture.Commit(1, alone.MemberId, 1);
        for (int day = 0; day < 10; day++)
        {
            AdvanceAlive(alone, TimeSpan.FromDays(1));
        }

        Assert.Equal(1, _fixture.Committed());
        _fixture.Leave(alone.MemberId);
        _fixture.Broker.Advance((long)TimeSpan.FromDays(6.9).TotalMilliseconds);
        Assert.Equal(1, _fixture.Committed());
        _fixture.Broker.Advance((long)TimeSpan.FromDays(0.2).TotalMilliseconds);
        _fixture.Broker.Settle();
        Assert.Null(_fixture.Committed());
        Assert.Null(_fixture.Groups.Find(GroupFixture.GroupId));
    }

    [Fact]
    public void Expiry_honours_the_retention_a_client_asked_for()
    {
        _fixture.Groups.Commit(GroupFixture.GroupId, [new OffsetToCommit(Raw0, 7, 0, "")], retentionMs: 3_600_000, _ => { });
        _fixture.Broker.Settle();
        _fixture.Kill();
        _fixture.Broker.Advance(3_000_000);
        Assert.Equal(7, _fixture.Committed());
        _fixture.Broker.Advance(1_300_000);
        _fixture.Broker.Settle();
        Assert.Null(_fixture.Committed());
    }

    [Fact]
    public void Topic_deleted_takes_its_offsets_from_every_group_waiting_ones_too()
    {
        _fixture.Commit(1);
        _fixture.Groups.CommitLater(ProducerId, GroupFixture.GroupId, [new OffsetToCommit(Raw0, 5, 0, "")], _ => { });
        _fixture.Groups.TopicDeleted("raw");
        _fixture.Broker.Settle();
        Assert.Null(_fixture.Committed());
        Assert.False(_fixture.Groups.Offsets.IsUnstable(GroupFixture.GroupId, Raw0));
    }

    private ErrorCode Admit(string memberId, int generation, bool isTransactional) =>
        _fixture.Groups.AdmitCommit(new MemberIdentity(GroupFixture.GroupId, generation, memberId, null), isTransactional);

    private void Complete(bool isCommit)
    {
        Assert.True(_fixture.Groups.Offsets.Complete(ProducerId, isCommit, _ => { }));
        _fixture.Broker.Settle();
    }

    private ErrorCode Delete()
    {
        var reply = new Reply<ErrorCode>();
        _fixture.Groups.Delete(GroupFixture.GroupId, reply.Set);
        _fixture.Broker.Settle();
        return reply.Value;
    }

    private void AdvanceAlive(JoinReply member, TimeSpan by)
    {
        for (long left = (long)by.TotalMilliseconds; left > 0; left -= 9_000)
        {
            _fixture.Broker.Advance(9_000);
            Assert.Equal(ErrorCode.None, _fixture.Heartbeat(member.MemberId, member.Generation));
        }
    }
}
