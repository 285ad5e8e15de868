using Fabric.Core;
using Fabric.Kafka.Protocol;
using Fabric.Kafka.Tests.Groups;
using Fabric.Kafka.Transactions;

namespace Fabric.Kafka.Tests.Transactions;

public sealed class TransactionTests : IDisposable
{
    private readonly TransactionFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void End_decides_over_records_and_offsets_alike(bool isCommit)
    {
        ProducerIdReply producer = Begin();
        Assert.Equal(ErrorCode.None, _fixture.Produce(producer, 0, 0, "a"));
        Assert.Equal(ErrorCode.None, _fixture.Produce(producer, 1, 0, "b"));
        Assert.Equal(ErrorCode.None, _fixture.CommitOffset(producer, 17));

        Assert.Equal(ErrorCode.None, _fixture.End(producer, isCommit));

        Assert.Equal(isCommit ? ["a"] : [], _fixture.Visible(0));
        Assert.Equal(isCommit ? ["b"] : [], _fixture.Visible(1));
        Assert.Equal(isCommit ? 17 : null, _fixture.Committed());
        Assert.Equal(isCommit ? TransactionState.CompleteCommit : TransactionState.CompleteAbort, _fixture.Image().State);
    }

    [Fact]
    public void End_is_answered_when_the_decision_is_durable_and_markers_follow()
    {
        ProducerIdReply producer = Begin();
        _fixture.Produce(producer, 0, 0, "a");
        Reply<ErrorCode> reply = _fixture.BeginEnd(producer, isCommit: true);
        Assert.False(reply.IsGiven);
        long end = _fixture.Broker.Log("telemetry", 0).EndOffset;

        _fixture.Broker.Flush();

        Assert.Equal(ErrorCode.None, reply.Value);
        Assert.Equal(end + 1, _fixture.Broker.Log("telemetry", 0).EndOffset);
        Assert.Equal(TransactionState.PrepareCommit, _fixture.Image().State);
        Assert.Empty(_fixture.Visible(0));
        _fixture.Broker.Flush();
        Assert.Equal(TransactionState.CompleteCommit, _fixture.Image().State);
        Assert.Equal(["a"], _fixture.Visible(0));
    }

    [Fact]
    public void End_repeated_succeeds_and_the_other_outcome_is_refused_at_every_stage()
    {
        ProducerIdReply producer = Begin();
        _fixture.Produce(producer, 0, 0);
        _fixture.BeginEnd(producer, isCommit: true);
        Assert.Equal(ErrorCode.ConcurrentTransactions, _fixture.BeginEnd(producer, isCommit: true).Value);
        Assert.Equal(ErrorCode.ConcurrentTransactions, _fixture.BeginEnd(producer, isCommit: false).Value);
        _fixture.Broker.Flush();
        Assert.Equal(TransactionState.PrepareCommit, _fixture.Image().State);
        Assert.Equal(ErrorCode.ConcurrentTransactions, _fixture.BeginEnd(producer, isCommit: true).Value);
        Assert.Equal(ErrorCode.InvalidTxnState, _fixture.BeginEnd(producer, isCommit: false).Value);
        _fixture.Broker.Settle();
        Assert.Equal(ErrorCode.None, _fixture.End(producer, isCommit: true));
        Assert.Equal(ErrorCode.InvalidTxnState, _fixture.End(producer, isCommit: false));
    }

    [Fact]
    public void End_without_a_transaction_is_an_invalid_state()
    {
        ProducerIdReply producer = _fixture.Init();
        Assert.Equal(ErrorCode.InvalidTxnState, _fixture.End(producer, isCommit: true));
        Assert.Equal(ErrorCode.InvalidTxnState, _fixture.End(producer, isCommit: false));
    }

