using Fabric.Core;
using Microsoft.Extensions.Logging;
using Ck = Confluent.Kafka;

namespace Fabric.Kafka.Clients;

/// <summary>
/// Reads through librdkafka. Works around what librdkafka 2.0.2 does wrong: it is closed only after a first assignment
/// (earlier, closing may crash or hang) and within a bound; a live subscription is never changed. A static member whose session
/// ended while the broker was away forgets its member id and is then fenced by its own place in the group (librdkafka issue
/// 3437): that is told as what it is, and new clients take the place over.
/// </summary>
internal sealed class ConfluentConsumer : IRecordConsumer
{
    private static readonly IReadOnlyList<RecordHeader> NoHeaders = [];

    private static readonly TimeSpan DisposeMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WakeMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(1);

    /// <summary>Records behind the end of a log from which on an empty queue means that librdkafka is asleep.</summary>
    private const int BehindMin = 1_000;

    private readonly Ck.IConsumer<byte[], byte[]> _consumer;
    private readonly Lazy<Ck.IConsumer<byte[], byte[]>> _questions;
    private readonly string? _groupId;
    private readonly ILogger _log;
    private volatile IRebalanceListener? _listener;
    private KafkaException? _fatal;
    private KafkaException? _deferred;
    private string _lastTopic = "";
    private string? _memberId;
    private bool _wasAssigned;
    private bool _rebalanced;
    private volatile bool _sessionEnded;
    private volatile bool _isClosed;

    public ConfluentConsumer(Dictionary<string, string> settings, string? groupId, ILogger log)
    {
        _groupId = groupId;
        _log = log;
        try
        {
            _consumer = new Ck.ConsumerBuilder<byte[], byte[]>(settings)
                .SetLogHandler((_, message) => OnLog(message))
                .SetErrorHandler((_, error) => OnError(error))
                .SetPartitionsAssignedHandler((_, added) => OnAssigned(added))
                .SetPartitionsRevokedHandler((_, removed) => OnRevoked(removed))
                .SetPartitionsLostHandler((_, removed) => OnLost(removed))
                .Build();
            _questions = new Lazy<Ck.IConsumer<byte[], byte[]>>(() => OpenForQuestions(settings));
        }
        catch (InvalidOperationException invalid)
        {
            throw new KafkaException(
                "CLIENT_SETTING_INVALID", $"Opening a consumer failed: {invalid.Message}", innerException: invalid);
        }
    }

    public object? GroupMetadata
    {
        get
        {
            if (_groupId is null || _memberId is null)
            {
                return null;
            }

            Ck.IConsumerGroupMetadata metadata = _consumer.ConsumerGroupMetadata;
            // librdkafka drops the member id at once when it is thrown out, and only later tells the listener. Without an id
            // the coordinator would take the offsets from anybody.
            return _consumer.MemberId == _memberId
                ? metadata
                : throw new KafkaException(
                    "MEMBERSHIP_LOST", "The group went on without this member: what it read belongs to others now",
                    _groupId, isAbortable: true);
        }
    }

    public IReadOnlyCollection<TopicPartition> Assignment =>
        _consumer.Assignment.ConvertAll(partition => new TopicPartition(partition.Topic, partition.Partition.Value));

    public void Subscribe(string driverTopic, IRebalanceListener listener)
    {
        if (_listener is not null || _groupId is null)
        {
            throw new InvalidOperationException("Subscribe is called once, on a consumer opened with a group");
        }

        _listener = listener;
        _consumer.Subscribe(driverTopic);
    }

    public void Assign(IReadOnlyCollection<PartitionPosition> positions)
    {
        _wasAssigned = true;
        Call("Assigning partitions", () => _consumer.Assign(Starts(positions)));
    }

    public void IncrementalAssign(IReadOnlyCollection<PartitionPosition> positions) =>
        Call("Assigning co-partitions", () => _consumer.IncrementalAssign(Starts(positions)));

