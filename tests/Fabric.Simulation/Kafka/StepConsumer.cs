using Fabric.Core;
using Fabric.Kafka;
using Fabric.Kafka.Clients;
using Fabric.Kafka.Protocol;

namespace Fabric.Simulation.Kafka;

/// <summary>
/// A consumer over Kafka's protocol, read_committed, as librdkafka shows itself to the product: rebalances inside the poll,
/// records read ahead, ends told once, positions that only its own calls move.
/// </summary>
internal sealed class StepConsumer : IRecordConsumer
{
    private static readonly TimeSpan AskWithin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PollTurn = TimeSpan.FromMilliseconds(100);

    private readonly BrokerLink _link;
    private readonly string? _groupId;
    private readonly string? _instanceId;
    private readonly PartitionReader _reader;
    private StepGroupMember? _member;
    private string? _driverTopic;
    private bool _isInCallback;
    private bool _isClosed;

    public StepConsumer(BrokerLink link, string? groupId, string? instanceId)
    {
        _link = link;
        _groupId = groupId;
        _instanceId = instanceId;
        _reader = new PartitionReader(link);
    }

    public object? GroupMetadata => _member?.Membership;

    public IReadOnlyCollection<TopicPartition> Assignment => [.. _reader.Partitions];

    public void Subscribe(string driverTopic, IRebalanceListener listener)
    {
        Refuse();
        if (_member is not null || _groupId is null)
        {
            throw new InvalidOperationException("Subscribe is called once, on a consumer opened with a group");
        }

        _driverTopic = driverTopic;
        _member = new StepGroupMember(_link, _groupId, _instanceId, driverTopic, new Gate(this, listener));
    }

    public void Assign(IReadOnlyCollection<PartitionPosition> positions)
    {
        Refuse();
        _reader.Clear();
        _reader.Add(positions);
    }

    public void IncrementalAssign(IReadOnlyCollection<PartitionPosition> positions)
    {
        Refuse();
        _reader.Add(positions);
    }

    public void IncrementalUnassign(IReadOnlyCollection<TopicPartition> partitions)
    {
        Refuse();
        _reader.Remove(partitions);
    }

    public void Poll(TimeSpan timeout, int maxEvents, PollBatch into)
    {
        Refuse();
        long endTicks = _link.Simulator.NowTicks + timeout.Ticks;
        while (true)
        {
            if (_member?.Advance() == true)
            {
                return; // rebalanced: what the listener noted comes first
            }

            if (_reader.Unpositioned is { Count: > 0 } unpositioned)
            {
                _reader.Position(Positions(unpositioned));
            }

            if (_reader.Take(maxEvents, into))
            {
                return;
            }

            TimeSpan left = TimeSpan.FromTicks(endTicks - _link.Simulator.NowTicks);
            if (left <= TimeSpan.Zero)
            {
                // A loop that polls without waiting is no reason for time to stand still.
                _link.Simulator.Current!.Park(_link.Simulator.Between(0.01, 0.05));
                return;
            }

            WaitForNews(left < PollTurn ? left : PollTurn);
        }
    }

    public void Seek(PartitionPosition position)
    {
        Refuse();
        _reader.Seek(position);
    }

    public void Pause(IReadOnlyCollection<TopicPartition> partitions)
    {
        Refuse();
        _reader.Pause(partitions, isPaused: true);
    }

    public void Resume(IReadOnlyCollection<TopicPartition> partitions)
    {
        Refuse();
        _reader.Pause(partitions, isPaused: false);
    }

    public IReadOnlyDictionary<TopicPartition, long?> Committed(IReadOnlyCollection<TopicPartition> partitions, TimeSpan timeout)
    {
        Refuse();
        return _link.Ask(
            ApiKey.OffsetFetch, body => OffsetRequests.WriteFetch(body, _groupId!, partitions), OffsetRequests.ReadFetch,
            static answer => answer.Error, timeout).Offsets;
    }

    public (long Start, long End) Watermarks(TopicPartition partition, TimeSpan timeout)
    {
        Refuse();
        return (OffsetOf(partition, PartitionPosition.Beginning, timeout), OffsetOf(partition, PartitionPosition.End, timeout));
    }

    public long KnownEnd(TopicPartition partition) => _reader.KnownEnd(partition);

