using Fabric.Connectors;
using Fabric.Connectors.Runner;
using Fabric.Governance.Lineage;
using Fabric.Governance.Privacy;
using Fabric.Governance.Quarantine;
using Fabric.Host.Configuration;

namespace Fabric.Host.Runtime;

/// <summary>Starts the configured connectors.</summary>
internal sealed class ConnectorStarter(
    FabricConfiguration configuration, FabricRuntime runtime, RuntimeDoors doors, QuarantineRecords quarantine, PrivacyKey? key,
    ILineageSink lineage)
{
    public void Start(ComponentSet components)
    {
        FabricOptions options = configuration.Options;
        KeyedSubjectTokens? tokens = key is null ? null : new KeyedSubjectTokens(key, options.Privacy!.Epoch);
        var services = new ConnectorServices(
            runtime.Kafka, runtime.Registry, tokens, quarantine, runtime.Status, doors.Clock, doors.Random, doors.Logs);
        foreach (ConnectorPlan plan in configuration.Connectors)
        {
            var identity = new ConnectorIdentity(options.Fabric, runtime.Data.Node, plan.Name);
            var runner = new ConnectorRunner(
                identity, () => plan.Settings.Open(identity, services), services);
            components.Run(
                identity.Component,
                stopping => RunWithLineageAsync(runner, plan, stopping));
        }
    }

    /// <summary>A connector's process is one run: it starts, and completes or fails.</summary>
    private async Task RunWithLineageAsync(ConnectorRunner runner, ConnectorPlan plan, CancellationToken stopping)
    {
        var job = new LineageJob(configuration.Options.Fabric, $"connector.{plan.Name}", "CONNECTOR");
        Guid run = doors.Ids.NewId();
        InputDataset[] inputs = [new InputDataset(plan.Settings.Endpoint, plan.Name, [])];
        OutputDataset[] outputs =
            [new OutputDataset(runtime.KafkaNamespace, $"{configuration.Options.Fabric}.raw", null, [], null, [])];
        void Emit(RunEventType type, string? error = null) =>
            lineage.Emit(new RunEvent(type, doors.Clock.GetUtcNow(), run, job, inputs, outputs, error));
        Emit(RunEventType.Start);
        try
        {
            await runner.RunAsync(stopping).ConfigureAwait(false);
            Emit(RunEventType.Complete);
        }
        catch (Exception exception)
        {
            Emit(RunEventType.Fail, exception.Message);
            throw;
        }
    }
}
