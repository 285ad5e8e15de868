using Fabric.Core;
using Fabric.Kafka;
using Fabric.Kafka.Clients;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using RecordHeader = Fabric.Kafka.Clients.RecordHeader;

namespace Fabric.Simulation.Kafka;

/// <summary>
/// A transactional, idempotent producer over Kafka's protocol. What librdkafka does on its own threads (sending what has
/// lingered) happens here while records are produced, whenever chance says so.
/// </summary>
internal sealed class StepProducer(BrokerLink link, string transactionalId) : ITransactionalProducer
{
    private const int TransactionTimeoutMs = 10_000;
    private const double SendsEarly = 0.02;

    /// <summary>How long a batch is tried: librdkafka's bound is the transaction's.</summary>
    private static readonly TimeSpan DeliverWithin = TimeSpan.FromMilliseconds(TransactionTimeoutMs);

    private readonly Dictionary<TopicPartition, RecordBatchBuilder> _queued = [];
    private readonly Dictionary<TopicPartition, int> _sequences = [];
    private readonly HashSet<TopicPartition> _added = [];
    private Dictionary<string, int> _partitions = [];
    private long _producerId = -1;
    private short _epoch = -1;
    private bool _isOpen;
    private bool _hasOffsets;
    private bool _mustBumpEpoch;
    private KafkaException? _fatal;
    private KafkaException? _abortable;

    public void InitTransactions(TimeSpan timeout)
    {
        ThrowIfFatal();
        Claim(-1, -1, timeout);
        link.Simulator.Trace.Add("init", $"{transactionalId} {_producerId}:{_epoch}");
    }

    public void Begin()
    {
        ThrowIfFatal();
        if (_isOpen || _producerId < 0)
        {
            throw new InvalidOperationException($"A transaction of '{transactionalId}' is open or the id was not claimed");
        }

        _isOpen = true;
    }

    public void Produce(
        string topic, int? partition, ReadOnlySpan<byte> key, bool hasKey, ReadOnlySpan<byte> value, bool hasValue,
        long? timestampMs = null, IReadOnlyList<RecordHeader>? headers = null)
    {
        ThrowIfFatal();
        if (!_isOpen)
        {
            throw new InvalidOperationException("No transaction is open");
        }

        var target = new TopicPartition(topic, partition ?? PartitionOf(topic, key, hasKey));
        if (!_queued.TryGetValue(target, out RecordBatchBuilder? batch))
        {
            batch = new RecordBatchBuilder();
            _queued.Add(target, batch);
        }

        Fabric.Kafka.Log.RecordHeader[] copied =
            [.. headers?.Select(header => new Fabric.Kafka.Log.RecordHeader(header.Key, header.Value)) ?? []];
        batch.Add(
            hasKey ? key.ToArray() : null, hasValue ? value.ToArray() : null,
            timestampMs ?? link.Simulator.Now.ToUnixTimeMilliseconds(), copied);
        if (_abortable is null && link.Simulator.Chance(SendsEarly))
        {
            TrySendEarly();
        }
    }

    public void SendOffsets(IReadOnlyCollection<PartitionPosition> nextOffsets, object groupMetadata, TimeSpan timeout)
    {
        ThrowIfBroken();
        var membership = (StepMembership)groupMetadata;
        if (nextOffsets.Count == 0)
        {
            return;
        }

        Check("Adding the group", link.Ask(
            ApiKey.AddOffsetsToTxn, body =>
            {
                WriteWho(body);
                body.WriteString(membership.GroupId);
            },
            ReadError, static error => error, timeout));
        _hasOffsets = true;
        ErrorCode error = link.Ask(
            ApiKey.TxnOffsetCommit, body => WriteOffsets(body, nextOffsets, membership), ReadOffsetErrors, static error => error, timeout);
        Check("Adding offsets", error);
    }

    public void Commit(TimeSpan timeout)
    {
        ThrowIfBroken();
        SendQueued();
        End(isCommit: true, timeout);
        link.Simulator.Trace.Add("commit", transactionalId);
    }

    public void Abort(TimeSpan timeout)
    {
        ThrowIfFatal();
        _queued.Clear();
        End(isCommit: false, timeout);
        _abortable = null;
        if (_mustBumpEpoch)
        {
            Claim(_producerId, _epoch, timeout);
            _mustBumpEpoch = false;
        }

        link.Simulator.Trace.Add("abort", transactionalId);
    }

