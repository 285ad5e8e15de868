using System.Text;
using Fabric.Kafka;
using Fabric.Kafka.Clients;
using Fabric.Simulation.Kafka;
using Fabric.Simulation.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Simulation.Tests;

/// <summary>Producers that write transactions, are killed and fenced, over a network and a broker that fail; and their book.</summary>
internal sealed class TransactionWorld : IDisposable
{
    private const int Ids = 2;
    private const int Partitions = 2;
    private const int TransactionsPerLife = 25;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(20);

    private readonly Simulator _simulator;
    private readonly Faults _faults = new();
    private readonly StepBroker _broker;
    private readonly SimulatedProcess?[] _processes = new SimulatedProcess?[Ids];
    private readonly Dictionary<int, int> _confirmed = [];
    private readonly HashSet<int> _refused = [];
    private readonly int _seed;
    private int _transactions;

    public TransactionWorld(int seed)
    {
        _seed = seed;
        _simulator = new Simulator(seed);
        _broker = new StepBroker(_simulator, _faults, NullLogger.Instance);
    }

    /// <summary>Runs it and judges; how many transactions were confirmed.</summary>
    public int Run()
    {
        Do(clients => StepKafkaTests.CreateTopic(clients, Partitions));
        _faults.RequestLost = _simulator.Random.NextDouble() * 0.1;
        _faults.AnswerLost = _simulator.Random.NextDouble() * 0.1;
        _faults.FlushFails = _simulator.Random.NextDouble() * 0.02;
        for (int id = 0; id < Ids; id++)
        {
            Start(id);
        }

        Break();
        _simulator.Run(Duration);
        _faults.Stop();
        Array.ForEach(_processes, process => process?.Kill());
        _simulator.Run(TimeSpan.FromSeconds(40)); // what hangs times out
        List<string> read = [];
        Do(clients => read = StepKafkaTests.ReadAll(clients, Partitions));
        Judge(read);
        return _confirmed.Count;
    }

    public void Dispose()
    {
        Array.ForEach(_processes, process => process?.Dispose());
        _broker.Dispose();
        _simulator.Dispose();
    }

    private void Judge(List<string> read)
    {
        Dictionary<int, int> seen = read.GroupBy(value => int.Parse(value.Split(':')[0], System.Globalization.CultureInfo.InvariantCulture))
            .ToDictionary(group => group.Key, group => group.Count());
        Assert.True(read.Count == read.Distinct().Count(), $"seed {_seed}: a record is there twice");
        foreach ((int transaction, int records) in _confirmed)
        {
            Assert.True(
                seen.GetValueOrDefault(transaction) == records,
                $"seed {_seed}: transaction {transaction} was confirmed with {records} records and shows {seen.GetValueOrDefault(transaction)}; {read.Count} records are there, {_confirmed.Count} transactions were confirmed\n{_simulator.Trace.Last}");
        }

        foreach (int transaction in _refused)
        {
            Assert.True(!seen.ContainsKey(transaction), $"seed {_seed}: transaction {transaction} was aborted and shows\n{_simulator.Trace.Last}");
        }
    }

    private void Start(int id)
    {
        var process = new SimulatedProcess(_simulator, $"producer-{id}");
        _processes[id] = process;
        process.Start("produce", () => Produce(process, id));
    }

    private void Produce(SimulatedProcess process, int id)
    {
        while (process.IsAlive)
        {
            try
            {
                using ITransactionalProducer producer = new StepKafkaClients(_broker, process).OpenProducer($"id-{id}");
                producer.InitTransactions(Timeout);
                for (int i = 0; i < TransactionsPerLife; i++)
                {
                    Transact(process, producer);
                }
            }
            catch (KafkaException)
            {
                process.Wait(_simulator.Between(10, 500), process.Stopping); // dead, fenced or away: another life
            }
        }
    }

    private void Transact(SimulatedProcess process, ITransactionalProducer producer)
    {
        int transaction = _transactions++;
        int records = _simulator.Random.Next(1, 6);
        bool isWanted = _simulator.Chance(0.7);
        producer.Begin();
        try
        {
            for (int i = 0; i < records; i++)
            {
                producer.Produce("t", _simulator.Random.Next(Partitions), "k"u8, true, Encoding.UTF8.GetBytes($"{transaction}:{i}"), true);
                process.Wait(_simulator.Between(0, 5), process.Stopping);
            }

            if (isWanted)
            {
                producer.Commit(Timeout);
                _confirmed.Add(transaction, records);
            }
            else
            {
                _refused.Add(transaction);
                producer.Abort(Timeout);
            }
        }
        catch (KafkaException failed) when (failed.IsAbortable)
        {
            _refused.Add(transaction);
            producer.Abort(Timeout);
        }
    }

    private void Break() => _simulator.Schedule(_simulator.Between(100, 3_000), () =>
    {
        if (_simulator.Elapsed > Duration)
        {
            return;
        }

        int id = _simulator.Random.Next(Ids);
        switch (_simulator.Random.Next(4))
        {
            case 0:
                _processes[id]!.Kill();
                Start(id);
                break;
            case 1:
                _processes[id]!.Pause(_simulator.Between(100, 14_000));
                break;
            case 2 when _broker.IsUp:
                _broker.Crash(losesPower: _simulator.Chance(0.5));
                _simulator.Schedule(_simulator.Between(50, 5_000), _broker.Start);
                break;
            default:
                SimulatedProcess zombie = _processes[id]!;
                Start(id);
                _simulator.Schedule(_simulator.Between(100, 8_000), zombie.Kill);
                break;
        }

        Break();
    });

    private void Do(Action<StepKafkaClients> body)
    {
        using var process = new SimulatedProcess(_simulator, "test");
        Task done = process.Run("test", () => body(new StepKafkaClients(_broker, process)));
        Assert.True(_simulator.RunUntil(() => done.IsCompleted, TimeSpan.FromMinutes(2)), $"seed {_seed}: did not end");
        done.GetAwaiter().GetResult();
    }
}
