using Fabric.Core;

namespace Fabric.Simulation.Scheduling;

/// <summary>
/// A process of the simulated world: threads, a clock, and doors that close when it is killed. What is killed gets its turn once
/// more with every door shut, so that its threads end; nothing it does then reaches the world.
/// </summary>
internal sealed class SimulatedProcess : IThreads, IDisposable
{
    private readonly List<Fiber> _fibers = [];
    private readonly List<Fiber> _deferred = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly SimulatedClock _clock;
    private bool _isPaused;

    public SimulatedProcess(Simulator simulator, string name)
    {
        Simulator = simulator;
        Name = name;
        _clock = new SimulatedClock(this);
        Random = new Random(simulator.Random.Next());
    }

    public Simulator Simulator { get; }

    public string Name { get; }

    public TimeProvider Clock => _clock;

    /// <summary>Chance of the product's own (jitter).</summary>
    public Random Random { get; }

    /// <summary>Cancelled when the process is told to stop, or killed.</summary>
    public CancellationToken Stopping => _stop.Token;

    public bool IsAlive { get; private set; } = true;

    /// <summary>Called when the process is killed: connections break then.</summary>
    public event Action? Killed;

    /// <summary>No fiber runs or waits.</summary>
    public bool IsIdle => _fibers.TrueForAll(fiber => fiber.IsEnded);

    /// <summary>What waits for the task goes on within the fiber that ends: no thread of the pool has a part in it.</summary>
    public Task Run(string name, Action body)
    {
        var ended = new TaskCompletionSource();
        Start(name, () =>
        {
            try
            {
                body();
            }
#pragma warning disable CA1031 // whoever started it hears of it through the task
            catch (Exception failed)
#pragma warning restore CA1031
            {
                ended.SetException(failed);
                return;
            }

            ended.SetResult();
        });
        return ended.Task;
    }

    public void Start(string name, Action body)
    {
        if (!IsAlive)
        {
            return;
        }

        var fiber = new Fiber(this, $"{Name}/{name}", body);
        _fibers.RemoveAll(each => each.IsEnded);
        _fibers.Add(fiber);
        Simulator.Schedule(TimeSpan.Zero, () =>
        {
            if (IsAlive)
            {
                fiber.Resume();
            }
        });
    }

    public void Wait(TimeSpan time, CancellationToken stop)
    {
        ThrowIfDead(); // a loop that tries again after every failure ends here
        if (stop.IsCancellationRequested)
        {
            return;
        }

        Fiber fiber = Simulator.Current!;
        using CancellationTokenRegistration registration = stop.Register(fiber.Waker(isNext: true));
        fiber.Park(time);
    }

    public void Join(Task task)
    {
        while (!task.IsCompleted)
        {
            ThrowIfDead();
            Fiber fiber = Simulator.Current!;
            Action wake = fiber.Waker(isNext: true);
            task.ContinueWith(
                _ => wake(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            fiber.Park(null);
        }

        task.GetAwaiter().GetResult();
    }

    /// <summary>Work is done where it is asked for, as one step: who asks waits for it anyway.</summary>
    public IWorkThread OpenWorkThread(string name) => new Inline();

    /// <summary>Asks to stop in order.</summary>
    public void Stop() => Start("stop", () => _stop.Cancel());

    /// <summary>Stands still for a time while the world goes on: a page that was swapped out, a virtual machine that moved.</summary>
    public void Pause(TimeSpan time)
    {
        _isPaused = true;
        Simulator.Schedule(time, () =>
        {
            _isPaused = false;
            Fiber[] deferred = [.. _deferred];
            _deferred.Clear();
            foreach (Fiber fiber in deferred)
            {
                if (IsAlive && !fiber.IsEnded)
                {
                    fiber.Resume();
                }
            }
        });
    }

    /// <summary>Ends at once. On the driver only.</summary>
    public void Kill()
    {
        // What waits for the token goes on within Cancel, not on a thread of the pool.
        SynchronizationContext.SetSynchronizationContext(null);
        if (!IsAlive)
        {
            return;
        }

        IsAlive = false;
        _deferred.Clear();
        _clock.StopTimers();
        Killed?.Invoke();
        _stop.Cancel();
        foreach (Fiber fiber in _fibers.ToArray())
        {
            if (fiber.Thread is not null)
            {
                fiber.Unwind();
            }
        }
    }

    public void StopTimers() => _clock.StopTimers();

    public void ThrowIfDead()
    {
        if (!IsAlive)
        {
            throw new Fabric.Kafka.KafkaException("PROCESS_KILLED", "The process was killed");
        }
    }

    public void Dispose()
    {
        Kill();
        _stop.Dispose();
    }

    internal bool DeferWhilePaused(Fiber fiber)
    {
        if (_isPaused && !_deferred.Contains(fiber))
        {
            _deferred.Add(fiber);
        }

        return _isPaused;
    }

    private sealed class Inline : IWorkThread
    {
        public Task<T> RunAsync<T>(Func<T> work)
        {
            try
            {
                return Task.FromResult(work());
            }
#pragma warning disable CA1031 // the exception goes to whoever awaits
            catch (Exception exception)
#pragma warning restore CA1031
            {
                return Task.FromException<T>(exception);
            }
        }

        public void Dispose()
        {
        }
    }
}
