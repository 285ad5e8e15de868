using Fabric.Avro;
using Fabric.Avro.Registry;
using Fabric.Avro.Registry.Client;
using Fabric.Avro.Registry.Server;
using Fabric.Core;
using Fabric.Core.Storage;
using Fabric.Delta;
using Fabric.Delta.Checkpoints;
using Fabric.DuckDb;
using Fabric.Governance.Lineage;
using Fabric.Governance.Privacy;
using Fabric.Governance.Quarantine;
using Fabric.Host.Configuration;
using Fabric.Host.Registry;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Clients;
using Fabric.Lakehouse.Sink;
using Fabric.Topologies.Contextualize;
using Fabric.Topologies.Serdes;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Runtime;

/// <summary>
/// One process of a fabric, started in the order in which its parts need each other: data folder, broker, registry, topics,
/// twins, then tables, topologies and connectors, so that whoever writes finds somebody who reads. Stopped the other way
/// round.
/// </summary>
internal sealed class FabricRuntime : IAsyncDisposable
{
    private readonly FabricConfiguration _configuration;
    private readonly RuntimeDoors _doors;
    private readonly Stack<Func<ValueTask>> _closers = new();
    private readonly ComponentSet _components;

    private FabricRuntime(FabricConfiguration configuration, RuntimeDoors doors, DataFolder data)
    {
        _configuration = configuration;
        _doors = doors;
        Data = data;
        Status = new StatusBoard(doors.Clock, doors.Logs.CreateLogger("Fabric.Status"));
        Freshness = new Freshness();
        _components = new ComponentSet(Status, doors.Logs.CreateLogger("Fabric.Components"));
    }

    public DataFolder Data { get; }

    public StatusBoard Status { get; }

    public Freshness Freshness { get; }

    /// <summary>The doors to Kafka that the process uses.</summary>
    public IKafkaClients Kafka { get; private set; } = null!;

    public string BootstrapServers { get; private set; } = "";

    public HttpSchemaRegistry Registry { get; private set; } = null!;

    private FabricOptions Options => _configuration.Options;