    public void IncrementalUnassign(IReadOnlyCollection<TopicPartition> partitions) =>
        Call("Unassigning co-partitions", () => _consumer.IncrementalUnassign(ToConfluent(partitions)));

    public void Poll(TimeSpan timeout, int maxEvents, PollBatch into)
    {
        ThrowWhatIsPending();
        int waitMs = (int)Math.Clamp(timeout.TotalMilliseconds, 0, int.MaxValue);
        _rebalanced = false;
        for (int events = 0; events < maxEvents && !_rebalanced; events++)
        {
            Ck.ConsumeResult<byte[], byte[]>? result;
            try
            {
                result = _consumer.Consume(waitMs);
            }
            catch (Ck.KafkaException failed)
            {
                // What came before it is handed over first; the failure is thrown by the next poll.
                KafkaException translated = UnlessOwn(ClientErrors.Translate("Reading", failed, WhereOf(failed)));
                if (events == 0)
                {
                    throw translated;
                }

                _deferred = translated;
                return;
            }

            if (result is null)
            {
                WakeFetcher(into);
                break;
            }

            waitMs = 0;
            Add(result, into);
        }

        if (_fatal is not null && into.Records.Count == 0 && into.Ends.Count == 0)
        {
            ThrowWhatIsPending();
        }
    }

    public void Seek(PartitionPosition position) =>
        Call("Seeking", () => _consumer.Seek(ToConfluent(position)), position.Partition.ToString());

    public void Pause(IReadOnlyCollection<TopicPartition> partitions) =>
        Call("Pausing", () => _consumer.Pause(ToConfluent(partitions)));

    public void Resume(IReadOnlyCollection<TopicPartition> partitions) =>
        Call("Resuming", () => _consumer.Resume(ToConfluent(partitions)));

    public IReadOnlyDictionary<TopicPartition, long?> Committed(
        IReadOnlyCollection<TopicPartition> partitions, TimeSpan timeout)
    {
        var committed = new Dictionary<TopicPartition, long?>(partitions.Count);
        Call("Reading committed offsets", () =>
        {
            foreach (Ck.TopicPartitionOffset found in _consumer.Committed(ToConfluent(partitions), timeout))
            {
                committed[new TopicPartition(found.Topic, found.Partition.Value)] =
                    found.Offset.Value >= 0 ? found.Offset.Value : null;
            }
        });
        return committed;
    }

    public (long Start, long End) Watermarks(TopicPartition partition, TimeSpan timeout)
    {
        Ck.WatermarkOffsets? found = null;
        Call(
            "Asking for the ends of a log",
            () => found = _questions.Value.QueryWatermarkOffsets(ToConfluent(partition), timeout), partition.ToString());
        return (found!.Low.Value, found.High.Value);
    }

    public long KnownEnd(TopicPartition partition)
    {
        long known = _consumer.GetWatermarkOffsets(ToConfluent(partition)).High.Value;
        return known >= 0 ? known : -1;
    }

    public void Close(TimeSpan timeout)
    {
        if (_isClosed)
        {
            return;
        }

        // librdkafka calls the rebalance listener inside its close: on this helper thread, while the owner waits for it.
        var closing = new Thread(CloseUnbounded) { IsBackground = true, Name = "kafka-consumer-close" };
        closing.Start();
        if (!closing.Join(timeout))
        {
            ClientLog.CloseAbandoned(_log, timeout);
        }

        _isClosed = true;
    }

    /// <summary>
    /// The listener hears nothing more. A member of a group is closed all the same: destroying one whose rebalance is under
    /// way leaves librdkafka's main thread turning for ever. A static member stays in the group until its session is over.
    /// </summary>
    public void Dispose()
    {
        _listener = null;
        Close(DisposeMax);
    }

    private void CloseUnbounded()
    {
        try
        {
            // Before the first assignment librdkafka 2.0.2 may crash or hang in its close.
            if (_wasAssigned && _groupId is not null)
            {
                _consumer.Close();
            }

            _consumer.Dispose();
        }
        catch (Ck.KafkaException failed)
        {
            ClientLog.Reported(_log, ClientErrors.CodeName(failed.Error.Code), failed.Error.Reason);
        }
        finally
        {
            if (_questions.IsValueCreated)
            {
                _questions.Value.Dispose();
            }
        }
    }

