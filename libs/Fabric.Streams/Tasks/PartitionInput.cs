using Fabric.Core;
using Fabric.Kafka.Clients;
using Fabric.Streams.Graph;

namespace Fabric.Streams.Tasks;

/// <summary>What a task has read from one partition and not processed yet, and how far it got.</summary>
internal sealed class PartitionInput(TopicPartition partition, ISourceReader reader, bool isTable)
{
    private readonly Queue<ConsumedRecord> _queue = new();
    private long _firstTaken = long.MaxValue;

    public TopicPartition Partition { get; } = partition;

    public ISourceReader Reader { get; } = reader;

    /// <summary>Read to its end before the streams of the task start.</summary>
    public bool IsTable { get; } = isTable;

    /// <summary>Offset of the next record to process; -1 before the first. What a commit stores.</summary>
    public long NextOffset { get; private set; } = -1;

    /// <summary>The log's end was reached and nothing is queued.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Whether the end was reached at least once since the task started.</summary>
    public bool HasReachedEnd { get; private set; }

    public bool IsPaused { get; set; }

    public int Count => _queue.Count;

    /// <summary>Records that came again though they were processed: librdkafka can rewind. They are dropped.</summary>
    public long Rewound { get; private set; }

    /// <summary>What a commit stores when nothing was processed yet and nothing ever committed: the log's start.</summary>
    public long LogStart { get; private set; }

    /// <summary>Where the task begins.</summary>
    /// <param name="nextOffset">-1 when nothing was ever committed: whatever comes first.</param>
    /// <param name="mustComeBy">See <see cref="MustComeBy"/>.</param>
    public void StartAt(long nextOffset, long logStart, long mustComeBy = long.MaxValue)
    {
        NextOffset = nextOffset;
        LogStart = logStart;
        MustComeBy = mustComeBy;
    }

    /// <summary>The earliest offset that was delivered and is not committed; <see cref="long.MaxValue"/> when there is none.</summary>
    public long FirstUncommitted =>
        Math.Min(_firstTaken, _queue.TryPeek(out ConsumedRecord first) ? first.Offset : long.MaxValue);

    /// <summary>
    /// After starting over: an offset that was read before, so that the first record to come must not lie after it. If it
    /// does, the consumer did not go back, and records would be lost.
    /// </summary>
    public long MustComeBy { get; private set; } = long.MaxValue;

    /// <exception cref="StreamsException">Code <c>SEEK_LOST</c>.</exception>
    public void Add(in ConsumedRecord record)
    {
        if (record.Offset < NextOffset || (_queue.Count > 0 && record.Offset <= LastQueued))
        {
            Rewound++;
            return;
        }

        if (record.Offset > MustComeBy)
        {
            throw new StreamsException(
                "SEEK_LOST", $"The consumer went on at {record.Offset} instead of going back to {MustComeBy} or before",
                Partition.ToString(), isRetriable: true);
        }

        MustComeBy = long.MaxValue;
        LastQueued = record.Offset;
        IsAtEnd = false;
        _queue.Enqueue(record);
    }

    private long LastQueued { get; set; } = -1;

    /// <summary>The consumer saw the end of the log, with this offset next.</summary>
    public void ReachEnd()
    {
        HasReachedEnd |= _queue.Count == 0;
        IsAtEnd = true;
    }

    public long HeadTimestampMs => _queue.Peek().TimestampMs;

    public ConsumedRecord Take()
    {
        ConsumedRecord record = _queue.Dequeue();
        _firstTaken = Math.Min(_firstTaken, record.Offset);
        return record;
    }

    /// <summary>The record taken last is done.</summary>
    public void Advance(long offset)
    {
        NextOffset = offset + 1;
        HasReachedEnd |= IsAtEnd && _queue.Count == 0;
    }

    /// <summary>What was processed is committed.</summary>
    public void Committed() => _firstTaken = long.MaxValue;
}
