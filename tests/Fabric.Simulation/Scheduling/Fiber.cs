namespace Fabric.Simulation.Scheduling;

/// <summary>Something that runs and waits, of one process.</summary>
internal sealed class Fiber(SimulatedProcess process, string name, Action body)
{
    private long _parking;
    private bool _isParked;

    public SimulatedProcess Process { get; } = process;

    public string Name { get; } = name;

    public Action Body { get; } = body;

    public FiberThread? Thread { get; set; }

    public bool IsEnded { get; set; }

    /// <summary>
    /// Waits for <see cref="Wake"/> or for the time to be over; true when it was woken. Called on the fiber; a wake that names
    /// an earlier waiting does nothing.
    /// </summary>
    public bool Park(TimeSpan? time)
    {
        Process.ThrowIfDead();
        Simulator simulator = Process.Simulator;
        long parking = ++_parking;
        _isParked = true;
        bool wasWoken = true;
        if (time is { } limit)
        {
            simulator.Schedule(limit, () =>
            {
                if (_isParked && _parking == parking)
                {
                    wasWoken = false;
                    Resume();
                }
            });
        }

        simulator.Yield(this);
        Process.ThrowIfDead();
        return wasWoken;
    }

    /// <summary>What wakes the waiting that comes next, or is under way.</summary>
    public Action Waker(bool isNext)
    {
        long parking = isNext ? _parking + 1 : _parking;
        return () => Process.Simulator.Schedule(TimeSpan.Zero, () =>
        {
            if (_isParked && _parking == parking)
            {
                Resume();
            }
        });
    }

    /// <summary>Hands the turn over, unless the process stands still: then when it goes on.</summary>
    public void Resume()
    {
        if (Process.DeferWhilePaused(this))
        {
            return;
        }

        _isParked = false;
        Process.Simulator.Resume(this);
    }

    /// <summary>The process was killed: lets the fiber see it and end.</summary>
    public void Unwind()
    {
        if (!IsEnded)
        {
            _isParked = false;
            Process.Simulator.Resume(this);
        }
    }
}

/// <summary>A thread that runs fibers, one after another; kept for the next.</summary>
internal sealed class FiberThread
{
    private readonly Simulator _simulator;
    private readonly SemaphoreSlim _turn = new(0);
    private readonly Thread _thread;
    private Fiber? _fiber;
    private bool _isRunning;
    private bool _isStopping;

    public FiberThread(Simulator simulator)
    {
        _simulator = simulator;
        _thread = new Thread(Run) { IsBackground = true, Name = "simulated" };
        _thread.Start();
    }

    public bool IsCurrent => Thread.CurrentThread == _thread;

    public void Continue(Fiber fiber)
    {
        _fiber = fiber;
        _turn.Release();
    }

    public void WaitForTurn() => _turn.Wait();

    /// <summary>Ends the thread if it has nothing to run; one that waits inside a fiber is left to the end of the process.</summary>
    public void Stop()
    {
        if (!_isRunning)
        {
            _isStopping = true;
            _turn.Release();
            _thread.Join();
            _turn.Dispose();
        }
    }

    private void Run()
    {
        while (true)
        {
            _turn.Wait();
            if (_isStopping)
            {
                return;
            }

            Fiber fiber = _fiber!;
            _isRunning = true;
            try
            {
                fiber.Body();
            }
#pragma warning disable CA1031 // whatever comes out of a fiber is a finding, and ends the run
            catch (Exception exception)
#pragma warning restore CA1031
            {
                if (fiber.Process.IsAlive)
                {
                    _simulator.Fail(new InvalidOperationException($"'{fiber.Name}' ended with an exception", exception));
                }
            }

            _isRunning = false;
            fiber.IsEnded = true;
            _simulator.Ended();
        }
    }
}