    /// <summary>
    /// A client that reads nothing: on the reader's own connection an answer waits behind the fetch that waits for records, half a
    /// second for each question where little arrives.
    /// </summary>
    private Ck.IConsumer<byte[], byte[]> OpenForQuestions(Dictionary<string, string> settings)
    {
        var own = new Dictionary<string, string>(settings);
        own.Remove("group.instance.id");
        return new Ck.ConsumerBuilder<byte[], byte[]>(own)
            .SetLogHandler((_, message) => ClientLog.Route(_log, message))
            .SetErrorHandler((_, error) => ClientLog.Reported(_log, ClientErrors.CodeName(error.Code), error.Reason))
            .Build();
    }

    /// <summary>
    /// librdkafka before 2.2 that found its queue full looks again a second later, although the queue is long empty: who reads
    /// faster than that gets one queue a second. A request makes it look at once. Only where much is left to read.
    /// </summary>
    private void WakeFetcher(PollBatch into)
    {
        if (into.Records.Count == 0)
        {
            return;
        }

        ConsumedRecord last = into.Records[^1];
        try
        {
            if (KnownEnd(last.Partition) - last.Offset >= BehindMin)
            {
                _consumer.QueryWatermarkOffsets(ToConfluent(last.Partition), WakeMax);
            }
        }
        catch (Ck.KafkaException failed)
        {
            // Reading itself will say what is wrong, if anything is.
            ClientLog.Reported(_log, ClientErrors.CodeName(failed.Error.Code), failed.Error.Reason);
        }
    }

    private void Add(Ck.ConsumeResult<byte[], byte[]> result, PollBatch into)
    {
        if (result.Topic != _lastTopic)
        {
            _lastTopic = string.Intern(result.Topic);
        }

        var partition = new TopicPartition(_lastTopic, result.Partition.Value);
        if (result.IsPartitionEOF)
        {
            into.Ends.Add(new PartitionPosition(partition, result.Offset.Value));
            return;
        }

        Ck.Message<byte[], byte[]> message = result.Message;
        long timestampMs = message.Timestamp.Type == Ck.TimestampType.NotAvailable ? -1 : message.Timestamp.UnixTimestampMs;
        into.Records.Add(new ConsumedRecord(
            partition, result.Offset.Value, timestampMs, message.Key, message.Value, HeadersOf(message.Headers)));
    }

    private static IReadOnlyList<RecordHeader> HeadersOf(Ck.Headers? headers)
    {
        if (headers is null || headers.Count == 0)
        {
            return NoHeaders;
        }

        var copied = new RecordHeader[headers.Count];
        for (int i = 0; i < copied.Length; i++)
        {
            copied[i] = new RecordHeader(headers[i].Key, headers[i].GetValueBytes());
        }

        return copied;
    }

    private IEnumerable<Ck.TopicPartitionOffset> OnAssigned(List<Ck.TopicPartition> added)
    {
        _wasAssigned = true;
        _rebalanced = true;
        _memberId = _consumer.MemberId;
        if (_isClosed || _listener is not { } listener)
        {
            return added.Select(partition => new Ck.TopicPartitionOffset(partition, Ck.Offset.Unset));
        }

        Dictionary<Ck.TopicPartition, Ck.Offset> starts = Starts(listener
            .OnAssigned(added.ConvertAll(partition => new TopicPartition(partition.Topic, partition.Partition.Value))))
            .ToDictionary(start => start.TopicPartition, start => start.Offset);
        return added.ConvertAll(partition => new Ck.TopicPartitionOffset(partition, starts.GetValueOrDefault(partition, Ck.Offset.Unset)));
    }

    private void OnRevoked(List<Ck.TopicPartitionOffset> removed)
    {
        _rebalanced = true;
        if (!_isClosed)
        {
            _listener?.OnRevoked(PartitionsOf(removed));
        }
    }