    [Fact]
    public void Requests_of_strangers_are_refused()
    {
        var stranger = new ProducerIdReply(ErrorCode.None, 4711, 0);
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, _fixture.Add(stranger, TransactionFixture.Out(0)));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, _fixture.End(stranger, isCommit: true));
        ProducerIdReply producer = Begin();
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, _fixture.Add(stranger, TransactionFixture.Out(0)));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, _fixture.CommitOffset(stranger, 1));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, _fixture.Produce(stranger, 0, 0));
        ProducerIdReply tomorrow = producer with { Epoch = (short)(producer.Epoch + 1) };
        Assert.Equal(ErrorCode.ProducerFenced, _fixture.Add(tomorrow, TransactionFixture.Out(0)));
        Assert.Equal(ErrorCode.ProducerFenced, _fixture.End(tomorrow, isCommit: true));
        var reply = new Reply<ErrorCode>();
        _fixture.Coordinator.End("", 1, 1, true, reply.Set);
        Assert.Equal(ErrorCode.InvalidRequest, reply.Value);
        reply = new Reply<ErrorCode>();
        _fixture.Coordinator.AddOffsets(TransactionFixture.Id, producer.ProducerId, producer.Epoch, "", reply.Set);
        Assert.Equal(ErrorCode.InvalidGroupId, reply.Value);
        Assert.Equal(
            ErrorCode.TransactionalIdAuthorizationFailed,
            _fixture.Coordinator.MayAppend(null, producer.ProducerId, producer.Epoch, TransactionFixture.Out(0)));
    }

    [Fact]
    public void Produce_to_a_partition_that_was_not_added_is_an_invalid_state()
    {
        ProducerIdReply producer = _fixture.Init();
        Assert.Equal(ErrorCode.InvalidTxnState, _fixture.Produce(producer, 0, 0));
        _fixture.Add(producer, TransactionFixture.Out(0));
        Assert.Equal(ErrorCode.InvalidTxnState, _fixture.Produce(producer, 1, 0));
        Assert.Equal(ErrorCode.InvalidTxnState, _fixture.CommitOffset(producer, 1));
        Assert.Equal(ErrorCode.None, _fixture.Produce(producer, 0, 0));
        Reply<ErrorCode> end = _fixture.BeginEnd(producer, isCommit: true);
        Assert.Equal(ErrorCode.NotEnoughReplicas, _fixture.Produce(producer, 0, 1));
        _fixture.Broker.Settle();
        Assert.Equal(ErrorCode.None, end.Value);
        Assert.Equal(ErrorCode.InvalidTxnState, _fixture.Produce(producer, 0, 1));
    }

    [Fact]
    public void Add_is_durable_before_it_is_answered_and_known_partitions_are_answered_at_once()
    {
        ProducerIdReply producer = _fixture.Init();
        Reply<ErrorCode> reply = _fixture.BeginAdd(producer, TransactionFixture.Out(0));
        Assert.False(reply.IsGiven);
        _fixture.Broker.Flush();
        Assert.Equal(ErrorCode.None, reply.Value);
        Assert.Equal(ErrorCode.None, _fixture.BeginAdd(producer, TransactionFixture.Out(0)).Value);
        Assert.False(_fixture.BeginAdd(producer, TransactionFixture.Out(0), TransactionFixture.Out(1)).IsGiven);
    }

    [Fact]
    public void Add_while_the_last_transaction_ends_waits_for_it()
    {
        using var fixture = new TransactionFixture(new TransactionOptions());
        ProducerIdReply producer = fixture.Init();
        fixture.Add(producer, TransactionFixture.Out(0));
        fixture.Produce(producer, 0, 0);
        fixture.BeginEnd(producer, isCommit: true);
        fixture.Broker.Flush();
        Assert.Equal(TransactionState.PrepareCommit, fixture.Image().State);

        Reply<ErrorCode> next = fixture.BeginAdd(producer, TransactionFixture.Out(1));
        Assert.False(next.IsGiven);
        fixture.Broker.Settle();

        Assert.Equal(ErrorCode.None, next.Value);
        Assert.Equal(TransactionState.Ongoing, fixture.Image().State);
        Assert.Equal([TransactionFixture.Out(1)], fixture.Image().Partitions);
    }

    [Fact]
    public void Add_waits_for_so_long_and_no_longer()
    {
        using var fixture = new TransactionFixture(new TransactionOptions());
        ProducerIdReply producer = fixture.Init();
        fixture.Add(producer, TransactionFixture.Out(0));
        fixture.BeginEnd(producer, isCommit: true);
        Reply<ErrorCode> next = fixture.BeginAdd(producer, TransactionFixture.Out(1));
        fixture.Broker.Advance(999);
        Assert.False(next.IsGiven);
        fixture.Broker.Advance(1);
        Assert.Equal(ErrorCode.ConcurrentTransactions, next.Value);
        fixture.Broker.Settle();
    }

    [Fact]
    public void Add_without_waiting_is_refused_as_Kafka_does()
    {
        ProducerIdReply producer = Begin();
        _fixture.Produce(producer, 0, 0);
        _fixture.BeginEnd(producer, isCommit: true);
        Assert.Equal(ErrorCode.ConcurrentTransactions, _fixture.BeginAdd(producer, TransactionFixture.Out(1)).Value);
        _fixture.Broker.Flush();
        Assert.Equal(ErrorCode.ConcurrentTransactions, _fixture.BeginAdd(producer, TransactionFixture.Out(1)).Value);
        Assert.Equal(ErrorCode.ConcurrentTransactions, _fixture.BeginInit().Value.Error);
        _fixture.Broker.Settle();
        Assert.Equal(ErrorCode.None, _fixture.Add(producer, TransactionFixture.Out(1)));
    }

    [Fact]
    public void Timeout_aborts_and_shuts_the_producer_out()
    {
        ProducerIdReply producer = Begin();
        _fixture.Produce(producer, 0, 0);
        _fixture.CommitOffset(producer, 5);
        _fixture.Broker.Advance(TransactionFixture.TimeoutMs - 1);
        _fixture.Broker.Settle();
        Assert.Equal(TransactionState.Ongoing, _fixture.Image().State);
        _fixture.Broker.Advance(1);
        _fixture.Broker.Settle();

        Assert.Equal(TransactionState.CompleteAbort, _fixture.Image().State);
        Assert.Equal(ErrorCode.ProducerFenced, _fixture.End(producer, isCommit: true));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, _fixture.Produce(producer, 0, 1));
        Assert.Equal(ErrorCode.ProducerFenced, _fixture.Init(producerId: producer.ProducerId, epoch: producer.Epoch).Error);
        Assert.Empty(_fixture.Visible(0));
        Assert.Null(_fixture.Committed());
        Assert.Equal(ErrorCode.None, _fixture.Init().Error);
    }

    [Fact]
    public void Timeout_counts_from_the_first_partition_and_each_transaction_anew()
    {
        ProducerIdReply producer = Begin();
        _fixture.Broker.Advance(TransactionFixture.TimeoutMs - 10);
        Assert.Equal(ErrorCode.None, _fixture.End(producer, isCommit: true));
        Assert.Equal(ErrorCode.None, _fixture.Add(producer, TransactionFixture.Out(0)));
        _fixture.Broker.Advance(TransactionFixture.TimeoutMs - 10);
        Assert.Equal(ErrorCode.None, _fixture.Add(producer, TransactionFixture.Out(1)));
        _fixture.Broker.Advance(10);
        _fixture.Broker.Settle();
        Assert.Equal(TransactionState.CompleteAbort, _fixture.Image().State);
    }

    [Fact]
    public void Markers_the_disk_refuses_are_written_later_and_the_decision_stands()
    {
        ProducerIdReply producer = Begin();
        _fixture.Produce(producer, 0, 0, "a");
        _fixture.CommitOffset(producer, 5);
        Reply<ErrorCode> end = _fixture.BeginEnd(producer, isCommit: true);
        _fixture.Broker.Flush();
        Assert.Equal(ErrorCode.None, end.Value);
        for (int i = 0; i < 3; i++)
        {
            _fixture.Broker.FailFlush();
            Assert.Equal(TransactionState.PrepareCommit, _fixture.Image().State);
            _fixture.Broker.Advance(200);
        }

        _fixture.Broker.Settle();
        Assert.Equal(["a"], _fixture.Visible(0));
        Assert.Equal(5, _fixture.Committed());
        Assert.Equal(TransactionState.CompleteCommit, _fixture.Image().State);
    }

    [Fact]
    public void Decision_the_disk_refuses_was_none_and_can_be_asked_for_again()
    {
        ProducerIdReply producer = Begin();
        _fixture.Produce(producer, 0, 0, "a");
        _fixture.Broker.Flush();
        Reply<ErrorCode> end = _fixture.BeginEnd(producer, isCommit: true);
        _fixture.Broker.FailFlush();
        Assert.Equal(ErrorCode.KafkaStorageError, end.Value);
        Assert.Equal(TransactionState.Ongoing, _fixture.Image().State);
        Assert.Equal(ErrorCode.None, _fixture.End(producer, isCommit: true));
        Assert.Equal(["a"], _fixture.Visible(0));
    }

    [Fact]
    public void End_finds_offsets_that_are_not_durable_yet()
    {
        ProducerIdReply producer = Begin();
        var late = new Reply<ErrorCode>();
        _fixture.Groups.CommitLater(
            producer.ProducerId, TransactionFixture.GroupId, [new(new TopicPartition("raw", 0), 5, 0, "")], late.Set);
        Reply<ErrorCode> end = _fixture.BeginEnd(producer, isCommit: false);
        _fixture.Broker.Settle();
        Assert.Equal(ErrorCode.None, end.Value);
        Assert.Empty(_fixture.Groups.Offsets.PendingProducers);
        Assert.False(_fixture.Groups.Offsets.IsUnstable(TransactionFixture.GroupId, new TopicPartition("raw", 0)));
    }

    [Fact]
    public void End_skips_topics_that_were_deleted()
    {
        ProducerIdReply producer = Begin();
        _fixture.Produce(producer, 0, 0);
        _fixture.Broker.RemoveTopic("telemetry");
        Assert.Equal(ErrorCode.None, _fixture.End(producer, isCommit: true));
        Assert.Equal(TransactionState.CompleteCommit, _fixture.Image().State);
    }

    [Fact]
    public void Idle_transactional_ids_are_forgotten_and_ongoing_ones_are_not()
    {
        ProducerIdReply producer = Begin();
        _fixture.End(producer, isCommit: true);
        _fixture.Broker.Advance((long)TimeSpan.FromDays(6.9).TotalMilliseconds);
        Assert.Single(_fixture.Coordinator.Transactions);
        _fixture.Broker.Advance((long)TimeSpan.FromDays(0.2).TotalMilliseconds);
        _fixture.Broker.Settle();
        Assert.Empty(_fixture.Coordinator.Transactions);
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, _fixture.Add(producer, TransactionFixture.Out(0)));
        _fixture.Kill();
        Assert.Empty(_fixture.Coordinator.Transactions);
    }

    /// <summary>A producer with partitions 0 and 1 and offsets in its transaction.</summary>
    private ProducerIdReply Begin()
    {
        ProducerIdReply producer = _fixture.Init();
        Assert.Equal(ErrorCode.None, _fixture.Add(producer, TransactionFixture.Out(0), TransactionFixture.Out(1)));
        Assert.Equal(ErrorCode.None, _fixture.AddOffsets(producer));
        return producer;
    }
}
