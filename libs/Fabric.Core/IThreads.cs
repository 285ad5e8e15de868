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
