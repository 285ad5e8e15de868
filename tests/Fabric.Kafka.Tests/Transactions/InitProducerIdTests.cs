using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;
using Fabric.Kafka.Tests.Groups;
using Fabric.Kafka.Transactions;

namespace Fabric.Kafka.Tests.Transactions;

public sealed class InitProducerIdTests : IDisposable
{
    private readonly TransactionFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Init_without_transactional_id_gives_a_new_id_each_time_across_restarts()
    {
        HashSet<long> given = [];
        for (int restart = 0; restart < 4; restart++)
        {
            for (int i = 0; i < 700; i++)
            {
                ProducerIdReply reply = _fixture.Init(id: null);
                Assert.Equal(ErrorCode.None, reply.Error);
                Assert.Equal(0, reply.Epoch);
                Assert.True(given.Add(reply.ProducerId), $"{reply.ProducerId} was given twice");
            }

            if (restart % 2 == 0)
            {
                _fixture.Kill();
            }
            else
            {
                _fixture.CutPower();
            }
        }
    }

    [Fact]
    public void Init_gives_nothing_before_its_block_is_durable()
    {
        Reply<ProducerIdReply> reply = _fixture.BeginInit(id: null);
        Assert.False(reply.IsGiven);
        _fixture.Broker.FailFlush();
        Assert.Equal(ErrorCode.KafkaStorageError, reply.Value.Error);
        Assert.Equal(ErrorCode.None, _fixture.Init(id: null).Error);
    }

    [Theory]
    [InlineData("", 1000, -1, -1, 42)]
    [InlineData("x", 0, -1, -1, 50)]
    [InlineData("x", -5, -1, -1, 50)]
    [InlineData("x", 900_001, -1, -1, 50)]
    [InlineData("x", 900_000, -1, -1, 0)]
    [InlineData("x", 1000, 5, -1, 42)]
    [InlineData("x", 1000, -1, 5, 42)]
    public void Init_checks_what_it_is_asked(string id, int timeoutMs, long producerId, short epoch, short expected) =>
        Assert.Equal((ErrorCode)expected, _fixture.Init(id, producerId, epoch, timeoutMs).Error);

    [Fact]
    public void Init_again_keeps_the_producer_id_and_raises_the_epoch_across_restarts()
    {
        ProducerIdReply first = _fixture.Init();
        ProducerIdReply second = _fixture.Init();
        _fixture.CutPower();
        ProducerIdReply third = _fixture.Init();
        Assert.Equal(first with { Epoch = 1 }, second);
        Assert.Equal(first with { Epoch = 2 }, third);
    }

    [Fact]
    public void Init_is_answered_when_the_epoch_is_durable()
    {
        _fixture.Init();
        Reply<ProducerIdReply> reply = _fixture.BeginInit();
        Assert.False(reply.IsGiven);
        Assert.Equal(ErrorCode.ConcurrentTransactions, _fixture.BeginInit().Value.Error);
        _fixture.Broker.Flush();
        Assert.Equal(1, reply.Value.Epoch);
    }

    [Fact]
    public void Init_of_an_ongoing_transaction_aborts_it_first_and_shuts_its_producer_out()
    {
        ProducerIdReply zombie = _fixture.Init();
        Assert.Equal(ErrorCode.None, _fixture.Add(zombie, TransactionFixture.Out(0)));
        Assert.Equal(ErrorCode.None, _fixture.Produce(zombie, 0, 0));

        Assert.Equal(ErrorCode.ConcurrentTransactions, _fixture.Init().Error);
        ProducerIdReply heir = _fixture.Init();

        Assert.Equal(ErrorCode.None, heir.Error);
        Assert.Equal(zombie.Epoch + 2, heir.Epoch);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, _fixture.Produce(zombie, 0, 1));
        Assert.Equal(ErrorCode.ProducerFenced, _fixture.Add(zombie, TransactionFixture.Out(1)));
        Assert.Equal(ErrorCode.ProducerFenced, _fixture.AddOffsets(zombie));
        Assert.Equal(ErrorCode.ProducerFenced, _fixture.End(zombie, isCommit: true));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, _fixture.CommitOffset(zombie, 1));
        Assert.Equal(ErrorCode.ProducerFenced, _fixture.Init(producerId: zombie.ProducerId, epoch: zombie.Epoch).Error);
        Assert.Empty(_fixture.Visible(0));
    }

    [Fact]
    public void Init_of_a_zombie_does_not_abort_the_transaction_of_its_heir()
    {
        ProducerIdReply zombie = _fixture.Init();
        ProducerIdReply heir = _fixture.Init();
        _fixture.Add(heir, TransactionFixture.Out(0));
        Assert.Equal(ErrorCode.ProducerFenced, _fixture.Init(producerId: zombie.ProducerId, epoch: zombie.Epoch).Error);
        Assert.Equal(ErrorCode.None, _fixture.End(heir, isCommit: true));
    }

    [Fact]
    public void Init_with_the_present_epoch_raises_it_and_a_second_try_gets_the_same_again()
    {
        ProducerIdReply first = _fixture.Init();
        ProducerIdReply second = _fixture.Init(producerId: first.ProducerId, epoch: first.Epoch);
        ProducerIdReply secondTry = _fixture.Init(producerId: first.ProducerId, epoch: first.Epoch);
        Assert.Equal(1, second.Epoch);
        Assert.Equal(second, secondTry);
        _fixture.CutPower();
        Assert.Equal(second, _fixture.Init(producerId: first.ProducerId, epoch: first.Epoch));

        // Somebody else takes over: the second try is one no longer.
        _fixture.Init();
        Assert.Equal(ErrorCode.ProducerFenced, _fixture.Init(producerId: first.ProducerId, epoch: first.Epoch).Error);
        Assert.Equal(ErrorCode.ProducerFenced, _fixture.Init(producerId: first.ProducerId + 77, epoch: 0).Error);
    }

    [Fact]
    public void Init_with_epochs_used_up_goes_on_under_a_new_producer_id()
    {
        ProducerIdReply present = _fixture.Init() with { Epoch = TransactionImage.ExhaustedEpoch };
        var log = new CoordinatorLog(_fixture.Broker, TransactionCoordinator.LogName);
        var worn = new TransactionImage(TransactionFixture.Id, present.ProducerId, present.Epoch);
        log.Append(
            [new(TransactionRecords.TransactionKey(worn.TransactionalId), TransactionRecords.TransactionValue(worn))], static _ => { });
        _fixture.Kill();

        ProducerIdReply next = _fixture.Init(producerId: present.ProducerId, epoch: present.Epoch);
        Assert.Equal(0, next.Epoch);
        Assert.NotEqual(present.ProducerId, next.ProducerId);
        Assert.Equal(next, _fixture.Init(producerId: present.ProducerId, epoch: present.Epoch));
        _fixture.Kill();
        Assert.Equal(next, _fixture.Init(producerId: present.ProducerId, epoch: present.Epoch));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, _fixture.Add(present, TransactionFixture.Out(0)));
    }

    [Fact]
    public void Init_that_cannot_be_written_changes_nothing()
    {
        ProducerIdReply first = _fixture.Init();
        Reply<ProducerIdReply> failed = _fixture.BeginInit();
        _fixture.Broker.FailFlush();
        Assert.Equal(ErrorCode.KafkaStorageError, failed.Value.Error);
        Assert.Equal(ErrorCode.None, _fixture.Add(first, TransactionFixture.Out(0)));
    }
}
