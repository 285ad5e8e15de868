using Fabric.Simulation.Scheduling;

namespace Fabric.Simulation.Plant;

/// <summary>A part of the fabric that somebody keeps running: a process, and another one after it.</summary>
internal sealed class Component(string name, Simulator simulator, Func<SimulatedProcess, Task> run)
{
    private SimulatedProcess? _process;
    private Task _running = Task.CompletedTask;
    private long _stopBeforeTicks;
    private bool _isWanted;

    public string Name { get; } = name;

    public int Starts { get; private set; }

    public bool IsRunning => _process is not null;

    public void Start()
    {
        _isWanted = true;
        if (_process is null)
        {
            Starts++;
            _process = new SimulatedProcess(simulator, $"{Name}#{Starts}");
            simulator.Trace.Add("start", _process.Name);
            _stopBeforeTicks = long.MaxValue;
            _running = run(_process);
        }
    }

    /// <summary>On the driver only.</summary>
    public void Kill()
    {
        if (_process is { } process)
        {
            simulator.Trace.Add("kill", process.Name);
            _process = null;
            process.Dispose();
        }
    }

    /// <summary>Asks it to end in order; who takes longer than half a minute is killed.</summary>
    public void Stop()
    {
        _isWanted = false;
        if (_process is not null && _stopBeforeTicks == long.MaxValue)
        {
            simulator.Trace.Add("stop", _process.Name);
            _stopBeforeTicks = simulator.NowTicks + TimeSpan.FromSeconds(30).Ticks;
            _process.Stop();
        }
    }

    public void Pause(TimeSpan time)
    {
        if (_process is not null)
        {
            simulator.Trace.Add("pause", $"{_process.Name} {time.TotalMilliseconds:0}");
            _process.Pause(time);
        }
    }

    /// <summary>Lets the process live on as a stranger and starts another under the same name: two who think they are the one.</summary>
    public void Double()
    {
        if (_process is { } zombie)
        {
            simulator.Trace.Add("zombie", zombie.Name);
            _process = null;
            zombie.Pause(simulator.Between(500, 15_000));
            simulator.Schedule(TimeSpan.FromSeconds(30), zombie.Dispose);
            Start();
        }
    }

    /// <summary>What a service manager does: notices who has ended, and starts again who should run.</summary>
    public void Look()
    {
        if (_process is not { } process)
        {
            return;
        }

        bool isOverdue = simulator.NowTicks > _stopBeforeTicks;
        if (process.IsIdle && _running.IsCompleted && (_stopBeforeTicks != long.MaxValue || _running.IsFaulted) || isOverdue)
        {
            bool gaveUp = _running.IsFaulted;
            simulator.Trace.Add(
                isOverdue ? "overdue" : gaveUp ? "gave-up" : "stopped", $"{process.Name} {_running.Exception?.GetBaseException().Message}");
            _process = null;
            process.Dispose();
            if (_isWanted)
            {
                simulator.Schedule(simulator.Between(100, 2_000), Start);
            }
        }
    }
}
