using Fabric.Kafka.Protocol;
using Fabric.Kafka.Tests.Groups;
using Fabric.Kafka.Transactions;

namespace Fabric.Kafka.Tests.Transactions;

/// <summary>A crash between any two durable writes of a transaction: it ends as decided, or not at all, never half.</summary>
public sealed class TransactionRecoveryTests
{
    /// <summary>Flushes between EndTxn and the crash, times how it crashes, times the outcome.</summary>
    public static TheoryData<int, bool, bool> Crashes()
    {
        var crashes = new TheoryData<int, bool, bool>();
        for (int flushes = 0; flushes <= 3; flushes++)
        {
            foreach (bool isPowerCut in new[] { false, true })
            {
                crashes.Add(flushes, isPowerCut, true);
                crashes.Add(flushes, isPowerCut, false);
            }
        }

        return crashes;
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void Crash_after_each_flush_leaves_all_or_nothing(int flushes, bool isPowerCut, bool isCommit)
    {
        for (int seed = 0; seed < 8; seed++)
        {
            using var fixture = new TransactionFixture(seed: seed);
            ProducerIdReply producer = Begin(fixture);
            Reply<ErrorCode> end = fixture.BeginEnd(producer, isCommit);
            for (int i = 0; i < flushes; i++)
            {
                fixture.Broker.Flush();
            }

            if (isPowerCut)
            {
                fixture.CutPower();
            }
            else
            {
                fixture.Kill();
            }

            fixture.Broker.Settle();
            bool wasDecided = fixture.Image().State is TransactionState.CompleteCommit or TransactionState.CompleteAbort;
            Assert.True(wasDecided || !end.IsGiven, "an outcome was confirmed and is forgotten");
            Assert.True(wasDecided || flushes == 0);
            if (!wasDecided)
            {
                Assert.Equal(TransactionState.Ongoing, fixture.Image().State);
                Assert.Equal(ErrorCode.None, fixture.End(producer, isCommit));
            }

            AssertOutcome(fixture, isCommit);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Crash_of_an_ongoing_transaction_lets_its_producer_go_on(bool isPowerCut)
    {
        using var fixture = new TransactionFixture();
        ProducerIdReply producer = Begin(fixture);
        if (isPowerCut)
        {
            fixture.CutPower();
        }
        else
        {
            fixture.Kill();
        }

        Assert.Equal(ErrorCode.None, fixture.Produce(producer, 2, 0, "third"));
        Assert.Equal(ErrorCode.None, fixture.End(producer, isCommit: true));
        AssertOutcome(fixture, isCommit: true);
        Assert.Equal(["third"], fixture.Visible(2));
    }

    [Fact]
    public void Crash_of_an_ongoing_transaction_nobody_goes_on_with_times_out()
    {
        using var fixture = new TransactionFixture();
        ProducerIdReply producer = Begin(fixture);
        fixture.Kill();
        fixture.Broker.Advance(TransactionFixture.TimeoutMs);
        fixture.Broker.Settle();
        AssertOutcome(fixture, isCommit: false);
        Assert.Equal(ErrorCode.ProducerFenced, fixture.End(producer, isCommit: true));
    }

    [Fact]
    public void Crash_again_and_again_while_markers_are_written_ends_as_decided()
    {
        using var fixture = new TransactionFixture(seed: 5);
        ProducerIdReply producer = Begin(fixture);
        Reply<ErrorCode> end = fixture.BeginEnd(producer, isCommit: true);
        fixture.Broker.Flush();
        Assert.Equal(ErrorCode.None, end.Value);
        for (int i = 0; i < 6; i++)
        {
            fixture.CutPower();
            Assert.NotEqual(TransactionState.Ongoing, fixture.Image().State);
        }

        fixture.Broker.Settle();
        AssertOutcome(fixture, isCommit: true);
    }

    [Fact]
    public void Crash_forgets_offsets_of_a_transaction_that_is_over()
    {
        using var fixture = new TransactionFixture();
        fixture.Groups.CommitLater(99_999, TransactionFixture.GroupId, [new(new("raw", 0), 5, 0, "")], static _ => { });
        fixture.Broker.Settle();
        fixture.Kill();
        fixture.Broker.Settle();
        Assert.Empty(fixture.Groups.Offsets.PendingProducers);
        Assert.Null(fixture.Committed());
    }

    private static ProducerIdReply Begin(TransactionFixture fixture)
    {
        ProducerIdReply producer = fixture.Init();
        Assert.Equal(
            ErrorCode.None,
            fixture.Add(producer, TransactionFixture.Out(0), TransactionFixture.Out(1), TransactionFixture.Out(2)));
        Assert.Equal(ErrorCode.None, fixture.AddOffsets(producer));
        Assert.Equal(ErrorCode.None, fixture.Produce(producer, 0, 0, "a"));
        Assert.Equal(ErrorCode.None, fixture.Produce(producer, 1, 0, "b"));
        Assert.Equal(ErrorCode.None, fixture.CommitOffset(producer, 17));
        fixture.Broker.Flush();
        return producer;
    }

    private static void AssertOutcome(TransactionFixture fixture, bool isCommit)
    {
        Assert.Equal(isCommit ? ["a"] : [], fixture.Visible(0));
        Assert.Equal(isCommit ? ["b"] : [], fixture.Visible(1));
        Assert.Equal(isCommit ? 17 : null, fixture.Committed());
        Assert.Empty(fixture.Groups.Offsets.PendingProducers);
    }
}
