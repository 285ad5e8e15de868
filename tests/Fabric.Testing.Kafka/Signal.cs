namespace Fabric.Testing.Kafka;

/// <summary>Wakes who waits for something that happens on other threads; nobody sleeps.</summary>
public sealed class Signal
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);

    private readonly Lock _lock = new();
    private TaskCompletionSource _next = New();

    public void Pulse()
    {
        TaskCompletionSource fired;
        lock (_lock)
        {
            fired = _next;
            _next = New();
        }

        fired.TrySetResult();
    }

    /// <summary>Looks after each pulse whether the condition holds.</summary>
    public async Task WaitUntilAsync(Func<Task<bool>> holds, Func<string> otherwise)
    {
        long startedAt = TimeProvider.System.GetTimestamp();
        while (true)
        {
            Task next;
            lock (_lock)
            {
                next = _next.Task;
            }

            if (await holds())
            {
                return;
            }

            TimeSpan left = Bound - TimeProvider.System.GetElapsedTime(startedAt);
            try
            {
                await next.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.FromTicks(1));
            }
            catch (TimeoutException)
            {
                Assert.Fail($"Not within {Bound.TotalSeconds} s: {otherwise()}");
            }
        }
    }

    public Task WaitUntilAsync(Func<bool> holds, Func<string> otherwise) =>
        WaitUntilAsync(() => Task.FromResult(holds()), otherwise);

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
