using Fabric.Kafka.Broker;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using Fabric.Kafka.Server;
using Fabric.Kafka.Tests.Log;

namespace Fabric.Kafka.Tests.Broker;

public sealed class ProduceTests : IDisposable
{
    private readonly CoreFixture _fixture = new();

    public ProduceTests() => _fixture.CreateTopic("t", 2);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Produce_gives_offsets_without_gaps_and_keeps_the_bytes()
    {
        byte[] batch = SampleRequests.Batch(records: 3);
        Assert.Equal(0, _fixture.Produce("t", (byte[])batch.Clone()).BaseOffset);
        Assert.Equal(3, _fixture.Produce("t", (byte[])batch.Clone(), acks: 1).BaseOffset);

        FetchReply fetched = _fixture.Fetch("t", 0);
        Assert.Equal([0L, 3L], fetched.BatchOffsets());
        Assert.Equal(6, fetched.HighWatermark);
        // Everything from the leader epoch's end on is as it was sent.
        Assert.Equal(batch[16..], fetched.Records[16..batch.Length]);
    }

    [Fact]
    public void Acks_all_is_answered_only_after_the_flush_and_acks_one_before_it()
    {
        var flusher = new ManualLogFlusher();
        _fixture.Restart(flusher);
        PendingResponse all = Post(acks: -1);
        PendingResponse one = Post(acks: 1);
        _fixture.Settle();
        Assert.False(all.IsDone);
        Assert.Equal(ErrorCode.None, CoreClient.ReadProduce(CoreFixture.ResponseOf(one)!).Error);
        Assert.Equal(0, _fixture.Fetch("t", 0).HighWatermark);

        flusher.Finish();
        _fixture.Settle();
        Assert.Equal(0, CoreClient.ReadProduce(CoreFixture.ResponseOf(all)!).BaseOffset);
        Assert.Equal(4, _fixture.Fetch("t", 0).HighWatermark);
    }

    [Fact]
    public void Producers_that_come_during_a_flush_share_the_next_one()
    {
        var flusher = new ManualLogFlusher();
        _fixture.Restart(flusher);
        Post(acks: -1);
        _fixture.Settle();
        PendingResponse[] later = [Post(-1), Post(-1), Post(-1, partition: 1)];
        _fixture.Settle();
        flusher.Finish();
        _fixture.Settle();
        Assert.All(later, pending => Assert.False(pending.IsDone));
        flusher.Finish();
        _fixture.Settle();
        Assert.All(later, pending => Assert.True(pending.IsDone));
        Assert.Equal([1, 2], flusher.Sizes);
    }

    [Fact]
    public void Acks_zero_has_no_answer_and_an_error_closes_the_connection()
    {
        PendingResponse good = Post(acks: 0);
        PendingResponse bad = _fixture.Post(_fixture.ProduceFrame("nowhere", SampleRequests.Batch(), acks: 0), new SaslSession(_fixture.Users));
        _fixture.Settle();
        Assert.True(good.IsDone);
        Assert.Null(good.AbandonReason);
        Assert.Null(CoreFixture.ResponseOf(good));
        Assert.NotNull(bad.AbandonReason);
        Assert.Equal(2, _fixture.Fetch("t", 0).HighWatermark);
    }

    [Fact]
    public void A_flush_that_takes_longer_than_the_timeout_is_answered_REQUEST_TIMED_OUT()
    {
        _fixture.Restart(new ManualLogFlusher());
        PendingResponse pending = _fixture.Post(
            _fixture.ProduceFrame("t", SampleRequests.Batch(), timeoutMs: 500), new SaslSession(_fixture.Users));
        _fixture.Settle();
        _fixture.Clock.Advance(TimeSpan.FromMilliseconds(499));
        _fixture.Settle();
        Assert.False(pending.IsDone);
        _fixture.Clock.Advance(TimeSpan.FromMilliseconds(1));
        _fixture.Settle();
        Assert.Equal(ErrorCode.RequestTimedOut, CoreClient.ReadProduce(CoreFixture.ResponseOf(pending)!).Error);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    public void Acks_that_Kafka_does_not_know_are_refused(short acks) =>
        Assert.Equal(ErrorCode.InvalidRequiredAcks, _fixture.Produce("t", SampleRequests.Batch(), acks: acks).Error);

    [Fact]
    public void What_a_batch_must_not_be_is_refused_with_Kafkas_error_and_nothing_is_appended()
    {
        byte[] good = SampleRequests.Batch();
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, _fixture.Produce("nowhere", good).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, _fixture.Produce("t", good, partition: 2).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, _fixture.Produce("t", good, partition: -1).Error);
        Assert.Equal(ErrorCode.InvalidRecord, _fixture.Produce("t", null).Error);
        Assert.Equal(ErrorCode.InvalidRecord, _fixture.Produce("t", []).Error);
        Assert.Equal(ErrorCode.InvalidRecord, _fixture.Produce("t", [.. good, .. good]).Error);
        Assert.Equal(ErrorCode.CorruptMessage, _fixture.Produce("t", Changed(good, 40)).Error);
        Assert.Equal(ErrorCode.CorruptMessage, _fixture.Produce("t", good[..^1]).Error);
        Assert.Equal(ErrorCode.InvalidRecord, _fixture.Produce("t", WithAttributes(good, RecordBatchHeader.ControlBit)).Error);
        Assert.Equal(ErrorCode.UnsupportedCompressionType, _fixture.Produce("t", WithAttributes(good, 5)).Error);
        Assert.Equal(0, _fixture.Fetch("t", 0).HighWatermark);
    }