    /// <summary>Starts everything the roles name.</summary>
    /// <exception cref="FabricException">Something is missing or taken; what was started is stopped again.</exception>
    public static async Task<FabricRuntime> StartAsync(
        FabricConfiguration configuration, RuntimeRoles roles, RuntimeDoors doors, CancellationToken cancellationToken)
    {
        FabricOptions options = configuration.Options;
        var runtime = new FabricRuntime(configuration, doors, DataFolder.Open(options.DataFolder, options.Node, doors.Ids));
        try
        {
            await runtime.StartFoundationAsync(roles, cancellationToken).ConfigureAwait(false);
            await runtime.StartComponentsAsync(roles, cancellationToken).ConfigureAwait(false);
            return runtime;
        }
        catch
        {
            await runtime.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Completes when a component ended that does not come back by itself.</summary>
    public Task<Exception> WhenFailed => _components.WhenFailed;

    /// <summary>Stops connectors first and the broker last, each in order.</summary>
    public async ValueTask DisposeAsync()
    {
        await _components.StopAsync().ConfigureAwait(false);
        while (_closers.TryPop(out Func<ValueTask>? close))
        {
            await close().ConfigureAwait(false);
        }
    }

    private async Task StartFoundationAsync(RuntimeRoles roles, CancellationToken cancellationToken)
    {
        if (Options.Kafka.IsEmbedded && roles.HasFlag(RuntimeRoles.Broker))
        {
            EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
                new EmbeddedBrokerOptions
                {
                    DataDirectory = Path.Combine(Data.Path, "broker"), Listen = Options.Kafka.Listen.ToString(),
                    AdvertisedHost = Options.Kafka.Advertise?.Host, AdvertisedPort = Options.Kafka.Advertise?.Port,
                    DefaultPartitions = Options.Topics.Default.Partitions,
                },
                _doors.Logs, _doors.Clock, cancellationToken).ConfigureAwait(false);
            _closers.Push(broker.DisposeAsync);
            BootstrapServers = broker.BootstrapServers;
            KafkaAddress.Write(Options, BootstrapServers);
        }
        else
        {
            BootstrapServers = KafkaAddress.Find(Options);
        }

        Kafka = new ConfluentKafkaClients(BootstrapServers, Options.Kafka.Client, _doors.Clock, _doors.Logs);
        using (IKafkaAdmin admin = Kafka.OpenAdmin())
        {
            await admin.EnsureTopicsAsync(FabricTopics.Of(Options), cancellationToken).ConfigureAwait(false);
        }

        Registry = new HttpSchemaRegistry(await StartRegistryAsync(roles, cancellationToken).ConfigureAwait(false), _doors.Clock);
        Close(Registry);
    }

    private async Task<Uri> StartRegistryAsync(RuntimeRoles roles, CancellationToken cancellationToken)
    {
        if (Options.Registry.Address is not null || !roles.HasFlag(RuntimeRoles.Registry))
        {
            return RegistryAddress.Find(Options);
        }

        var log = new KafkaSchemaLog(Kafka, Options.Fabric, Options.Topics.Default.Replication, _doors.Clock);
        Close(log);
        RegistryServer server = await ListenAsync(log, RegistryAddress.Last(Options), cancellationToken).ConfigureAwait(false);
        _closers.Push(server.DisposeAsync);
        RegistryAddress.Write(Options, server.Address);
        return server.Address;
    }

    /// <summary>At the place it had before; if that is taken meanwhile, at another.</summary>
    private async Task<RegistryServer> ListenAsync(KafkaSchemaLog log, Uri address, CancellationToken cancellationToken)
    {
        try
        {
            return await RegistryServer.StartAsync(
                log, address, CompatibilityLevel.BackwardTransitive, _doors.Logs, cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryException exception) when (exception.InnerException is IOException && address.Port > 0)
        {
            return await RegistryServer.StartAsync(
                log, new UriBuilder(address) { Port = 0 }.Uri, CompatibilityLevel.BackwardTransitive, _doors.Logs,
                cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task StartComponentsAsync(RuntimeRoles roles, CancellationToken cancellationToken)
    {
        var publisher = new RecordPublisher(
            Kafka, $"{Options.Fabric}.process.{Data.Node}.{roles:D}", _doors.Clock, _doors.Logs.CreateLogger("Fabric.Publisher"));
        _closers.Push(publisher.DisposeAsync);
        StatusTopic statusTopic = await StatusTopic.OpenAsync(
            $"{Options.Fabric}.status", Data.Node, Registry, publisher, cancellationToken).ConfigureAwait(false);
        Status.Changed = statusTopic.Publish;
        LineagePublisher lineage = await LineagePublisher.OpenAsync(
            $"{Options.Fabric}.lineage", Registry, publisher, cancellationToken).ConfigureAwait(false);
        PrivacyKey? key = Options.Privacy is { } privacy ? PrivacyKey.Load(privacy.KeyFile, Data.Path) : null;
        var quarantine = new QuarantineRecords(
            Data.Node, key is null ? null : new PayloadCipher(key), new QuarantineSpill(Data.Path), _doors.Clock);
        if (roles.HasFlag(RuntimeRoles.Sinks))
        {
            StartSinks(quarantine);
        }

        if (roles.HasFlag(RuntimeRoles.Topologies))
        {
            new TopologyStarter(_configuration, this, _doors, quarantine, lineage).Start(_components, cancellationToken);
        }

        if (roles.HasFlag(RuntimeRoles.Connectors))
        {
            new ConnectorStarter(_configuration, this, _doors, quarantine, key, lineage).Start(_components);
        }

        if (roles.HasFlag(RuntimeRoles.Console) && Options.Console is { } address)
        {
            ConsoleServer console = await ConsoleServer.StartAsync(address, Status, cancellationToken).ConfigureAwait(false);
            _closers.Push(console.DisposeAsync);
        }
    }

    private void StartSinks(QuarantineRecords quarantine)
    {
        DuckDbDatabase database = DuckDbDatabase.Open();
        Close(database);
        var services = new SinkServices(
            Options.Fabric, Data.Node, KafkaNamespace, Kafka, Registry, new LocalObjectStore(Options.LakeFolder, _doors.Ids),
            new DeltaEnvironment(_doors.Clock, _doors.Random, _doors.Ids, new DuckDbCheckpointFiles(database)), database,
            quarantine, Status, Freshness, _doors.Ids, _doors.Clock, _doors.Logs);
        foreach (Lakehouse.Tables.TableDefinition table in _configuration.Tables)
        {
            _components.Run($"sink:{table.Name}", stopping => new TableSink(table, services).RunAsync(stopping));
        }
    }

    /// <summary>OpenLineage's namespace of the topics.</summary>
    internal string KafkaNamespace => $"kafka://{BootstrapServers.Split(',')[0]}";

    private void Close(IDisposable disposable) => _closers.Push(() =>
    {
        disposable.Dispose();
        return ValueTask.CompletedTask;
    });
}
