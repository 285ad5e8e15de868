using Fabric.Core;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// Produce (0), versions 0 to 9.
/// <para>
/// Checks each batch on the connection's thread, appends on the loop, answers when <c>acks</c> says so: 0 never, 1 after the
/// append, -1 once all of it is durable. Batches are stored as they came; one batch per partition.
/// </para>
/// <list type="bullet">
/// <item>v0-v2: answered UNSUPPORTED_VERSION, since message formats 0 and 1 are gone (KIP-724). They are advertised because
/// librdkafka drops gzip, snappy and lz4 otherwise.</item>
/// <item>v3: transactional id; record batches only. v5: log start offset. v7: zstd. v8: record errors. v9: flexible.</item>
/// </list>
/// </summary>
internal sealed class ProduceApi(BrokerCore core, TransactionCheck mayAppend) : IPreparingApiHandler
{
    private const short FirstServedVersion = 3;
    private const short AcksAll = -1;

    public short Key => 0;

    public string Name => "Produce";

    public short MinVersion => 0;

    public short MaxVersion => 9;

    public short FirstFlexibleVersion => 9;

    public object Prepare(short version, Memory<byte> bodyBytes, ref KafkaReader body) =>
        ProduceRequest.Read(version, bodyBytes, ref body);

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        var request = context.Prepared as ProduceRequest
            ?? ProduceRequest.Read(context.ApiVersion, context.Body, ref body);
        var answer = new ProduceAnswer(core, context, request);
        ErrorCode refusal = Refusal(context.ApiVersion, request);
        foreach (ProducePartition partition in request.Partitions)
        {
            if (refusal != ErrorCode.None)
            {
                partition.Error = refusal;
            }
            else
            {
                Append(request, partition, answer);
            }
        }

        answer.AllAppended();
    }

    private static ErrorCode Refusal(short version, ProduceRequest request) => version < FirstServedVersion
        ? ErrorCode.UnsupportedVersion
        : request.Acks is -1 or 0 or 1 ? ErrorCode.None : ErrorCode.InvalidRequiredAcks;

    private void Append(ProduceRequest request, ProducePartition partition, ProduceAnswer answer)
    {
        LogState? state = core.Topics.TryGet(partition.Topic, out Topic? topic) ? topic.Find(partition.Index) : null;
        if (state is null)
        {
            partition.Error = ErrorCode.UnknownTopicOrPartition;
            return;
        }

        partition.LogStartOffset = state.Log.StartOffset;
        partition.Error = partition.Checked != ErrorCode.None ? partition.Checked : CheckAgainstState(request, partition, topic!, state);
        if (partition.Error != ErrorCode.None)
        {
            return;
        }

        int records = new RecordBatchHeader(partition.Records.Span).RecordCount;
        AppendResult result = state.Log.Append(partition.Records, core.NowMs);
        partition.Error = result.Error;
        partition.BaseOffset = result.BaseOffset;
        partition.LogAppendTimeMs = result.LogAppendTimeMs;
        if (result.Error != ErrorCode.None)
        {
            CountFailure(result.Error);
            return;
        }

        if (!result.IsDuplicate)
        {
            core.Metrics.Produced(partition.Records.Length, records);
            core.Durability.Advanced(state);
        }

        if (request.Acks == AcksAll)
        {
            answer.WaitFor(state, partition, result.LastOffset + 1);
        }
    }

    private ErrorCode CheckAgainstState(ProduceRequest request, ProducePartition partition, Topic topic, LogState state)
    {
        LogConfig config = state.Log.Config;
        if (partition.Records.Length > config.MaxMessageBytes)
        {
            return ErrorCode.MessageTooLarge;
        }

        if (partition.Records.Length > config.SegmentBytes)
        {
            return ErrorCode.RecordListTooLarge;
        }

        if (request.Acks == AcksAll && topic.MinInSyncReplicas > 1)
        {
            return ErrorCode.NotEnoughReplicas;
        }

        if (config.IsCompacted && !HaveKeys(partition.Records.Span))
        {
            return ErrorCode.InvalidRecord;
        }

        var header = new RecordBatchHeader(partition.Records.Span);
        return header.IsTransactional
            ? mayAppend(
                request.TransactionalId, header.ProducerId, header.ProducerEpoch, new(partition.Topic, partition.Index))
            : ErrorCode.None;
    }

    // Keys of compressed records are not looked at: the broker does not decompress what it only stores.
    private static bool HaveKeys(ReadOnlySpan<byte> batch)
    {
        if (new RecordBatchHeader(batch).Codec != CompressionCodec.None)
        {
            return true;
        }

        RecordEnumerator records = RecordBatchRecords.Enumerate(batch);
        while (records.MoveNext())
        {
            if (!records.Current.HasKey)
            {
                return false;
            }
        }

        return true;
    }

    private void CountFailure(ErrorCode error)
    {
        if (error == ErrorCode.KafkaStorageError)
        {
            core.Metrics.StorageFailed();
        }
    }
}

/// <summary>
/// Whether a transactional batch may be appended, in the transaction coordinator's word: None, or what the produce request is
/// answered with.
/// </summary>
internal delegate ErrorCode TransactionCheck(
    string? transactionalId, long producerId, short epoch, TopicPartition partition);
