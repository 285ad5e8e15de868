namespace Fabric.Kafka.Broker;

/// <summary>One action due at one time; cancelling forgets it.</summary>
internal sealed class ScheduledAction(Action action, TimerQueue owner)
{
    private Action? _action = action;

    public bool IsCancelled => _action is null;

    public void Cancel()
    {
        if (_action is not null)
        {
            _action = null;
            owner.CountCancelled();
        }
    }

    internal void Fire()
    {
        Action? action = _action;
        _action = null;
        action?.Invoke();
    }
}

/// <summary>
/// What the loop has to do later, in order of time, and in order of scheduling where times are equal. Cancelled entries are
/// swept out when they are the greater part, so that long waits that end early cost no memory.
/// </summary>
internal sealed class TimerQueue
{
    private const int SweepFrom = 1024;

    private readonly PriorityQueue<ScheduledAction, (long DueMs, long Order)> _queue = new();
    private long _order;
    private int _cancelled;

    /// <summary>When the next action is due, in milliseconds of Unix time; null when there is none.</summary>
    public long? NextDueMs
    {
        get
        {
            while (_queue.TryPeek(out ScheduledAction? next, out (long DueMs, long Order) at))
            {
                if (!next.IsCancelled)
                {
                    return at.DueMs;
                }

                _queue.Dequeue();
                _cancelled--;
            }

            return null;
        }
    }

    /// <summary>Entries held, cancelled ones included.</summary>
    public int Count => _queue.Count;

    public ScheduledAction Schedule(long dueMs, Action action)
    {
        var scheduled = new ScheduledAction(action, this);
        _queue.Enqueue(scheduled, (dueMs, _order++));
        return scheduled;
    }

    /// <summary>Takes the next action that is due; what is scheduled meanwhile for now or earlier comes after it.</summary>
    public bool TryTakeDue(long nowMs, out ScheduledAction action)
    {
        if (NextDueMs <= nowMs)
        {
            action = _queue.Dequeue();
            return true;
        }

        action = null!;
        return false;
    }

    internal void CountCancelled()
    {
        _cancelled++;
        if (_queue.Count < SweepFrom || _cancelled * 2 < _queue.Count)
        {
            return;
        }

        List<(ScheduledAction, (long, long))> alive =
            [.. _queue.UnorderedItems.Where(item => !item.Element.IsCancelled)];
        _queue.Clear();
        _queue.EnqueueRange(alive);
        _cancelled = 0;
    }
}