    public void Dispose() => _fatal ??= new KafkaException("LOCAL_DESTROY", "The producer was disposed");

    private int PartitionOf(string topic, ReadOnlySpan<byte> key, bool hasKey)
    {
        if (!_partitions.TryGetValue(topic, out int count))
        {
            _partitions = new StepAdmin(link).Counts();
            count = _partitions.GetValueOrDefault(topic);
        }

        return count == 0
            ? throw new KafkaException("UNKNOWN_TOPIC_OR_PART", $"There is no topic {topic}", topic, isRetriable: true)
            : hasKey ? Murmur2.PartitionOf(key, count) : link.Simulator.Random.Next(count);
    }

    private void Claim(long producerId, short epoch, TimeSpan timeout)
    {
        (ErrorCode error, _producerId, _epoch) = link.Ask(
            ApiKey.InitProducerId, body =>
            {
                body.WriteNullableString(transactionalId);
                body.WriteInt32(TransactionTimeoutMs);
                body.WriteInt64(producerId);
                body.WriteInt16(epoch);
                body.WriteEmptyTags();
            },
            static (ref KafkaReader body) =>
            {
                body.ReadInt32();
                return (Error: (ErrorCode)body.ReadInt16(), body.ReadInt64(), body.ReadInt16());
            },
            static answer => answer.Error, timeout);
        Check("Claiming the transactional id", error);
        _sequences.Clear();
    }

    /// <summary>What fails here is told at the latest by the commit.</summary>
    private void TrySendEarly()
    {
        try
        {
            SendQueued();
        }
        catch (KafkaException failed) when (failed.IsAbortable || failed.IsFenced)
        {
            // Kept, and thrown by the next call that reports.
        }
    }

    /// <summary>Sends what has lingered.</summary>
    internal void SendQueued()
    {
        TopicPartition[] missing = [.. _queued.Keys.Where(partition => !_added.Contains(partition)).Order()];
        try
        {
            if (missing.Length > 0)
            {
                Check("Adding partitions", link.Ask(
                    ApiKey.AddPartitionsToTxn, body => WritePartitions(body, missing), ReadPartitionErrors, static error => error,
                    DeliverWithin));
                _added.UnionWith(missing);
            }

            foreach (TopicPartition partition in _queued.Keys.Order().ToArray())
            {
                Send(partition, _queued[partition]);
                _queued.Remove(partition);
            }
        }
        catch (KafkaException failed) when (failed.IsRetriable)
        {
            // Whether the batch is in the log is not known: the transaction is lost, and its sequence numbers with it.
            _mustBumpEpoch = true;
            throw Keep(new KafkaException("LOCAL_MSG_TIMED_OUT", failed.Message, innerException: failed, isAbortable: true));
        }
    }

    private void Send(TopicPartition partition, RecordBatchBuilder batch)
    {
        int sequence = _sequences.GetValueOrDefault(partition);
        (batch.ProducerId, batch.ProducerEpoch, batch.BaseSequence) = (_producerId, _epoch, sequence);
        batch.Flags = RecordBatchHeader.TransactionalBit;
        byte[] bytes = batch.ToArray();
        ErrorCode error = link.Ask(
            ApiKey.Produce, body => WriteBatch(body, partition, bytes), ReadProduce, static error => error, DeliverWithin);
        if (error == ErrorCode.OutOfOrderSequenceNumber)
        {
            _mustBumpEpoch = true;
        }

        Check("Producing", error == ErrorCode.DuplicateSequenceNumber ? ErrorCode.None : error);
        _sequences[partition] = sequence + batch.Count;
    }

    private void End(bool isCommit, TimeSpan timeout)
    {
        if (_added.Count > 0 || _hasOffsets)
        {
            Check("Ending the transaction", link.Ask(
                ApiKey.EndTxn, body =>
                {
                    WriteWho(body);
                    body.WriteBoolean(isCommit);
                },
                ReadError, static error => error, timeout), isFinal: true);
        }

        _added.Clear();
        _hasOffsets = false;
        _isOpen = false;
    }

    private void Check(string attempted, ErrorCode error, bool isFinal = false)
    {
        if (error != ErrorCode.None)
        {
            throw Keep(StepErrors.Of(attempted, error, isAbortable: !isFinal));
        }
    }

