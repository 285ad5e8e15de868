using System.Collections.Concurrent;

namespace Fabric.Lakehouse.Sink;

/// <summary>
/// The thread on which DuckDB writes the files of one sink. Never one of the pool's, as a file takes seconds; and always the same one:
/// DuckDB's allocator keeps what was freed by thread, and on a new one every page would be touched for the first time.
/// </summary>
/// <remarks>One piece of work at a time: the caller awaits it before the next. Dispose it after that.</remarks>
internal sealed class WriterThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = new(boundedCapacity: 1);
    private readonly Thread _thread;

    public WriterThread(string name)
    {
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Runs it over there; what it throws comes out of the task.</summary>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(work());
            }
#pragma warning disable CA1031 // the exception goes to whoever awaits
            catch (Exception exception)
#pragma warning restore CA1031
            {
                done.SetException(exception);
            }
        });
        return done.Task;
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private void Run()
    {
        foreach (Action work in _work.GetConsumingEnumerable())
        {
            work();
        }
    }
}
