using Fabric.Core;
using Fabric.Core.Health;
using Fabric.Governance.Lineage;
using Fabric.Governance.Quarantine;
using Fabric.Host.Configuration;
using Fabric.Kafka.Clients;
using Fabric.Streams;
using Fabric.Topologies.Contextualize;
using Fabric.Topologies.Quarantine;
using Fabric.Topologies.Serdes;

namespace Fabric.Host.Runtime;

/// <summary>Publishes the twins and starts the configured topologies.</summary>
internal sealed class TopologyStarter(
    FabricConfiguration configuration, FabricRuntime runtime, RuntimeDoors doors, QuarantineRecords quarantine,
    ILineageSink lineage)
{
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private FabricOptions Options => configuration.Options;

    public void Start(ComponentSet components, CancellationToken cancellationToken)
    {
        if (configuration.Twins is { } twins)
        {
            var publisher = new TwinsPublisher(
                Options.Fabric, runtime.Data.Node, runtime.Kafka, new SchemaIds(runtime.Registry, cancellationToken), doors.Clock);
            publisher.Publish(twins, cancellationToken);
        }

        foreach (TopologyPlan plan in configuration.Topologies)
        {
            components.Run($"topology:{plan.Name}", stopping => RunAsync(plan, stopping));
        }
    }

    private async Task RunAsync(TopologyPlan plan, CancellationToken stopping)
    {
        var ids = new SchemaIds(runtime.Registry, stopping);
        BuiltTopology topology = TopologyFactory.Build(plan, configuration, ids, doors.Clock);
        var job = new LineageJob(Options.Fabric, $"topology.{plan.Name}", "TOPOLOGY");
        Guid run = doors.Ids.NewId();
        InputDataset[] inputs = [.. topology.Read.Select(topic => new InputDataset(runtime.KafkaNamespace, topic, []))];
        OutputDataset[] outputs = [.. topology.Written.Concat(topology.Repartitions)
            .Select(topic => new OutputDataset(runtime.KafkaNamespace, topic, null, [], null, []))];
        void Emit(RunEventType type, string? error = null) =>
            lineage.Emit(new RunEvent(type, doors.Clock.GetUtcNow(), run, job, inputs, outputs, error));
        Emit(RunEventType.Start);
        try
        {
            await RunUntilStoppedAsync(topology, ids, stopping).ConfigureAwait(false);
            Emit(RunEventType.Complete);
        }
        catch (Exception exception)
        {
            Emit(RunEventType.Fail, exception.Message);
            throw;
        }
    }

    /// <summary>
    /// Starts over, for ever, while the cluster is away at the start, or a topic that somebody else makes is not there; after that
    /// the runtime looks after itself.
    /// </summary>
    private async Task RunUntilStoppedAsync(BuiltTopology topology, SchemaIds ids, CancellationToken stopping)
    {
        string component = $"topology:{topology.Plan.Name}";
        while (!stopping.IsCancellationRequested)
        {
            var streams = new KafkaStreams(
                topology.Topology,
                new StreamsConfig
                {
                    ApplicationId = topology.ApplicationId, NodeId = runtime.Data.Node,
                    Quarantine = new EncryptedQuarantine(Options.Fabric, topology.Plan.Name, ids, quarantine),
                    ReplicationFactor = Options.Topics.Default.Replication,
                },
                runtime.Kafka, doors.Clock, doors.Logs, doors.Random);
            await using (streams.ConfigureAwait(false))
            {
                streams.StateChanged += change => runtime.Status.Report(component, HealthOf(change.Now), change.Cause);
                try
                {
                    await EnsureOutputsAsync(topology, stopping).ConfigureAwait(false);
                    await streams.StartAsync(stopping).ConfigureAwait(false);
                    await Task.Delay(Timeout.InfiniteTimeSpan, doors.Clock, stopping)
                        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    await streams.StopAsync(CancellationToken.None).WaitAsync(StopMax, doors.Clock, CancellationToken.None)
                        .ConfigureAwait(false);
                }
                catch (FabricException exception) when (exception.IsRetriable)
                {
                    runtime.Status.Report(
                        component, HealthState.Reconnecting, exception.Message, $"tries again in {RetryAfter.TotalSeconds:0} s");
                    await Task.Delay(RetryAfter, doors.Clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }

        runtime.Status.Report(component, HealthState.Stopped, "stopped in order");
    }

    /// <summary>Makes the topics with the fabric's prefix that a topology of the user's writes and nobody has made.</summary>
    private async Task EnsureOutputsAsync(BuiltTopology topology, CancellationToken stopping)
    {
        using IKafkaAdmin admin = runtime.Kafka.OpenAdmin();
        foreach (string topic in topology.Written.Where(topic => topic.StartsWith($"{Options.Fabric}.", StringComparison.Ordinal)))
        {
            if (await admin.PartitionCountAsync(topic, stopping).ConfigureAwait(false) == 0)
            {
                await admin.EnsureTopicsAsync([FabricTopics.OfTopology(topic, Options)], stopping).ConfigureAwait(false);
            }
        }
    }

    private static HealthState HealthOf(StreamsState state) => state switch
    {
        StreamsState.Created or StreamsState.Rebalancing => HealthState.Starting,
        StreamsState.Running => HealthState.Running,
        StreamsState.PendingShutdown or StreamsState.NotRunning => HealthState.Stopped,
        _ => HealthState.Failed,
    };
}
