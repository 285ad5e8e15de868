namespace Fabric.Kafka.Broker;

/// <summary>Logs to be flushed together, and how it went.</summary>
internal sealed class FlushBatch(IReadOnlyList<FlushItem> items)
{
    public IReadOnlyList<FlushItem> Items { get; } = items;

    /// <summary>Flushes every log, on whichever thread calls. What fails is kept with its item; the others are still flushed.</summary>
    public void Run()
    {
        if (Items.Count > 1)
        {
            // Else the disk would idle through each commit of the file system's journal; so it is mostly one for all.
            foreach (FlushItem item in Items)
            {
                item.State.Log.StartFlush();
            }
        }

        foreach (FlushItem item in Items)
        {
            try
            {
                item.EndOffset = item.State.Log.Flush();
            }
            catch (IOException exception)
            {
                item.Failure = exception;
            }
        }
    }
}

/// <summary>One log of a flush.</summary>
internal sealed class FlushItem(LogState state)
{
    public LogState State { get; } = state;

    /// <summary>Everything before it is durable once the flush has succeeded.</summary>
    public long EndOffset { get; set; }

    public IOException? Failure { get; set; }
}

/// <summary>Where flushes run: a thread of their own in production, the caller's in a simulation.</summary>
internal interface ILogFlusher : IDisposable
{
    /// <summary>Runs the batch, then posts it to <paramref name="completed"/>. One batch at a time.</summary>
    void Begin(FlushBatch batch, Action<FlushBatch> completed);
}

/// <summary>Flushes on the caller's thread, before <see cref="Begin"/> returns: for tests and simulations.</summary>
internal sealed class InlineLogFlusher : ILogFlusher
{
    public void Begin(FlushBatch batch, Action<FlushBatch> completed)
    {
        batch.Run();
        completed(batch);
    }

    public void Dispose()
    {
    }
}

/// <summary>Flushes on one thread of its own: fsync blocks, so it must not be a pool thread.</summary>
internal sealed class ThreadLogFlusher : ILogFlusher
{
    private readonly Thread _thread;
    private readonly AutoResetEvent _wake = new(false);
    private volatile Work? _next;
    private volatile bool _isStopping;

    public ThreadLogFlusher()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "kafka-fsync" };
        _thread.Start();
    }

    public void Begin(FlushBatch batch, Action<FlushBatch> completed)
    {
        _next = new Work(batch, completed);
        _wake.Set();
    }

    public void Dispose()
    {
        _isStopping = true;
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            if (_next is { } work)
            {
                _next = null;
                work.Batch.Run();
                work.Completed(work.Batch);
            }
            else if (_isStopping)
            {
                return; // looked at before waiting: the signal to stop may have been the one that brought the last work
            }
            else
            {
                _wake.WaitOne();
            }
        }
    }

    private sealed record Work(FlushBatch Batch, Action<FlushBatch> Completed);
}
