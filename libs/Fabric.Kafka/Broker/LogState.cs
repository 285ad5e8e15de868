using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Broker;

/// <summary>Somebody who wants to know when a log has more to read, or is gone.</summary>
internal interface ILogWatcher
{
    /// <summary>Called on the loop at the end of a step in which the log moved or was closed. May be called more than once.</summary>
    void LogMoved();
}

/// <summary>One open log with what waits for it. Only the loop touches it, but for <see cref="PartitionLog.Flush"/>.</summary>
internal sealed class LogState(string name, PartitionLog log)
{
    private readonly Queue<DurableWaiter> _waiters = new();

    /// <summary>For messages: <c>topic-partition</c>, or the name of an internal log.</summary>
    public string Name { get; } = name;

    public PartitionLog Log { get; } = log;

    /// <summary>Appended to since the last flush began.</summary>
    public bool IsDirty { get; set; }

    /// <summary>Its watchers are told at the end of this step.</summary>
    public bool IsWoken { get; set; }

    /// <summary>The topic was deleted: nothing is appended or read any more.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Who waits for more to read.</summary>
    public HashSet<ILogWatcher> Watchers { get; } = [];

    /// <summary>Queues the action until everything before the offset is durable. Offsets come in ascending order, as appends do.</summary>
    public void WhenDurable(long endOffset, Action<ErrorCode> then) => _waiters.Enqueue(new DurableWaiter(endOffset, then));

    /// <summary>Moves those whose time has come to <paramref name="ready"/>.</summary>
    public void TakeDurable(long durableOffset, Queue<ReadyAction> ready)
    {
        while (_waiters.TryPeek(out DurableWaiter waiter) && waiter.EndOffset <= durableOffset)
        {
            _waiters.Dequeue();
            ready.Enqueue(new ReadyAction(waiter.Then, ErrorCode.None));
        }
    }

    /// <summary>What waits can never become durable.</summary>
    public void FailWaiters(ErrorCode error, Queue<ReadyAction> ready)
    {
        while (_waiters.TryDequeue(out DurableWaiter waiter))
        {
            ready.Enqueue(new ReadyAction(waiter.Then, error));
        }
    }

    public void Close(Queue<ReadyAction> ready)
    {
        IsClosed = true;
        FailWaiters(ErrorCode.UnknownTopicOrPartition, ready);
    }

    private readonly record struct DurableWaiter(long EndOffset, Action<ErrorCode> Then);
}

/// <summary>An action whose time has come, run later in the same step.</summary>
internal readonly record struct ReadyAction(Action<ErrorCode> Then, ErrorCode Error);
