using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>One partition of a produce request, and what became of it.</summary>
internal sealed class ProducePartition(string topic, int index, Memory<byte> records, ErrorCode verdict)
{
    public string Topic { get; } = topic;

    public int Index { get; } = index;

    /// <summary>The batch, in the request's frame: gone once the handler has returned.</summary>
    public Memory<byte> Records { get; } = records;

    /// <summary>What is wrong with the batch by itself.</summary>
    public ErrorCode Checked { get; } = verdict;

    public ErrorCode Error { get; set; }

    public long BaseOffset { get; set; } = -1;

    public long LogAppendTimeMs { get; set; } = -1;

    public long LogStartOffset { get; set; } = -1;
}

/// <summary>
/// A produce request, read and checked as far as that goes without the broker's state.
/// <code>
/// [v3+ transactionalId nullable string] acks int16 | timeoutMs int32
/// | [] { topic string | [] { index int32 | records nullable bytes } }
/// </code>
/// </summary>
internal sealed class ProduceRequest
{
    private const short FirstVersionWithTransactions = 3;
    private const short FirstVersionWithZstd = 7;
    private const int TopicBytesMin = 3;
    private const int PartitionBytesMin = 5;

    private readonly List<ProducePartition> _partitions = [];

    private ProduceRequest(string? transactionalId, short acks, int timeoutMs)
    {
        TransactionalId = transactionalId;
        Acks = acks;
        TimeoutMs = timeoutMs;
    }

    public string? TransactionalId { get; }

    public short Acks { get; }

    public int TimeoutMs { get; }

    /// <summary>In the order of the request; partitions of one topic follow each other.</summary>
    public IReadOnlyList<ProducePartition> Partitions => _partitions;

    /// <exception cref="ProtocolException">Malformed.</exception>
    public static ProduceRequest Read(short version, Memory<byte> bytes, ref KafkaReader body)
    {
        string? transactionalId = version >= FirstVersionWithTransactions ? body.ReadNullableString() : null;
        var request = new ProduceRequest(transactionalId, body.ReadInt16(), body.ReadInt32());
        int topics = body.ReadArrayLengthOrEmpty(TopicBytesMin);
        for (int i = 0; i < topics; i++)
        {
            request.ReadTopic(version, bytes, ref body);
        }

        body.SkipTags();
        return request;
    }

    private void ReadTopic(short version, Memory<byte> bytes, ref KafkaReader body)
    {
        string topic = body.ReadString();
        int partitions = body.ReadArrayLengthOrEmpty(PartitionBytesMin);
        for (int i = 0; i < partitions; i++)
        {
            int index = body.ReadInt32();
            Memory<byte> records = body.TryReadNullableBytes(out ReadOnlySpan<byte> value)
                ? bytes.Slice(body.Position - value.Length, value.Length)
                : default;
            body.SkipTags();
            _partitions.Add(Check(version, topic, index, records));
        }

        body.SkipTags();
    }

    private static ProducePartition Check(short version, string topic, int index, Memory<byte> records)
    {
        if (version < FirstVersionWithTransactions)
        {
            return new ProducePartition(topic, index, records, ErrorCode.UnsupportedVersion);
        }

        if (records.IsEmpty)
        {
            return new ProducePartition(topic, index, records, ErrorCode.InvalidRecord);
        }

        ErrorCode error = RecordBatchCheck.Check(records.Span, requireKeys: false, out long maxTimestampMs);
        if (error == ErrorCode.None)
        {
            RecordBatchHeader.CorrectMaxTimestamp(records.Span, maxTimestampMs);
        }

        bool isZstd = error == ErrorCode.None && new RecordBatchHeader(records.Span).Codec == CompressionCodec.Zstd;
        if (isZstd && version < FirstVersionWithZstd)
        {
            error = ErrorCode.UnsupportedCompressionType;
        }

        return new ProducePartition(topic, index, records, error);
    }
}
