using Fabric.Core;
using Fabric.Kafka.Clients;

namespace Fabric.Testing.Kafka;

/// <summary>A reader of <see cref="MemoryKafka"/>: in a group, with callbacks inside the poll, or free.</summary>
public sealed class MemoryConsumer(MemoryKafka kafka, string? groupId) : IRecordConsumer
{
    private static readonly TimeSpan PollStep = TimeSpan.FromMilliseconds(2);

    private readonly Dictionary<TopicPartition, long> _positions = [];
    private readonly HashSet<TopicPartition> _ended = [];
    private IRebalanceListener? _listener;
    private string? _topic;
    private bool _isInCallback;

    public object? GroupMetadata => null;

    public IReadOnlyCollection<TopicPartition> Assignment => _positions.Keys;

    private MemoryGroup Group => kafka.GroupOf(groupId!);

    public void Subscribe(string driverTopic, IRebalanceListener listener)
    {
        (_topic, _listener) = (driverTopic, listener);
        lock (kafka.Lock)
        {
            Group.Join(this);
        }
    }

    public void Assign(IReadOnlyCollection<PartitionPosition> positions)
    {
        foreach (PartitionPosition position in positions)
        {
            _positions[position.Partition] = Resolve(position);
        }
    }

    public void IncrementalAssign(IReadOnlyCollection<PartitionPosition> positions) => throw new NotSupportedException();

    public void IncrementalUnassign(IReadOnlyCollection<TopicPartition> partitions) => throw new NotSupportedException();

    public void Poll(TimeSpan timeout, int maxEvents, PollBatch into)
    {
        Refuse();
        if (_listener is not null)
        {
            Rebalance();
        }

        if (!Read(maxEvents, into) && timeout > TimeSpan.Zero)
        {
            Thread.Sleep(timeout < PollStep ? timeout : PollStep); // stands for the wait inside librdkafka
        }
    }

    public void Seek(PartitionPosition position)
    {
        Refuse();
        Assert.True(_positions.ContainsKey(position.Partition), $"{position.Partition} is sought and not assigned");
        _positions[position.Partition] = Resolve(position);
    }

    public void Pause(IReadOnlyCollection<TopicPartition> partitions) => throw new NotSupportedException();

    public void Resume(IReadOnlyCollection<TopicPartition> partitions) => throw new NotSupportedException();

    public IReadOnlyDictionary<TopicPartition, long?> Committed(
        IReadOnlyCollection<TopicPartition> partitions, TimeSpan timeout) => throw new NotSupportedException();

    public (long Start, long End) Watermarks(TopicPartition partition, TimeSpan timeout)
    {
        Refuse();
        lock (kafka.Lock)
        {
            MemoryLog log = kafka.LogOf(partition);
            return (log.Start, log.End);
        }
    }

    public void Close(TimeSpan timeout)
    {
        if (_listener is not null && _positions.Count > 0)
        {
            Call(() => _listener.OnRevoked([.. _positions.Keys]));
        }

        Dispose();
    }

    public void Dispose()
    {
        _positions.Clear();
        if (groupId is not null)
        {
            lock (kafka.Lock)
            {
                Group.Leave(this);
            }
        }
    }

    private bool Read(int most, PollBatch into)
    {
        bool any = false;
        lock (kafka.Lock)
        {
            foreach (TopicPartition partition in _positions.Keys.ToArray())
            {
                MemoryLog log = kafka.LogOf(partition);
                int before = into.Records.Count;
                long next = log.Read(_positions[partition], most, into.Records);
                _positions[partition] = next;
                any |= into.Records.Count > before;
                if (next == log.End && _ended.Add(partition))
                {
                    into.Ends.Add(new PartitionPosition(partition, next));
                    any = true;
                }
                else if (next != log.End)
                {
                    _ended.Remove(partition);
                }
            }
        }

        return any;
    }

    private void Rebalance()
    {
        TopicPartition[] gone, revoked, added;
        lock (kafka.Lock)
        {
            bool isDead = !Group.IsMember(this);
            gone = isDead ? [.. _positions.Keys] : [];
            if (isDead)
            {
                Group.Join(this);
            }

            TopicPartition[] all = [.. Enumerable.Range(0, kafka.PartitionsOf(_topic!)).Select(index => new TopicPartition(_topic!, index))];
            TopicPartition[] target = Group.TargetOf(this, all);
            revoked = [.. _positions.Keys.Except(gone).Except(target)];
            added = [.. target.Where(partition => Group.IsFree(partition))];
            foreach (TopicPartition partition in added)
            {
                Group.Hold(partition, this);
            }
        }

        if (gone.Length > 0)
        {
            Call(() => _listener!.OnLost(gone));
            Array.ForEach(gone, partition => _positions.Remove(partition));
        }

        if (revoked.Length > 0)
        {
            Call(() => _listener!.OnRevoked(revoked));
            Array.ForEach(revoked, GiveUp);
        }

        if (added.Length > 0)
        {
            Call(() => Assign(_listener!.OnAssigned(added)));
        }
    }

    private void GiveUp(TopicPartition partition)
    {
        _positions.Remove(partition);
        lock (kafka.Lock)
        {
            if (Group.HeldBy(this).Contains(partition))
            {
                Group.GiveUp(partition);
            }
        }
    }

    private void Call(Action callback)
    {
        _isInCallback = true;
        try
        {
            callback();
        }
        finally
        {
            _isInCallback = false;
        }
    }

    /// <summary>The contract of <see cref="IRebalanceListener"/>: who is called back must not call the consumer.</summary>
    private void Refuse() => Assert.False(_isInCallback, "The consumer was called inside a rebalance callback");

    private long Resolve(PartitionPosition position)
    {
        lock (kafka.Lock)
        {
            MemoryLog log = kafka.LogOf(position.Partition);
            return position.Offset switch
            {
                PartitionPosition.Beginning => log.Start,
                PartitionPosition.End => log.End,
                _ => position.Offset,
            };
        }
    }
}
