using System.Collections.Concurrent;
using Fabric.Kafka.Log;
using Microsoft.Extensions.Logging;

namespace Fabric.Kafka.Broker;

/// <summary>Where compaction reads and writes: a thread of its own in production, the loop in a simulation.</summary>
internal interface ILogCompactor : IDisposable
{
    /// <summary>Compacts the log if that is worth it. Called on the loop; what is cleaned is put in place on the loop.</summary>
    /// <param name="post">Queues an action for the loop.</param>
    void Consider(LogState state, long nowMs, Action<Action> post);
}

/// <summary>Compacts on the loop, before <see cref="Consider"/> returns: for tests and simulations.</summary>
internal sealed class InlineLogCompactor : ILogCompactor
{
    public void Consider(LogState state, long nowMs, Action<Action> post) => state.Log.Compact(nowMs);

    public void Dispose()
    {
    }
}

/// <summary>
/// Compacts on one thread, one log at a time, so that the loop never waits for it. Each cleaned group goes back to the loop, which
/// puts it in the place of its segments. Stopping leaves a job unfinished: the next start begins it anew.
/// </summary>
internal sealed partial class ThreadLogCompactor : ILogCompactor
{
    private readonly BlockingCollection<Work> _queue = [];
    private readonly Thread _thread;
    private readonly ILogger _log;
    private volatile bool _isStopping;

    public ThreadLogCompactor(ILogger log)
    {
        _log = log;
        _thread = new Thread(Run) { IsBackground = true, Name = "kafka-compaction", Priority = ThreadPriority.BelowNormal };
        _thread.Start();
    }

    // At most one job per log is under way, so that the queue is bounded by the number of compacted logs.
    public void Consider(LogState state, long nowMs, Action<Action> post)
    {
        if (state.Log.BeginCompaction(nowMs) is { } job)
        {
            _queue.Add(new Work(state, job, post));
        }
    }

    /// <summary>Stops after the group under way. The loop must still run.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _queue.CompleteAdding();
        _thread.Join();
        _queue.Dispose();
    }

    private void Run()
    {
        foreach (Work work in _queue.GetConsumingEnumerable())
        {
            using (work.Job)
            {
                Clean(work);
            }
        }
    }

    private void Clean(Work work)
    {
        try
        {
            while (!_isStopping && work.Job.CleanNext() is { } group && PutOnLoop(work, group))
            {
            }
        }
        catch (IOException exception)
        {
            LogFailed(_log, work.State.Name, exception);
        }

        OnLoop(work, () => true, () => work.State.Log.EndCompaction(work.Job));
    }

    private static bool PutOnLoop(Work work, CleanedGroup group)
    {
        bool goesOn = false;
        OnLoop(work, () => !work.State.IsClosed, () => goesOn = work.State.Log.PutCleaned(work.Job, group));
        return goesOn;
    }

    private static void OnLoop(Work work, Func<bool> isWanted, Action action)
    {
        using var done = new ManualResetEventSlim();
        IOException? failure = null;
        work.Post(() =>
        {
            try
            {
                if (isWanted())
                {
                    action();
                }
            }
            catch (IOException exception)
            {
                failure = exception;
            }
            finally
            {
                done.Set();
            }
        });
        done.Wait();
        if (failure is not null)
        {
            throw failure;
        }
    }

    private sealed record Work(LogState State, CompactionJob Job, Action<Action> Post);

    [LoggerMessage(161, LogLevel.Error, "Compaction of {Name} failed; nothing is lost, the next check tries again")]
    private static partial void LogFailed(ILogger log, string name, Exception exception);
}
