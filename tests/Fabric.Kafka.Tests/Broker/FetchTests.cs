using Fabric.Kafka.Protocol;
using Fabric.Kafka.Server;

namespace Fabric.Kafka.Tests.Broker;

public sealed class FetchTests : IDisposable
{
    private readonly CoreFixture _fixture = new();

    public FetchTests() => _fixture.CreateTopic("t", 2);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void A_waiting_fetch_wakes_with_the_append()
    {
        PendingResponse fetch = _fixture.StartFetch("t", 0, maxWaitMs: 60_000);
        _fixture.Settle();
        Assert.False(fetch.IsDone);
        _fixture.Produce("t", SampleRequests.Batch());
        Assert.Equal([0L], Read(fetch).BatchOffsets());
    }

    [Fact]
    public void A_waiting_fetch_sees_a_batch_only_once_it_is_durable()
    {
        var flusher = new ManualLogFlusher();
        _fixture.Restart(flusher);
        PendingResponse fetch = _fixture.StartFetch("t", 0, maxWaitMs: 60_000);
        _fixture.Post(_fixture.ProduceFrame("t", SampleRequests.Batch(), acks: 1), new SaslSession(_fixture.Users));
        _fixture.Settle();
        Assert.False(fetch.IsDone);
        flusher.Finish();
        _fixture.Settle();
        Assert.Equal([0L], Read(fetch).BatchOffsets());
    }

    [Fact]
    public void A_waiting_fetch_answers_empty_when_its_time_is_over()
    {
        PendingResponse fetch = _fixture.StartFetch("t", 0, maxWaitMs: 500);
        _fixture.Settle();
        _fixture.Clock.Advance(TimeSpan.FromMilliseconds(499));
        _fixture.Settle();
        Assert.False(fetch.IsDone);
        _fixture.Clock.Advance(TimeSpan.FromMilliseconds(1));
        _fixture.Settle();
        FetchReply reply = Read(fetch);
        Assert.Equal(ErrorCode.None, reply.Error);
        Assert.Empty(reply.Records);
    }

    [Fact]
    public void A_fetch_waits_for_its_minimum_of_bytes()
    {
        int batchBytes = SampleRequests.Batch().Length;
        PendingResponse fetch = _fixture.StartFetch("t", 0, maxWaitMs: 60_000, minBytes: (2 * batchBytes) + 1);
        _fixture.Produce("t", SampleRequests.Batch());
        _fixture.Produce("t", SampleRequests.Batch());
        Assert.False(fetch.IsDone);
        _fixture.Produce("t", SampleRequests.Batch());
        Assert.Equal([0L, 2L, 4L], Read(fetch).BatchOffsets());
    }

    [Fact]
    public void The_first_batch_comes_whole_however_small_the_limits()
    {
        _fixture.Produce("t", SampleRequests.Batch());
        _fixture.Produce("t", SampleRequests.Batch());
        Assert.Equal([0L], _fixture.Fetch("t", 0, maxBytes: 1).BatchOffsets());
        Assert.Equal([2L], _fixture.Fetch("t", 2, partitionMaxBytes: 0).BatchOffsets());
        Assert.Equal([0L], _fixture.Fetch("t", 1, partitionMaxBytes: 1).BatchOffsets());
    }

    [Fact]
    public void Limits_hold_over_all_partitions_after_the_first_batch()
    {
        _fixture.Produce("t", SampleRequests.Batch());
        _fixture.Produce("t", SampleRequests.Batch(), partition: 1);
        int batchBytes = SampleRequests.Batch().Length;
        List<FetchReply> both = CoreClient.ReadFetch(_fixture.Exchange(
            _fixture.FetchFrame([("t", 0, 0), ("t", 1, 0)], false, 2 * batchBytes, 1 << 20, -1, 0, 1))!);
        Assert.All(both, reply => Assert.Equal([0L], reply.BatchOffsets()));
        List<FetchReply> one = CoreClient.ReadFetch(_fixture.Exchange(
            _fixture.FetchFrame([("t", 0, 0), ("t", 1, 0)], false, batchBytes + 1, 1 << 20, -1, 0, 1))!);
        Assert.Equal([0L], one[0].BatchOffsets());
        Assert.Empty(one[1].Records);
    }

    [Fact]
    public void Offsets_and_epochs_that_cannot_be_are_told_at_once()
    {
        _fixture.Produce("t", SampleRequests.Batch());
        Assert.Equal(ErrorCode.OffsetOutOfRange, _fixture.Fetch("t", 3).Error);
        Assert.Equal(ErrorCode.OffsetOutOfRange, _fixture.Fetch("t", -1).Error);
        Assert.Equal(ErrorCode.None, _fixture.Fetch("t", 2).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, _fixture.Fetch("nowhere", 0).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, _fixture.Fetch("t", 0, partition: 2).Error);
        Assert.Equal(ErrorCode.UnknownLeaderEpoch, _fixture.Fetch("t", 0, leaderEpoch: 1).Error);
        Assert.Equal(ErrorCode.FencedLeaderEpoch, _fixture.Fetch("t", 0, leaderEpoch: -2).Error);
        PendingResponse waiting = _fixture.StartFetch("t", 77, maxWaitMs: 60_000);
        _fixture.Settle();
        Assert.Equal(ErrorCode.OffsetOutOfRange, Read(waiting).Error);
    }

    [Fact]
    public void Deleting_the_topic_answers_who_waits_for_it()
    {
        PendingResponse fetch = _fixture.StartFetch("t", 0, maxWaitMs: 60_000);
        _fixture.Settle();
        _fixture.Core.Topics.TryGet("t", out var topic);
        _fixture.Core.Post(() => _fixture.Core.DeleteTopic(topic!));
        _fixture.Settle();
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, Read(fetch).Error);
    }

    [Fact]
    public void A_connection_that_goes_takes_its_waiting_fetch_with_it()
    {
        PendingResponse fetch = _fixture.StartFetch("t", 0, maxWaitMs: 60_000);
        _fixture.Settle();
        _fixture.Core.Topics.TryGet("t", out var topic);
        Assert.Single(topic!.Partitions[0].Watchers);
        fetch.Drop();
        _fixture.Core.Post(() => fetch.Context!.WhenConnectionCloses!());
        _fixture.Settle();
        Assert.Empty(topic.Partitions[0].Watchers);
    }

    [Fact]
    public void A_segment_that_is_deleted_can_still_be_sent()
    {
        _fixture.Produce("t", SampleRequests.Batch());
        PendingResponse fetch = _fixture.StartFetch("t", 0, maxWaitMs: 0);
        _fixture.Settle();
        Assert.True(fetch.IsDone);
        _fixture.Core.Topics.TryGet("t", out var topic);
        _fixture.Core.Post(() => _fixture.Core.DeleteTopic(topic!));
        _fixture.Settle();
        Assert.Equal([0L], Read(fetch).BatchOffsets());
    }

    private static FetchReply Read(PendingResponse fetch) =>
        CoreClient.ReadFetch(CoreFixture.ResponseOf(fetch) ?? throw new InvalidOperationException("The fetch waits")).Single();
}
