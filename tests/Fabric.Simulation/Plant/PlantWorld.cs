using Fabric.Connectors.Runner;
using Fabric.Core.Health;
using Fabric.Core.Options;
using Fabric.Delta;
using Fabric.Delta.Actions;
using Fabric.Delta.Checkpoints;
using Fabric.DuckDb;
using Fabric.Governance.Quarantine;
using Fabric.Kafka.Clients;
using Fabric.Lakehouse.Sink;
using Fabric.Lakehouse.Tables;
using Fabric.Simulation.Kafka;
using Fabric.Simulation.Scheduling;
using Fabric.Streams;
using Fabric.Testing;
using Fabric.Topologies.Contextualize;
using Fabric.Topologies.Quarantine;
using Fabric.Topologies.Serdes;
using Fabric.Twins;
using Microsoft.Extensions.Logging;

namespace Fabric.Simulation.Plant;

/// <summary>What all processes of a simulated fabric share, and how each of the fabric's parts is put together in one.</summary>
internal sealed class PlantWorld : IDisposable
{
    public const string Fabric = "plant";
    public const int Partitions = 3;

    public static readonly string[] Tables = ["raw", "telemetry"];

    private static readonly Lazy<DuckDbDatabase> SharedDatabase = new(() => DuckDbDatabase.Open());

    private readonly TempFolder _folder = new();
    private readonly SchemaShelf _schemas = new();

    public PlantWorld(int seed)
    {
        Simulator = new Simulator(seed);
        Logs = new CollectedLogs(
            LogLevel.Warning, () => $"{Simulator.Elapsed.TotalMilliseconds:0} {Simulator.Current?.Name}");
        Broker = new StepBroker(Simulator, Faults, Logs);
        Lake = new SimulatedLake(_folder["lake"], new SeededIds(Simulator.Random), Faults);
    }

    public Simulator Simulator { get; }

    public Faults Faults { get; } = new();

    public StepBroker Broker { get; }

    public SimulatedLake Lake { get; }

    public CollectedLogs Logs { get; }

    public DuckDbDatabase Database => SharedDatabase.Value;

    public StepKafkaClients Clients(SimulatedProcess process) => new(Broker, process);

    public DeltaEnvironment Delta(SimulatedProcess process) => new(
        process.Clock, process.Random, new SeededIds(process.Random), new CheckpointsInOneStep(new DuckDbCheckpointFiles(Database)));

    /// <summary>Makes topics and publishes the twins. On a fiber of the process.</summary>
    public void Prepare(SimulatedProcess process)
    {
        using IKafkaAdmin admin = Clients(process).OpenAdmin();
        admin.EnsureTopicsAsync(
            [
                Topic("raw", Partitions), Topic("telemetry", Partitions), Topic("quarantine", 1), Topic("gaps", 1), Topic("lineage", 1),
                Topic("twins", 1, isCompacted: true), Topic("connectors", 1, isCompacted: true),
            ],
            CancellationToken.None).GetAwaiter().GetResult();
        OptionDocument document = OptionDocument.Parse(PlantLedger.Twins(), "twins.yaml", ".", static _ => null);
        TwinFile twins = TwinFile.Read(document);
        document.ThrowIfInvalid();
        new TwinsPublisher(Fabric, "edge-1", Clients(process), Ids(process), process.Clock).Publish(twins, CancellationToken.None);
    }

    public Task RunConnector(SimulatedProcess process, PlantLedger ledger)
    {
        var runner = new ConnectorRunner(
            new ConnectorIdentity(Fabric, "edge-1", PlantLedger.Source), () => new ScriptedSource(ledger, process),
            new ConnectorServices(
                Clients(process), Registry(process), null, Quarantine(process, "edge-1"), new SimulatedStatus(process), process.Clock,
                process.Random, Logs));
        return Started(process, "connector", () => runner.RunAsync(process.Stopping));
    }

    public Task RunSink(SimulatedProcess process, string table, string node)
    {
        var flush = new FlushPolicy(400, 8 << 20, TimeSpan.FromSeconds(2));
        var services = new SinkServices(
            Fabric, node, "kafka://simulated:9092", Clients(process), Registry(process), new SimulatedStore(Lake, process), Delta(process),
            Database, Quarantine(process, node), new SimulatedStatus(process), new Freshness(), new SeededIds(process.Random), process.Clock,
            Logs)
        {
            Threads = process,
        };
        return Started(process, "sink", () => new TableSink(StandardTables.Create(table, Fabric, flush), services).RunAsync(process.Stopping));
    }

    public Task RunContextualize(SimulatedProcess process, string node)
    {
        SchemaIds ids = Ids(process);
        var streams = new KafkaStreams(
            ContextualizeTopology.Build(Fabric, ids, process.Clock),
            new StreamsConfig
            {
                ApplicationId = $"{Fabric}.contextualize", NodeId = node,
                Quarantine = new EncryptedQuarantine(Fabric, "contextualize", ids, Quarantine(process, node)),
            },
            Clients(process), process.Clock, Logs, process.Random, process);
        streams.StateChanged += change =>
        {
            // The last change comes from a thread of the pool, which has no place in the history.
            if (process.IsAlive && change.Now != StreamsState.NotRunning)
            {
                Simulator.Trace.Add($"streams {change.Now}", process.Name);
            }
        };
        process.Stopping.Register(() =>
        {
            process.StopTimers();
            _ = streams.StopAsync(CancellationToken.None);
        });
        return Started(process, "streams", () => streams.StartAsync(CancellationToken.None));
    }

    public void Dispose()
    {
        Broker.Dispose();
        Simulator.Dispose();
        _folder.Dispose();
    }

    private static Task Started(SimulatedProcess process, string name, Func<Task> start)
    {
        var ended = new TaskCompletionSource<Task>();
        process.Start(name, () => ended.SetResult(start()));
        return ended.Task.Unwrap();
    }

    private SchemaIds Ids(SimulatedProcess process) => new(Registry(process), process.Stopping);

    private SimulatedRegistry Registry(SimulatedProcess process) => new(_schemas, process, Faults);

    private QuarantineRecords Quarantine(SimulatedProcess process, string node) =>
        new(node, null, new QuarantineSpill(_folder["data"]), process.Clock);

    private static TopicSpec Topic(string name, int partitions, bool isCompacted = false) => new(
        $"{Fabric}.{name}", partitions, 1,
        isCompacted ? new Dictionary<string, string> { ["cleanup.policy"] = "compact" } : []);
}

/// <summary>Checkpoints are read and written on a thread of the pool; here whoever asks for one has the turn until it is there.</summary>
internal sealed class CheckpointsInOneStep(ICheckpointFiles files) : ICheckpointFiles
{
    public Task<IReadOnlyList<DeltaAction>> ReadAsync(string location, CancellationToken cancellationToken) =>
        Task.FromResult(files.ReadAsync(location, CancellationToken.None).GetAwaiter().GetResult());

    public Task WriteAsync(string localPath, IReadOnlyCollection<DeltaAction> actions, CancellationToken cancellationToken)
    {
        files.WriteAsync(localPath, actions, CancellationToken.None).GetAwaiter().GetResult();
        return Task.CompletedTask;
    }
}

/// <summary>States of components as events of the world.</summary>
internal sealed class SimulatedStatus(SimulatedProcess process) : IStatusReporter
{
    public void Report(string component, HealthState state, string cause = "", string nextAction = "")
    {
        if (process.IsAlive)
        {
            process.Simulator.Trace.Add($"{component} {state}", $"{process.Name} {(state == HealthState.Running ? "" : cause)}");
        }
    }
}
