namespace Fabric.Core;

/// <summary>
/// The door to threads of one's own, and to waiting on them: loops over librdkafka and DuckDB block, so each needs one. A
/// simulation runs the same loops one at a time, in an order drawn from its seed.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public interface IThreads
{
    /// <summary>Runs the body on a thread of its own, which does not keep the process alive.</summary>
    /// <param name="name">For debuggers and dumps.</param>
    /// <returns>Ends when the body does; fails with what it threw.</returns>
    Task Run(string name, Action body);

    /// <summary>Blocks the calling thread until the time is over or somebody says stop, whichever comes first.</summary>
    void Wait(TimeSpan time, CancellationToken stop);

    /// <summary>Blocks the calling thread until the task has ended; throws what it failed with.</summary>
    void Join(Task task);

    /// <summary>A thread that does one piece of work after another for somebody who awaits each. The caller disposes it.</summary>
    /// <param name="name">For debuggers and dumps.</param>
    IWorkThread OpenWorkThread(string name);
}

/// <summary>A thread that waits for work. One piece at a time: the caller awaits it before the next, and before disposing.</summary>
public interface IWorkThread : IDisposable
{
    /// <summary>Runs it over there; what it throws comes out of the task.</summary>
    Task<T> RunAsync<T>(Func<T> work);
}

/// <summary>The operating system's threads, which wait by the given clock.</summary>
public sealed class SystemThreads(TimeProvider clock) : IThreads
{
    public Task Run(string name, Action body)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Run(body, ended)) { IsBackground = true, Name = name }.Start();
        return ended.Task;
    }

    public void Wait(TimeSpan time, CancellationToken stop)
    {
        using var over = new ManualResetEventSlim();
        using ITimer timer = clock.CreateTimer(_ => over.Set(), null, time, Timeout.InfiniteTimeSpan);
        WaitHandle.WaitAny([over.WaitHandle, stop.WaitHandle]);
    }

    public void Join(Task task) => task.GetAwaiter().GetResult();

    public IWorkThread OpenWorkThread(string name) => new SystemWorkThread(name);

    private static void Run(Action body, TaskCompletionSource ended)
    {
        try
        {
            body();
            ended.SetResult();
        }
#pragma warning disable CA1031 // whoever started the thread hears of it through the task
        catch (Exception failed)
#pragma warning restore CA1031
        {
            ended.SetException(failed);
        }
    }
}
