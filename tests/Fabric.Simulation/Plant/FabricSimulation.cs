using System.Globalization;
using Fabric.Simulation.Kafka;
using Fabric.Simulation.Scheduling;

namespace Fabric.Simulation.Plant;

/// <summary>
/// A whole fabric in one process from one seed: a plant's messages over the connector's runner to <c>raw</c>, contextualized to
/// <c>telemetry</c>, both into Delta tables by two sinks each, while everything that can break does. Then the breaking ends, all
/// drains, and the <see cref="Oracle"/> compares the tables with the plant's book.
/// </summary>
internal sealed class FabricSimulation : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan DrainWithin = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly PlantWorld _world;
    private readonly PlantLedger _ledger;
    private readonly List<Component> _components = [];
    private readonly StreamWriter? _history;
    private bool _isCalm;

    public FabricSimulation(int seed, int messages = 1_000)
    {
        Seed = seed;
        _world = new PlantWorld(seed);
        if (Environment.GetEnvironmentVariable("FABRIC_SIMULATION_TRACE") is { Length: > 0 } file)
        {
            _history = File.CreateText($"{file}.{seed}");
            _world.Simulator.Trace.Watcher = _history.WriteLine;
            _world.Logs.Watcher = line => _history.WriteLine($"  log {line}");
        }

        _ledger = new PlantLedger(messages, Interval, _world.Simulator.Now + TimeSpan.FromSeconds(2));
        Add("connector", process => _world.RunConnector(process, _ledger));
        foreach (string node in new[] { "n1", "n2" })
        {
            Add($"contextualize-{node}", process => _world.RunContextualize(process, node));
            foreach (string table in PlantWorld.Tables)
            {
                Add($"sink-{table}-{node}", process => _world.RunSink(process, table, node));
            }
        }
    }

    public int Seed { get; }

    /// <summary>Equal for runs of the same seed.</summary>
    public string TraceHash => _world.Simulator.Trace.Hash;

    public long Events => _world.Simulator.Events;

    public TimeSpan SimulatedTime => _world.Simulator.Elapsed;

    public Trace Trace => _world.Simulator.Trace;

    /// <summary>Runs it all; returns what is wrong at the end, null when nothing is.</summary>
    public string? Run(bool withFaults)
    {
        try
        {
            Simulator simulator = _world.Simulator;
            Do("prepare", _world.Prepare);
            _components.ForEach(component => component.Start());
            Look();
            if (withFaults)
            {
                Break();
            }

            simulator.RunUntil(() => _ledger.PublishedBy(simulator.Now) >= _ledger.Messages, DrainWithin);
            Calm();
            var oracle = new Oracle(_world, _ledger);
            bool isDrained = simulator.RunUntil(Every(TimeSpan.FromSeconds(2), oracle.HasEverything), DrainWithin);
            Restart(simulator);
            string? problem = null;
            Do("oracle", process => problem = oracle.Judge(process));
            return Describe(isDrained ? problem : $"not drained within {DrainWithin}: {oracle.Progress()}; {problem}");
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return Describe(failure.ToString());
        }
    }

    public string Summary()
    {
        string happened = string.Join(
            ", ", Trace.Counts.Where(static count => Notable.Contains(count.Key)).Select(static count => $"{count.Key} {count.Value}"));
        return $"seed {Seed}: {_ledger.Messages} messages, {SimulatedTime.TotalSeconds:0} s simulated, {Events} events, {happened}";
    }

    public void Dispose()
    {
        _components.ForEach(component => component.Kill());
        _world.Dispose();
        _history?.Dispose();
    }

    private static readonly HashSet<string> Notable =
    [
        "kill", "pause", "stop", "zombie", "broker-kill", "power-cut", "request-lost", "answer-lost", "slow", "store-failed", "registry-away",
        "gave-up", "lost", "revoked", "abort", "put Created", "put AlreadyExists", "overdue",
    ];

    private void Add(string name, Func<SimulatedProcess, Task> run) => _components.Add(new Component(name, _world.Simulator, run));

    /// <summary>Runs something as a process of its own and waits for it.</summary>
    private void Do(string name, Action<SimulatedProcess> action)
    {
        using var process = new SimulatedProcess(_world.Simulator, name);
        Task done = process.Run(name, () => action(process));
        if (!_world.Simulator.RunUntil(() => done.IsCompleted, DrainWithin))
        {
            throw new TimeoutException($"'{name}' took more than {DrainWithin}");
        }

        done.GetAwaiter().GetResult();
    }

    private void Look() => _world.Simulator.Schedule(LookEvery, () =>
    {
        _components.ForEach(component => component.Look());
        Look();
    });

    private void Break() => _world.Simulator.Schedule(_world.Simulator.Between(200, 2_000), () =>
    {
        if (!_isCalm)
        {
            BreakOne();
            Break();
        }
    });

    private void BreakOne()
    {
        Simulator simulator = _world.Simulator;
        Component victim = _components[simulator.Random.Next(_components.Count)];
        switch (simulator.Random.Next(100))
        {
            case < 30:
                victim.Kill();
                simulator.Schedule(simulator.Between(50, 4_000), victim.Start);
                break;
            case < 45:
                victim.Pause(simulator.Between(200, 12_000));
                break;
            case < 55:
                victim.Stop();
                simulator.Schedule(simulator.Between(2_000, 6_000), victim.Start);
                break;
            case < 60:
                victim.Double();
                break;
            case < 70:
                StopBroker(losesPower: simulator.Chance(0.5));
                break;
            case < 85:
                For(simulator.Between(500, 8_000), faults =>
                {
                    faults.RequestLost = simulator.Random.NextDouble() * 0.2;
                    faults.AnswerLost = simulator.Random.NextDouble() * 0.2;
                    faults.Slow = simulator.Random.NextDouble() * 0.02;
                });
                break;
            case < 95:
                For(simulator.Between(500, 5_000), faults =>
                {
                    faults.StoreRefuses = simulator.Random.NextDouble() * 0.2;
                    faults.StoreLies = simulator.Random.NextDouble() * 0.2;
                });
                break;
            case < 97:
                For(simulator.Between(500, 3_000), faults => faults.FlushFails = 0.3);
                break;
            default:
                For(simulator.Between(500, 3_000), faults => faults.RegistryAway = 0.7);
                break;
        }
    }

    private void For(TimeSpan time, Action<Faults> set)
    {
        set(_world.Faults);
        _world.Simulator.Schedule(time, _world.Faults.Stop);
    }

    private void StopBroker(bool losesPower)
    {
        if (_world.Broker.IsUp)
        {
            _world.Simulator.Trace.Add(losesPower ? "power-cut" : "broker-kill");
            _world.Broker.Crash(losesPower);
            _world.Simulator.Schedule(_world.Simulator.Between(50, 14_000), _world.Broker.Start);
        }
    }

    private void Calm()
    {
        _isCalm = true;
        _world.Faults.Stop();
        _world.Simulator.Schedule(TimeSpan.FromSeconds(20), () => _components.ForEach(component => component.Start()));
    }

    /// <summary>Everything stops in order, starts once more and stops: what a start owes from before it pays then.</summary>
    private void Restart(Simulator simulator)
    {
        _components.ForEach(component => component.Stop());
        simulator.RunUntil(() => _components.TrueForAll(component => !component.IsRunning), DrainWithin);
        _components.ForEach(component => component.Start());
        simulator.Run(TimeSpan.FromSeconds(90)); // a minute after the last commit anybody tells its lineage
        _components.ForEach(component => component.Stop());
        simulator.RunUntil(() => _components.TrueForAll(component => !component.IsRunning), DrainWithin);
    }

    private Func<bool> Every(TimeSpan time, Func<bool> holds)
    {
        long next = 0;
        return () =>
        {
            if (_world.Simulator.NowTicks < next)
            {
                return false;
            }

            next = _world.Simulator.NowTicks + time.Ticks;
            return holds();
        };
    }

    private string? Describe(string? problem) => problem is null ? null
        : $"{Summary()}\n{problem}\n--- log\n{_world.Logs.Text}\n--- trace\n{Trace.Last}";
}