    [Fact]
    public void Topic_settings_bound_what_is_accepted()
    {
        _fixture.CreateTopic("small", 1, ("max.message.bytes", "80"));
        Assert.Equal(ErrorCode.MessageTooLarge, _fixture.Produce("small", SampleRequests.Batch(10)).Error);
        _fixture.CreateTopic("compacted", 1, ("cleanup.policy", "compact"));
        byte[] keyless = new RecordBatchBuilder().Add(null, [1], 0).ToArray(0);
        Assert.Equal(ErrorCode.InvalidRecord, _fixture.Produce("compacted", keyless).Error);
        Assert.Equal(ErrorCode.None, _fixture.Produce("compacted", SampleRequests.Batch()).Error);
        _fixture.CreateTopic("replicated", 1, ("min.insync.replicas", "2"));
        Assert.Equal(ErrorCode.NotEnoughReplicas, _fixture.Produce("replicated", SampleRequests.Batch()).Error);
        Assert.Equal(ErrorCode.None, _fixture.Produce("replicated", SampleRequests.Batch(), acks: 1).Error);
    }

    [Fact]
    public void LogAppendTime_stamps_the_brokers_clock()
    {
        _fixture.CreateTopic("stamped", 1, ("message.timestamp.type", "LogAppendTime"));
        long nowMs = _fixture.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        Assert.Equal(nowMs, _fixture.Produce("stamped", SampleRequests.Batch()).LogAppendTimeMs);
        var header = new RecordBatchHeader(_fixture.Fetch("stamped", 0).Records);
        Assert.Equal(nowMs, header.MaxTimestamp);
        Assert.Equal(ErrorCode.None, RecordBatchCheck.Check(_fixture.Fetch("stamped", 0).Records));
    }

    /// <summary>Sarama before 1.23 leaves the greatest timestamp out; a look-up by time went past such batches. Kafka puts it right, too.</summary>
    [Theory]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public void The_greatest_timestamp_is_that_of_the_records_whatever_the_producer_says(long claimedMs)
    {
        byte[] plain = new RecordBatchBuilder().Add([1], [1], TestBatches.Start).Add([2], [2], TestBatches.Start + 7).ToArray(0);
        byte[] packed = TestBatches.Opaque(CompressionCodec.Lz4);
        RecordBatchHeader.CorrectMaxTimestamp(plain, claimedMs);
        RecordBatchHeader.CorrectMaxTimestamp(packed, -1);
        Assert.Equal(ErrorCode.None, _fixture.Produce("t", plain).Error);
        Assert.Equal(ErrorCode.None, _fixture.Produce("t", packed, partition: 1).Error);

        byte[] stored = _fixture.Fetch("t", 0).Records;
        Assert.Equal(TestBatches.Start + 7, new RecordBatchHeader(stored).MaxTimestamp);
        Assert.Equal(ErrorCode.None, RecordBatchCheck.Check(stored));
        Assert.Equal(TestBatches.Start, new RecordBatchHeader(_fixture.Fetch("t", 0, partition: 1).Records).MaxTimestamp);
    }

    [Fact]
    public void A_batch_sent_again_gets_its_first_offset_also_after_a_restart()
    {
        byte[] first = SampleRequests.Batch(2, producerId: 9, epoch: 0, sequence: 0);
        Assert.Equal(0, _fixture.Produce("t", (byte[])first.Clone()).BaseOffset);
        Assert.Equal(0, _fixture.Produce("t", (byte[])first.Clone()).BaseOffset);
        _fixture.Restart();
        Assert.Equal(0, _fixture.Produce("t", (byte[])first.Clone()).BaseOffset);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber,
            _fixture.Produce("t", SampleRequests.Batch(2, producerId: 9, epoch: 0, sequence: 5)).Error);
        Assert.Equal(2, _fixture.Produce("t", SampleRequests.Batch(2, producerId: 9, epoch: 0, sequence: 2)).BaseOffset);
        Assert.Equal(4, _fixture.Fetch("t", 0).HighWatermark);
    }

    [Fact]
    public void A_transactional_batch_outside_a_transaction_is_refused()
    {
        byte[] batch = SampleRequests.Batch(1, isTransactional: true, producerId: 5, epoch: 0, sequence: 0);
        Assert.NotEqual(ErrorCode.None, _fixture.Produce("t", batch, transactionalId: "tx").Error);
        Assert.Equal(0, _fixture.Fetch("t", 0).HighWatermark);
    }

    private PendingResponse Post(short acks, int partition = 0) =>
        _fixture.Post(_fixture.ProduceFrame("t", SampleRequests.Batch(), partition, acks), new SaslSession(_fixture.Users));

    private static byte[] Changed(byte[] batch, int at)
    {
        byte[] changed = (byte[])batch.Clone();
        changed[at] ^= 1;
        return changed;
    }

    private static byte[] WithAttributes(byte[] batch, short attributes)
    {
        byte[] changed = (byte[])batch.Clone();
        changed[22] = (byte)attributes;
        RecordBatchHeader.WriteCrc(changed);
        return changed;
    }
}
