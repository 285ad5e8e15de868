using Fabric.Core.Health;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Runtime;

/// <summary>
/// The long-running parts of a process. Each looks after its own recovery; one that ends with an exception is reported, and the
/// others go on. Stopped in the reverse order of starting, so that what feeds stops before what is fed.
/// </summary>
internal sealed class ComponentSet(StatusBoard status, ILogger log)
{
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(30);

    private readonly Stack<(string Name, CancellationTokenSource Stop, Task Running)> _running = new();
    private readonly TaskCompletionSource<Exception> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the first failure that a component does not recover from.</summary>
    public Task<Exception> WhenFailed => _failed.Task;

    public void Run(string name, Func<CancellationToken, Task> run)
    {
        var stop = new CancellationTokenSource();
        _running.Push((name, stop, WatchAsync(name, run, stop.Token)));
    }

    public async Task StopAsync()
    {
        while (_running.TryPop(out (string Name, CancellationTokenSource Stop, Task Running) component))
        {
            await component.Stop.CancelAsync().ConfigureAwait(false);
            await component.Running.WaitAsync(StopMax).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            component.Stop.Dispose();
        }
    }

    private async Task WatchAsync(string name, Func<CancellationToken, Task> run, CancellationToken stopping)
    {
        try
        {
            await run(stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            status.Report(name, HealthState.Stopped, "stopped in order");
        }
#pragma warning disable CA1031 // the last line of defence: a component's bug must be seen and must not take the others along
        catch (Exception exception)
#pragma warning restore CA1031
        {
            HostLog.ComponentFailed(log, name, exception);
            status.Report(name, HealthState.Failed, exception.Message, "mend the cause and start the process again");
            _failed.TrySetResult(exception);
        }
    }
}
