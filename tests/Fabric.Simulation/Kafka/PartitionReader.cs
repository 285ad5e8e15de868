using Fabric.Core;
using Fabric.Kafka.Clients;
using Fabric.Kafka.Protocol;

namespace Fabric.Simulation.Kafka;

/// <summary>Positions of a consumer, the fetch that is under way, and what was read ahead and not delivered.</summary>
internal sealed class PartitionReader(BrokerLink link)
{
    /// <summary>A position still to be asked for: the group's committed offset.</summary>
    public const long AtCommitted = -1001;

    private const int FetchBytesMax = 1 << 20;
    private const int FetchWaitMs = 500;

    /// <summary>Events held at most before no more is read ahead.</summary>
    private const int AheadMax = 5_000;

    private readonly SortedDictionary<TopicPartition, State> _states = [];
    private readonly Queue<Event> _ahead = new();
    private Pending? _fetch;
    private Dictionary<TopicPartition, (long Offset, int Version)> _asked = [];
    private int _version;

    private sealed class State
    {
        /// <summary>Next to be delivered; negative while it is not known.</summary>
        public required long Delivered { get; set; }

        /// <summary>Next to be fetched.</summary>
        public long Fetched { get; set; }

        /// <summary>Changes with every move of the position: what was asked for before it is dropped.</summary>
        public required int Version { get; set; }

        public bool IsPaused { get; set; }

        public long ToldEnd { get; set; } = -1;

        public long StableEnd { get; set; } = -1;
    }

    private readonly record struct Event(TopicPartition Partition, int Version, ConsumedRecord? Record, long Next);

    public IEnumerable<TopicPartition> Partitions => _states.Keys;

    /// <summary>Partitions whose position must be asked for, with the name of what to ask.</summary>
    public List<PartitionPosition> Unpositioned =>
        [.. _states.Where(state => state.Value.Delivered < 0).Select(state => new PartitionPosition(state.Key, state.Value.Delivered))];

    public void Add(IReadOnlyCollection<PartitionPosition> positions)
    {
        foreach (PartitionPosition position in positions)
        {
            _states[position.Partition] =
                new State { Delivered = position.Offset, Fetched = position.Offset, Version = ++_version };
        }
    }

    public void Remove(IReadOnlyCollection<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            _states.Remove(partition);
        }
    }

    public void Clear()
    {
        _states.Clear();
        _ahead.Clear();
    }

    public void Position(List<PartitionPosition> found)
    {
        foreach (PartitionPosition position in found)
        {
            if (_states.TryGetValue(position.Partition, out State? state))
            {
                (state.Delivered, state.Fetched, state.Version) = (position.Offset, position.Offset, ++_version);
            }
        }
    }

    public void Seek(PartitionPosition position)
    {
        State state = _states.TryGetValue(position.Partition, out State? found)
            ? found : throw new InvalidOperationException($"{position.Partition} is sought and not assigned");
        (state.Delivered, state.Fetched, state.Version, state.ToldEnd) = (position.Offset, position.Offset, ++_version, -1);
    }

    public void Pause(IReadOnlyCollection<TopicPartition> partitions, bool isPaused)
    {
        foreach (TopicPartition partition in partitions)
        {
            if (_states.TryGetValue(partition, out State? state))
            {
                (state.IsPaused, state.Fetched, state.Version) = (isPaused, state.Delivered, ++_version);
            }
        }
    }

    public long KnownEnd(TopicPartition partition) => _states.TryGetValue(partition, out State? state) ? state.StableEnd : -1;

    /// <summary>Delivers what was read ahead; false when there is nothing.</summary>
    public bool Take(int maxEvents, PollBatch into)
    {
        Collect();
        int taken = 0;
        while (taken < maxEvents && _ahead.TryDequeue(out Event next))
        {
            if (!_states.TryGetValue(next.Partition, out State? state) || state.Version != next.Version)
            {
                continue;
            }

            taken++;
            if (next.Record is { } record)
            {
                into.Records.Add(record);
                state.Delivered = next.Next;
            }
            else
            {
                into.Ends.Add(new PartitionPosition(next.Partition, next.Next));
                state.Delivered = next.Next;
            }
        }

        return taken > 0;
    }

    /// <summary>The fetch that brings more; null when nothing is wanted.</summary>
    public Pending? Fetch()
    {
        if (_fetch is null && _ahead.Count < AheadMax)
        {
            _asked = _states.Where(state => state.Value is { IsPaused: false, Fetched: >= 0 })
                .ToDictionary(state => state.Key, state => (state.Value.Fetched, state.Value.Version));
            _fetch = _asked.Count > 0 ? link.Post(ApiKey.Fetch, WriteFetch) : null;
        }

        return _fetch;
    }

    private void Collect()
    {
        if (_fetch is not { IsDone: true } done)
        {
            return;
        }

        _fetch = null;
        if (done.Answer is { } answer)
        {
            foreach (FetchedPartition fetched in BrokerLink.Read(ApiKey.Fetch, answer, FetchedPartition.ReadAll))
            {
                Add(fetched);
            }
        }
    }

    private void Add(FetchedPartition fetched)
    {
        if (!_states.TryGetValue(fetched.Partition, out State? state)
            || !_asked.TryGetValue(fetched.Partition, out (long Offset, int Version) asked) || state.Version != asked.Version)
        {
            return;
        }

        if (fetched.Error == ErrorCode.OffsetOutOfRange)
        {
            link.Simulator.Trace.Add("offset-out-of-range", $"{fetched.Partition} {asked.Offset}");
            Seek(new PartitionPosition(fetched.Partition, PartitionPosition.Beginning));
            return;
        }

        if (fetched.Error != ErrorCode.None)
        {
            link.Simulator.Trace.Add("fetch-error", $"{fetched.Partition} {fetched.Error}");
            return;
        }

        state.StableEnd = fetched.StableEnd;
        foreach (ConsumedRecord record in fetched.Visible(asked.Offset))
        {
            _ahead.Enqueue(new Event(fetched.Partition, state.Version, record, record.Offset + 1));
            state.ToldEnd = -1;
        }

        state.Fetched = fetched.NextOffset(asked.Offset);
        if (state.Fetched >= fetched.StableEnd && state.ToldEnd != state.Fetched)
        {
            state.ToldEnd = state.Fetched;
            _ahead.Enqueue(new Event(fetched.Partition, state.Version, null, state.Fetched));
        }
    }

    private void WriteFetch(KafkaWriter body)
    {
        body.WriteInt32(-1);
        body.WriteInt32(FetchWaitMs);
        body.WriteInt32(1);
        body.WriteInt32(FetchBytesMax);
        body.WriteInt8(1);
        body.WriteInt32(0);
        body.WriteInt32(-1);
        IGrouping<string, TopicPartition>[] topics = [.. _asked.Keys.GroupBy(partition => partition.Topic)];
        body.WriteArrayLength(topics.Length);
        foreach (IGrouping<string, TopicPartition> topic in topics)
        {
            body.WriteString(topic.Key);
            body.WriteArrayLength(topic.Count());
            foreach (TopicPartition partition in topic)
            {
                body.WriteInt32(partition.Partition);
                body.WriteInt32(-1);
                body.WriteInt64(_asked[partition].Offset);
                body.WriteInt64(-1);
                body.WriteInt32(FetchBytesMax);
            }
        }

        body.WriteArrayLength(0);
        body.WriteString("");
    }
}