    private void OnLost(List<Ck.TopicPartitionOffset> removed)
    {
        _rebalanced = true;
        if (!_isClosed)
        {
            _listener?.OnLost(PartitionsOf(removed));
        }
    }

    private void OnLog(Ck.LogMessage message)
    {
        // The library has no event for it.
        if (message.Facility == "SESSTMOUT")
        {
            _sessionEnded = true;
        }

        ClientLog.Route(_log, message);
    }

    private KafkaException UnlessOwn(KafkaException failed) => failed.IsFenced && _sessionEnded
        ? new KafkaException(
            "SESSION_TIMED_OUT", "The group's coordinator was away for longer than a session: the membership begins anew", _groupId ?? "",
            isRetriable: false, innerException: failed)
        : failed;

    private void OnError(Ck.Error error)
    {
        if (error.IsFatal || ClientErrors.IsFenced(error.Code))
        {
            _fatal ??= UnlessOwn(new KafkaException(
                ClientErrors.CodeName(error.Code), $"The consumer is finished: {error.Reason}",
                isFenced: ClientErrors.IsFenced(error.Code)));
            ClientLog.Fatal(_log, _fatal.Code, error.Reason);
        }
        else
        {
            ClientLog.Reported(_log, ClientErrors.CodeName(error.Code), error.Reason);
        }
    }

    private void ThrowWhatIsPending()
    {
        KafkaException? pending = _fatal ?? _deferred;
        _deferred = null;
        if (pending is not null)
        {
            throw pending;
        }
    }

    private static void Call(string attempted, Action call, string where = "")
    {
        try
        {
            call();
        }
        catch (Ck.KafkaException failed)
        {
            throw ClientErrors.Translate(attempted, failed, where);
        }
    }

    private static string WhereOf(Ck.KafkaException failed) =>
        failed is Ck.ConsumeException { ConsumerRecord: { Topic: not null } record }
            ? $"{record.Topic}-{record.Partition.Value}" : "";

    private static TopicPartition[] PartitionsOf(List<Ck.TopicPartitionOffset> removed) =>
        [.. removed.Select(partition => new TopicPartition(partition.Topic, partition.Partition.Value))];

    private static Ck.TopicPartition ToConfluent(TopicPartition partition) => new(partition.Topic, partition.Partition);

    private static Ck.TopicPartitionOffset ToConfluent(PartitionPosition position) =>
        new(position.Partition.Topic, position.Partition.Partition, position.Offset);

    private static List<Ck.TopicPartition> ToConfluent(IReadOnlyCollection<TopicPartition> partitions) =>
        [.. partitions.Select(ToConfluent)];

    /// <summary>
    /// Beginnings as numbers. librdkafka asks where a log begins only half a second after the assignment: it does not know the
    /// partition's leader yet at that moment.
    /// </summary>
    private List<Ck.TopicPartitionOffset> Starts(IReadOnlyCollection<PartitionPosition> positions)
    {
        bool mayAsk = true;
        var starts = new List<Ck.TopicPartitionOffset>(positions.Count);
        foreach (PartitionPosition position in positions)
        {
            Ck.TopicPartitionOffset start = ToConfluent(position);
            if (mayAsk && position.Offset == PartitionPosition.Beginning)
            {
                mayAsk = TryFindBeginning(ref start);
            }

            starts.Add(start);
        }

        return starts;
    }

    private bool TryFindBeginning(ref Ck.TopicPartitionOffset start)
    {
        try
        {
            long low = _questions.Value.QueryWatermarkOffsets(start.TopicPartition, StartMax).Low.Value;
            start = low >= 0 ? new Ck.TopicPartitionOffset(start.TopicPartition, low) : start;
            return true;
        }
        catch (Ck.KafkaException failed)
        {
            // librdkafka goes on trying by itself.
            ClientLog.Reported(_log, ClientErrors.CodeName(failed.Error.Code), failed.Error.Reason);
            return false;
        }
    }
}
