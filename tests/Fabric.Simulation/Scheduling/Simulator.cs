namespace Fabric.Simulation.Scheduling;

/// <summary>
/// One world with one clock and one source of chance. What happens is a row of events; between two events time stands still.
/// Code that blocks runs on fibers: threads of which at most one runs at any moment, each until it waits. Same seed, same
/// events, same <see cref="Trace"/>.
/// </summary>
/// <remarks>
/// Whoever calls <see cref="RunUntil"/> is the driver. Everything else runs either on it (events) or on the one fiber it has
/// handed the turn to, so that nothing here needs a lock.
/// </remarks>
internal sealed class Simulator : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 3, 4, 5, 0, 0, TimeSpan.Zero);

    /// <summary>Real time: who holds the turn so long waits for something outside this world.</summary>
    private static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(60);

    private readonly PriorityQueue<Action, (long Ticks, long Number)> _events = new();
    private readonly SemaphoreSlim _driver = new(0);
    private readonly Stack<FiberThread> _idle = new();
    private readonly List<FiberThread> _threads = [];
    private long _number;

    public Simulator(int seed)
    {
        Random = new Random(seed);
        Trace = new Trace(() => Elapsed);
    }

    public Random Random { get; }

    public Trace Trace { get; }

    /// <summary>UTC ticks.</summary>
    public long NowTicks { get; private set; } = Start.UtcTicks;

    public DateTimeOffset Now => new(NowTicks, TimeSpan.Zero);

    public TimeSpan Elapsed => TimeSpan.FromTicks(NowTicks - Start.UtcTicks);

    public long Events { get; private set; }

    /// <summary>What went wrong with the simulation or in the product where nothing catches it: the run ends with it.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>The fiber that has the turn; null while an event runs.</summary>
    public Fiber? Current { get; private set; }

    public void Schedule(TimeSpan delay, Action action) =>
        _events.Enqueue(action, (NowTicks + Math.Max(0, delay.Ticks), _number++));

    public bool Chance(double probability) => Random.NextDouble() < probability;

    /// <summary>A time between the two, drawn evenly.</summary>
    public TimeSpan Between(double fromMs, double toMs) =>
        TimeSpan.FromTicks((long)((fromMs + (Random.NextDouble() * (toMs - fromMs))) * TimeSpan.TicksPerMillisecond));

    /// <summary>Lets events happen until the condition holds after one; false when the time is over first.</summary>
    public bool RunUntil(Func<bool> holds, TimeSpan within)
    {
        long endTicks = NowTicks + within.Ticks;
        while (!holds())
        {
            if (Failure is not null)
            {
                throw new InvalidOperationException($"The simulation failed after {Elapsed}", Failure);
            }

            if (!_events.TryPeek(out Action? action, out (long Ticks, long Number) at) || at.Ticks > endTicks)
            {
                NowTicks = endTicks;
                return false;
            }

            _events.Dequeue();
            NowTicks = at.Ticks;
            Events++;
            action();
        }

        return true;
    }

    public void Run(TimeSpan time) => RunUntil(() => false, time);

    public void Fail(Exception failure) => Failure ??= failure;

    /// <summary>Lets a fiber run until it waits or ends. On the driver only.</summary>
    internal void Resume(Fiber fiber)
    {
        Fiber? before = Current;
        Current = fiber;
        fiber.Thread ??= _idle.TryPop(out FiberThread? idle) ? idle : NewThread();
        fiber.Thread.Continue(fiber);
        if (!_driver.Wait(StuckAfter))
        {
            throw new InvalidOperationException($"'{fiber.Name}' blocks and does not give the turn back after {Elapsed}");
        }

        Current = before;
        if (fiber.IsEnded && fiber.Thread is { } thread)
        {
            fiber.Thread = null;
            _idle.Push(thread);
        }
    }

    /// <summary>Gives the turn back to the driver; returns when the fiber is resumed. On the fiber's behalf only.</summary>
    internal void Yield(Fiber fiber)
    {
        FiberThread thread = fiber.Thread!;
        if (!thread.IsCurrent)
        {
            var failure = new InvalidOperationException($"A thread outside the simulation waits on behalf of '{fiber.Name}'");
            Fail(failure);
            throw failure;
        }

        _driver.Release();
        thread.WaitForTurn();
    }

    internal void Ended() => _driver.Release();

    public void Dispose()
    {
        _threads.ForEach(thread => thread.Stop());
        _driver.Dispose();
    }

    private FiberThread NewThread()
    {
        var thread = new FiberThread(this);
        _threads.Add(thread);
        return thread;
    }
}