    private KafkaException Keep(KafkaException failed)
    {
        link.Simulator.Trace.Add("producer-error", $"{transactionalId} {failed.Code}");
        if (failed.IsAbortable)
        {
            _abortable ??= failed;
        }
        else if (!failed.IsRetriable)
        {
            _fatal ??= failed;
        }

        return failed;
    }

    private void ThrowIfBroken()
    {
        ThrowIfFatal();
        if (_abortable is { } lost)
        {
            throw lost;
        }
    }

    private void ThrowIfFatal()
    {
        link.Process.ThrowIfDead();
        if (_fatal is { } fatal)
        {
            throw fatal;
        }
    }

    private void WriteWho(KafkaWriter body)
    {
        body.WriteString(transactionalId);
        body.WriteInt64(_producerId);
        body.WriteInt16(_epoch);
    }

    private void WritePartitions(KafkaWriter body, TopicPartition[] partitions)
    {
        WriteWho(body);
        IGrouping<string, TopicPartition>[] topics = [.. partitions.GroupBy(partition => partition.Topic)];
        body.WriteArrayLength(topics.Length);
        foreach (IGrouping<string, TopicPartition> topic in topics)
        {
            body.WriteString(topic.Key);
            body.WriteArrayLength(topic.Count());
            foreach (TopicPartition partition in topic)
            {
                body.WriteInt32(partition.Partition);
            }
        }
    }

    private void WriteBatch(KafkaWriter body, TopicPartition partition, byte[] batch)
    {
        body.WriteNullableString(transactionalId);
        body.WriteInt16(-1);
        body.WriteInt32((int)DeliverWithin.TotalMilliseconds);
        body.WriteArrayLength(1);
        body.WriteString(partition.Topic);
        body.WriteArrayLength(1);
        body.WriteInt32(partition.Partition);
        body.WriteNullableBytes(batch);
    }

    private void WriteOffsets(KafkaWriter body, IReadOnlyCollection<PartitionPosition> offsets, StepMembership membership)
    {
        body.WriteString(transactionalId);
        body.WriteString(membership.GroupId);
        body.WriteInt64(_producerId);
        body.WriteInt16(_epoch);
        body.WriteInt32(membership.Generation);
        body.WriteString(membership.MemberId);
        body.WriteNullableString(membership.InstanceId);
        IGrouping<string, PartitionPosition>[] topics = [.. offsets.GroupBy(offset => offset.Partition.Topic)];
        body.WriteArrayLength(topics.Length);
        foreach (IGrouping<string, PartitionPosition> topic in topics)
        {
            body.WriteString(topic.Key);
            body.WriteArrayLength(topic.Count());
            foreach (PartitionPosition offset in topic)
            {
                body.WriteInt32(offset.Partition.Partition);
                body.WriteInt64(offset.Offset);
                body.WriteInt32(-1);
                body.WriteNullableString("");
                body.WriteEmptyTags();
            }

            body.WriteEmptyTags();
        }

        body.WriteEmptyTags();
    }

    private static ErrorCode ReadError(ref KafkaReader body)
    {
        body.ReadInt32();
        return (ErrorCode)body.ReadInt16();
    }

    private static ErrorCode ReadPartitionErrors(ref KafkaReader body) => ReadErrors(ref body);

    private static ErrorCode ReadOffsetErrors(ref KafkaReader body) => ReadErrors(ref body);

    /// <summary>The first error of an answer per topic and partition.</summary>
    private static ErrorCode ReadErrors(ref KafkaReader body)
    {
        ErrorCode first = ErrorCode.None;
        body.ReadInt32();
        for (int topics = body.ReadArrayLength(1); topics > 0; topics--)
        {
            body.ReadString();
            for (int partitions = body.ReadArrayLength(1); partitions > 0; partitions--)
            {
                body.ReadInt32();
                var error = (ErrorCode)body.ReadInt16();
                first = first == ErrorCode.None ? error : first;
                body.SkipTags();
            }

            body.SkipTags();
        }

        return first;
    }

    private static ErrorCode ReadProduce(ref KafkaReader body)
    {
        body.ReadArrayLength(1);
        body.ReadString();
        body.ReadArrayLength(1);
        body.ReadInt32();
        return (ErrorCode)body.ReadInt16();
    }
}

/// <summary>A membership as a transaction is told of it.</summary>
internal sealed record StepMembership(string GroupId, int Generation, string MemberId, string? InstanceId);
