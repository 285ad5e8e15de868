using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using Fabric.Kafka.Server;

namespace Fabric.Kafka.Tests.Broker;

internal sealed record ProduceReply(ErrorCode Error, long BaseOffset, long LogAppendTimeMs, long LogStartOffset);

internal sealed record FetchReply(
    ErrorCode Error, long HighWatermark, long LastStableOffset, long LogStartOffset, (long ProducerId, long FirstOffset)[] Aborted, byte[] Records)
{
    /// <summary>Base offsets of the batches.</summary>
    public List<long> BatchOffsets()
    {
        var offsets = new List<long>();
        for (int at = 0; at < Records.Length;)
        {
            var header = new RecordBatchHeader(Records.AsSpan(at));
            offsets.Add(header.BaseOffset);
            at += (int)header.TotalBytes;
        }

        return offsets;
    }
}

/// <summary>What tests ask most, in one version each: produce 8, fetch 11.</summary>
internal static class CoreClient
{
    public static ProduceReply Produce(
        this CoreFixture fixture, string topic, byte[]? batch, int partition = 0, short acks = -1, string? transactionalId = null) =>
        ReadProduce(fixture.Exchange(fixture.ProduceFrame(topic, batch, partition, acks, transactionalId))
            ?? throw new InvalidOperationException("Produce was not answered"));

    public static byte[] ProduceFrame(
        this CoreFixture fixture, string topic, byte[]? batch, int partition = 0, short acks = -1, string? transactionalId = null,
        int timeoutMs = 30_000)
    {
        using var body = new KafkaWriter(isFlexible: false);
        body.WriteNullableString(transactionalId);
        body.WriteInt16(acks);
        body.WriteInt32(timeoutMs);
        body.WriteArrayLength(1);
        body.WriteString(topic);
        body.WriteArrayLength(1);
        body.WriteInt32(partition);
        body.WriteNullableBytes(batch);
        return fixture.Frame(0, 8, body.Written.ToArray());
    }

    public static ProduceReply ReadProduce(byte[] response)
    {
        var reader = new KafkaReader(response.AsSpan(4), isFlexible: false);
        Assert.Equal(1, reader.ReadArrayLength(1));
        reader.ReadString();
        Assert.Equal(1, reader.ReadArrayLength(1));
        reader.ReadInt32();
        var reply = new ProduceReply((ErrorCode)reader.ReadInt16(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
        Assert.Equal(0, reader.ReadArrayLength(1));
        Assert.Null(reader.ReadNullableString());
        Assert.Equal(0, reader.ReadInt32());
        Assert.Equal(0, reader.Remaining);
        return reply;
    }

    public static FetchReply Fetch(
        this CoreFixture fixture, string topic, long offset, int partition = 0, bool committed = false, int maxBytes = 1 << 20,
        int partitionMaxBytes = 1 << 20, int leaderEpoch = -1) =>
        ReadFetch(fixture.Exchange(fixture.FetchFrame(
            topic, offset, partition, committed, maxBytes, partitionMaxBytes, leaderEpoch, maxWaitMs: 0))!).Single();

    /// <summary>A fetch that waits in the core; nothing is stepped.</summary>
    public static PendingResponse StartFetch(this CoreFixture fixture, string topic, long offset, int maxWaitMs, int minBytes = 1) =>
        fixture.Post(
            fixture.FetchFrame(topic, offset, 0, false, 1 << 20, 1 << 20, -1, maxWaitMs, minBytes), new SaslSession(fixture.Users));

    public static byte[] FetchFrame(
        this CoreFixture fixture, string topic, long offset, int partition, bool committed, int maxBytes, int partitionMaxBytes,
        int leaderEpoch, int maxWaitMs, int minBytes = 1) =>
        fixture.FetchFrame([(topic, partition, offset)], committed, maxBytes, partitionMaxBytes, leaderEpoch, maxWaitMs, minBytes);

    public static byte[] FetchFrame(
        this CoreFixture fixture, (string Topic, int Partition, long Offset)[] wanted, bool committed, int maxBytes,
        int partitionMaxBytes, int leaderEpoch, int maxWaitMs, int minBytes)
    {
        using var body = new KafkaWriter(isFlexible: false);
        body.WriteInt32(-1);
        body.WriteInt32(maxWaitMs);
        body.WriteInt32(minBytes);
        body.WriteInt32(maxBytes);
        body.WriteInt8(committed ? (sbyte)1 : (sbyte)0);
        body.WriteInt32(0);
        body.WriteInt32(-1);
        body.WriteArrayLength(wanted.Length);
        foreach ((string topic, int partition, long offset) in wanted)
        {
            body.WriteString(topic);
            body.WriteArrayLength(1);
            body.WriteInt32(partition);
            body.WriteInt32(leaderEpoch);
            body.WriteInt64(offset);
            body.WriteInt64(-1);
            body.WriteInt32(partitionMaxBytes);
        }

        body.WriteArrayLength(0);
        body.WriteString("");
        return fixture.Frame(1, 11, body.Written.ToArray());
    }

    public static List<FetchReply> ReadFetch(byte[] response)
    {
        var reader = new KafkaReader(response.AsSpan(4), isFlexible: false);
        Assert.Equal(0, reader.ReadInt32());
        Assert.Equal(0, reader.ReadInt16());
        Assert.Equal(0, reader.ReadInt32());
        var replies = new List<FetchReply>();
        for (int topics = reader.ReadArrayLength(1); topics > 0; topics--)
        {
            reader.ReadString();
            for (int partitions = reader.ReadArrayLength(1); partitions > 0; partitions--)
            {
                reader.ReadInt32();
                var error = (ErrorCode)reader.ReadInt16();
                (long highWatermark, long stable, long start) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
                var aborted = new (long, long)[reader.ReadArrayLength(16)];
                for (int i = 0; i < aborted.Length; i++)
                {
                    aborted[i] = (reader.ReadInt64(), reader.ReadInt64());
                }

                Assert.Equal(-1, reader.ReadInt32());
                replies.Add(new FetchReply(error, highWatermark, stable, start, aborted, reader.ReadBytes().ToArray()));
            }
        }

        Assert.Equal(0, reader.Remaining);
        return replies;
    }

    /// <summary>Steps until nothing is queued.</summary>
    public static void Settle(this CoreFixture fixture)
    {
        while (fixture.Core.Step())
        {
        }
    }
}
