using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Broker;

/// <summary>
/// Group commit. Logs that were appended to are flushed together, one flush at a time; what is appended meanwhile goes with the
/// next. Under <see cref="FsyncPolicy.Always"/> the high watermark follows the flush, else the append.
/// </summary>
/// <remarks>
/// Invariant: an action given to <see cref="WhenDurable"/> hears None only if its bytes are below the log's durable offset.
/// Runs on the loop.
/// </remarks>
internal sealed class Durability(
    FsyncPolicy policy, ILogFlusher flusher, Action<FlushBatch> postCompletion, BrokerMetrics metrics, TimeProvider clock,
    Action<TimeSpan, Action> scheduleAfter)
{
    private static readonly TimeSpan RepairEvery = TimeSpan.FromSeconds(1);

    private readonly Queue<ReadyAction> _ready = new();
    private readonly List<LogState> _dirty = [];
    private readonly List<LogState> _failed = [];
    private List<LogState> _woken = [];
    private long _flushStarted;

    /// <summary>A flush is under way; its completion comes through the queue of the loop.</summary>
    public bool IsFlushing { get; private set; }

    /// <summary>Something was appended that no flush covers yet.</summary>
    public bool IsDirty => _dirty.Count > 0;

    public void WhenDurable(LogState state, long endOffset, Action<ErrorCode> then)
    {
        if (state.IsClosed)
        {
            _ready.Enqueue(new ReadyAction(then, ErrorCode.UnknownTopicOrPartition));
        }
        else if (state.Log.HasFailed && state.Log.DurableOffset < endOffset)
        {
            // It will be cut off. Waiting would end well as soon as other bytes stand at those offsets.
            _ready.Enqueue(new ReadyAction(then, ErrorCode.KafkaStorageError));
        }
        else
        {
            state.WhenDurable(endOffset, then);
            state.TakeDurable(state.Log.DurableOffset, _ready);
        }
    }

    /// <summary>The log was appended to, or its stable offset moved.</summary>
    public void Advanced(LogState state)
    {
        if (state.IsClosed)
        {
            return;
        }

        if (!state.IsDirty && state.Log.DurableOffset < state.Log.EndOffset)
        {
            state.IsDirty = true;
            _dirty.Add(state);
        }

        if (policy != FsyncPolicy.Always)
        {
            MarkDurable(state, state.Log.EndOffset);
        }

        Wake(state);
    }

    /// <summary>Tells the log's watchers at the end of this step.</summary>
    public void Wake(LogState state)
    {
        if (!state.IsWoken && state.Watchers.Count > 0)
        {
            state.IsWoken = true;
            _woken.Add(state);
        }
    }

    public void Close(LogState state)
    {
        Wake(state);
        state.Close(_ready);
    }

    /// <summary>Runs what became due; returns whether there was anything.</summary>
    public bool RunReady()
    {
        bool any = _ready.Count > 0;
        while (_ready.TryDequeue(out ReadyAction action))
        {
            action.Then(action.Error);
        }

        return any;
    }

    /// <summary>Tells the watchers of logs that moved; returns whether there were any.</summary>
    public bool NotifyWatchers()
    {
        if (_woken.Count == 0)
        {
            return false;
        }

        List<LogState> woken = _woken;
        _woken = [];
        foreach (LogState state in woken)
        {
            state.IsWoken = false;
            foreach (ILogWatcher watcher in state.Watchers.ToArray())
            {
                watcher.LogMoved();
            }
        }

        return true;
    }

    /// <summary>Begins a flush of everything appended so far, unless one is under way or nothing was appended.</summary>
    public void BeginFlush()
    {
        if (IsFlushing || _dirty.Count == 0)
        {
            return;
        }

        var items = new List<FlushItem>(_dirty.Count);
        foreach (LogState state in _dirty)
        {
            state.IsDirty = false;
            if (!state.IsClosed)
            {
                items.Add(new FlushItem(state));
            }
        }

        _dirty.Clear();
        IsFlushing = true;
        _flushStarted = clock.GetTimestamp();
        flusher.Begin(new FlushBatch(items), postCompletion);
    }

    /// <summary>A flush has ended, well or not.</summary>
    public void Complete(FlushBatch batch)
    {
        IsFlushing = false;
        metrics.Flushed(clock.GetElapsedTime(_flushStarted));
        foreach (FlushItem item in batch.Items)
        {
            if (item.State.IsClosed)
            {
                continue;
            }

            if (item.Failure is not null)
            {
                Fail(item.State);
            }
            else
            {
                MarkDurable(item.State, item.EndOffset);
            }
        }
    }

    private void MarkDurable(LogState state, long endOffset)
    {
        state.Log.MarkDurable(endOffset);
        state.TakeDurable(state.Log.DurableOffset, _ready);
        Wake(state);
    }

    private void Fail(LogState state)
    {
        metrics.StorageFailed();
        state.FailWaiters(ErrorCode.KafkaStorageError, _ready);
        _failed.Add(state);
        Repair();
    }

    /// <summary>Cuts logs whose flush failed back to what is durable, so that they take appends again, as soon as the disk lets it.</summary>
    private void Repair()
    {
        _failed.RemoveAll(state => state.IsClosed || state.Log.CutToDurable());
        if (_failed.Count > 0)
        {
            scheduleAfter(RepairEvery, Repair);
        }
    }
}
