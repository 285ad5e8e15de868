using Microsoft.Extensions.Logging;
using Ck = Confluent.Kafka;

namespace Fabric.Kafka.Clients;

/// <summary>
/// Writes through librdkafka's transactional producer. Its events (deliveries, errors) are served by the owning thread, in
/// its own calls: no thread polls in the background.
/// </summary>
internal sealed class ConfluentProducer : ITransactionalProducer
{
    /// <summary>How long a full queue may block one record before the transaction is given up.</summary>
    private static readonly TimeSpan QueueFullMax = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan QueueFullStep = TimeSpan.FromMilliseconds(50);

    /// <summary>How long the first record for a topic may wait until it is known where that is.</summary>
    private static readonly TimeSpan LearnMax = TimeSpan.FromSeconds(1);

    /// <summary>Records after which deliveries and errors are taken notice of.</summary>
    private const int ServeInterval = 256;

    private readonly Ck.IProducer<byte[], byte[]> _producer;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly string _transactionalId;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private KafkaException? _fatal;
    private int _sinceServed;

    public ConfluentProducer(
        Dictionary<string, string> settings, string transactionalId, TimeProvider clock, ILogger log)
    {
        _transactionalId = transactionalId;
        _clock = clock;
        _log = log;
        try
        {
            _producer = new Ck.ProducerBuilder<byte[], byte[]>(settings)
                .SetLogHandler((_, message) => ClientLog.Route(log, message))
                .SetErrorHandler((_, error) => OnError(error))
                .Build();
        }
        catch (InvalidOperationException invalid)
        {
            throw new KafkaException(
                "CLIENT_SETTING_INVALID", $"Opening a producer failed: {invalid.Message}", innerException: invalid);
        }
    }

    public void InitTransactions(TimeSpan timeout) =>
        Call("Claiming the transactional id", () => _producer.InitTransactions(timeout));

    public void Begin()
    {
        _producer.Poll(TimeSpan.Zero);
        Call("Beginning a transaction", _producer.BeginTransaction);
    }

    public void Produce(
        string topic, int? partition, ReadOnlySpan<byte> key, bool hasKey, ReadOnlySpan<byte> value, bool hasValue,
        long? timestampMs = null, IReadOnlyList<RecordHeader>? headers = null)
    {
        if (++_sinceServed >= ServeInterval)
        {
            _sinceServed = 0;
            _producer.Poll(TimeSpan.Zero);
            ThrowIfFatal();
        }

        if (_known.Add(topic))
        {
            Learn(topic);
        }

        var message = new Ck.Message<byte[], byte[]>
        {
            Key = hasKey ? key.ToArray() : null!,
            Value = hasValue ? value.ToArray() : null!,
            Headers = HeadersOf(headers)!,
        };
        if (timestampMs is { } milliseconds)
        {
            message.Timestamp = new Ck.Timestamp(milliseconds, Ck.TimestampType.CreateTime);
        }

        var target = new Ck.TopicPartition(topic, partition is { } number ? new Ck.Partition(number) : Ck.Partition.Any);
        long startedAt = 0;
        while (!TryProduce(target, message))
        {
            startedAt = startedAt == 0 ? _clock.GetTimestamp() : startedAt;
            if (_clock.GetElapsedTime(startedAt) > QueueFullMax)
            {
                throw new KafkaException(
                    "QUEUE_FULL", $"The producer's queue stayed full for {QueueFullMax}: the broker does not keep up or is away",
                    topic, isAbortable: true);
            }

            // Waits for a delivery, which is what makes room.
            _producer.Poll(QueueFullStep);
            ThrowIfFatal();
        }
    }

    public void SendOffsets(IReadOnlyCollection<PartitionPosition> nextOffsets, object groupMetadata, TimeSpan timeout) =>
        Call("Adding offsets to the transaction", () => _producer.SendOffsetsToTransaction(
            nextOffsets.Select(next => new Ck.TopicPartitionOffset(
                next.Partition.Topic, next.Partition.Partition, next.Offset)),
            (Ck.IConsumerGroupMetadata)groupMetadata, timeout));

    public void Commit(TimeSpan timeout) =>
        Call("Committing the transaction", () => _producer.CommitTransaction(timeout));

    public void Abort(TimeSpan timeout) =>
        Call("Aborting the transaction", () => _producer.AbortTransaction(timeout));

    public void Dispose() => _producer.Dispose();

    /// <summary>
    /// librdkafka asks for a topic that it does not know yet when its timer of one second goes, and the transaction's commit waits
    /// for that: every process that comes back would. Asked here, it knows the topic after a round trip.
    /// </summary>
    private void Learn(string topic)
    {
        try
        {
            // Not kept: its thread turns for as long as it lives.
            using Ck.IAdminClient questions = new Ck.DependentAdminClientBuilder(_producer.Handle).Build();
            questions.GetMetadata(topic, LearnMax);
        }
        catch (Ck.KafkaException failed)
        {
            // It finds out by itself, later; the delivery will say what is wrong, if anything is.
            ClientLog.Reported(_log, ClientErrors.CodeName(failed.Error.Code), failed.Error.Reason);
        }
    }

    private bool TryProduce(Ck.TopicPartition target, Ck.Message<byte[], byte[]> message)
    {
        try
        {
            _producer.Produce(target, message);
            return true;
        }
        catch (Ck.ProduceException<byte[], byte[]> failed) when (failed.Error.Code == Ck.ErrorCode.Local_QueueFull)
        {
            return false;
        }
        catch (Ck.KafkaException failed)
        {
            throw Translate("Producing", failed, target.Topic);
        }
    }

    private void Call(string attempted, Action call)
    {
        try
        {
            call();
        }
        catch (Ck.KafkaException failed)
        {
            throw Translate(attempted, failed, _transactionalId);
        }
    }

    /// <summary>What the error handler was told is more to the point than what the failing call says.</summary>
    private KafkaException Translate(string attempted, Ck.KafkaException failed, string where) =>
        failed.Error.IsFatal && _fatal is { } fatal ? fatal : ClientErrors.Translate(attempted, failed, where);

    private void ThrowIfFatal()
    {
        if (_fatal is { } fatal)
        {
            throw fatal;
        }
    }

    private static Ck.Headers? HeadersOf(IReadOnlyList<RecordHeader>? headers)
    {
        if (headers is null || headers.Count == 0)
        {
            return null;
        }

        var copied = new Ck.Headers();
        for (int i = 0; i < headers.Count; i++)
        {
            copied.Add(headers[i].Key, headers[i].Value);
        }

        return copied;
    }

    private void OnError(Ck.Error error)
    {
        if (error.IsFatal)
        {
            _fatal ??= new KafkaException(
                ClientErrors.CodeName(error.Code), $"The producer is finished: {error.Reason}", _transactionalId,
                isFenced: ClientErrors.IsFenced(error.Code));
            ClientLog.Fatal(_log, ClientErrors.CodeName(error.Code), error.Reason);
        }
        else
        {
            ClientLog.Reported(_log, ClientErrors.CodeName(error.Code), error.Reason);
        }
    }
}