    public void Close(TimeSpan timeout)
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _member?.Leave(timeout);
            _reader.Clear();
        }
    }

    /// <summary>Nobody is asked: as if the process had died.</summary>
    public void Dispose()
    {
        _isClosed = true;
        _reader.Clear();
    }

    private void WaitForNews(TimeSpan time)
    {
        Pending?[] expected = [_member?.Expected, _reader.Fetch()];
        if (!Array.Exists(expected, pending => pending is { IsDone: true }))
        {
            Scheduling.Fiber fiber = _link.Simulator.Current!;
            Action wake = fiber.Waker(isNext: true);
            foreach (Pending pending in expected.OfType<Pending>())
            {
                pending.Wake = wake;
            }

            fiber.Park(time);
        }
    }

    /// <summary>Where partitions begin that were given no position: at the group's offsets, else at the start of the log.</summary>
    private List<PartitionPosition> Positions(List<PartitionPosition> wanted)
    {
        var found = new List<PartitionPosition>();
        TopicPartition[] atCommitted =
            [.. wanted.Where(position => position.Offset == PartitionReader.AtCommitted).Select(position => position.Partition)];
        if (atCommitted.Length > 0)
        {
            bool isAnswered = _link.TryAsk(
                ApiKey.OffsetFetch, body => OffsetRequests.WriteFetch(body, _groupId!, atCommitted), OffsetRequests.ReadFetch, AskWithin,
                out OffsetAnswer answer);
            if (isAnswered && answer.Error == ErrorCode.None)
            {
                found.AddRange(atCommitted.Select(partition =>
                    new PartitionPosition(partition, answer.Offsets[partition] ?? PartitionPosition.Beginning)));
            }
        }

        foreach (PartitionPosition position in wanted.Where(position => position.Offset != PartitionReader.AtCommitted))
        {
            if (TryOffsetOf(position.Partition, position.Offset, AskWithin, out long offset))
            {
                found.Add(position with { Offset = offset });
            }
        }

        return found;
    }

    private bool TryOffsetOf(TopicPartition partition, long which, TimeSpan within, out long offset)
    {
        bool isAnswered = _link.TryAsk(
            ApiKey.ListOffsets, body => OffsetRequests.WriteList(body, partition, which), OffsetRequests.ReadList, within,
            out (ErrorCode Error, long Offset) answer);
        offset = answer.Offset;
        return isAnswered && answer.Error == ErrorCode.None;
    }

    private long OffsetOf(TopicPartition partition, long which, TimeSpan timeout)
    {
        (ErrorCode error, long offset) = _link.Ask(
            ApiKey.ListOffsets, body => OffsetRequests.WriteList(body, partition, which), OffsetRequests.ReadList,
            static answer => answer.Error, timeout);
        return error == ErrorCode.None ? offset : throw StepErrors.Of("Asking for the ends of a log", error);
    }

    /// <summary>The contract of <see cref="IRebalanceListener"/>: who is called back must not call the consumer.</summary>
    private void Refuse()
    {
        _link.Process.ThrowIfDead();
        if (_isInCallback)
        {
            throw new InvalidOperationException("The consumer was called inside a rebalance callback");
        }

        ObjectDisposedException.ThrowIf(_isClosed, this);
    }

    /// <summary>Between the member and the product's listener: keeps positions in step, and the contract.</summary>
    private sealed class Gate(StepConsumer consumer, IRebalanceListener listener) : IRebalanceListener
    {
        public IReadOnlyCollection<PartitionPosition> OnAssigned(IReadOnlyCollection<TopicPartition> added)
        {
            Trace("assigned", added);
            IReadOnlyCollection<PartitionPosition> starts = [];
            Call(() => starts = listener.OnAssigned(added));
            Dictionary<TopicPartition, long> known = starts.ToDictionary(start => start.Partition, start => start.Offset);
            consumer._reader.Add([.. added.Select(partition =>
                new PartitionPosition(partition, known.GetValueOrDefault(partition, PartitionReader.AtCommitted)))]);
            return [];
        }

        public void OnRevoked(IReadOnlyCollection<TopicPartition> removed)
        {
            Trace("revoked", removed);
            Call(() => listener.OnRevoked(removed));
            consumer._reader.Remove(removed);
        }

        public void OnLost(IReadOnlyCollection<TopicPartition> removed)
        {
            Trace("lost", removed);
            Call(() => listener.OnLost(removed));
            consumer._reader.Remove(removed);
        }

        private void Call(Action callback)
        {
            consumer._isInCallback = true;
            try
            {
                callback();
            }
            finally
            {
                consumer._isInCallback = false;
            }
        }

        private void Trace(string what, IReadOnlyCollection<TopicPartition> partitions) => consumer._link.Simulator.Trace.Add(
            what, $"{consumer._groupId} {consumer._instanceId} {consumer._driverTopic} {string.Join(' ', partitions.Select(each => each.Partition))}");
    }
}

/// <summary>Offsets of a group, as answered.</summary>
internal sealed record OffsetAnswer(ErrorCode Error, Dictionary<TopicPartition, long?> Offsets);

/// <summary>Requests that ask for offsets.</summary>
internal static class OffsetRequests
{
    public static void WriteFetch(KafkaWriter body, string groupId, IReadOnlyCollection<TopicPartition> partitions)
    {
        body.WriteString(groupId);
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

            body.WriteEmptyTags();
        }

        body.WriteBoolean(true); // only what no open transaction would change
        body.WriteEmptyTags();
    }

    public static OffsetAnswer ReadFetch(ref KafkaReader body)
    {
        var offsets = new Dictionary<TopicPartition, long?>();
        ErrorCode first = ErrorCode.None;
        body.ReadInt32();
        for (int topics = body.ReadArrayLength(1); topics > 0; topics--)
        {
            string topic = body.ReadString();
            for (int partitions = body.ReadArrayLength(1); partitions > 0; partitions--)
            {
                int partition = body.ReadInt32();
                long offset = body.ReadInt64();
                body.ReadInt32();
                body.ReadNullableString();
                var error = (ErrorCode)body.ReadInt16();
                first = first == ErrorCode.None ? error : first;
                body.SkipTags();
                offsets[new TopicPartition(topic, partition)] = offset >= 0 ? offset : null;
            }

            body.SkipTags();
        }

        var whole = (ErrorCode)body.ReadInt16();
        return new OffsetAnswer(whole == ErrorCode.None ? first : whole, offsets);
    }

    public static void WriteList(KafkaWriter body, TopicPartition partition, long which)
    {
        body.WriteInt32(-1);
        body.WriteInt8(1);
        body.WriteArrayLength(1);
        body.WriteString(partition.Topic);
        body.WriteArrayLength(1);
        body.WriteInt32(partition.Partition);
        body.WriteInt64(which);
    }

    public static (ErrorCode Error, long Offset) ReadList(ref KafkaReader body)
    {
        body.ReadInt32();
        body.ReadArrayLength(1);
        body.ReadString();
        body.ReadArrayLength(1);
        body.ReadInt32();
        var error = (ErrorCode)body.ReadInt16();
        body.ReadInt64();
        return (error, body.ReadInt64());
    }
}
