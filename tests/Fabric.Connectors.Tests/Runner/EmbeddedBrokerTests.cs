using Fabric.Connectors.Runner;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Clients;
using Fabric.Schemas;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Connectors.Tests.Runner;

/// <summary>The runner over librdkafka and the embedded broker: what these say when a topic takes less than was sent.</summary>
public sealed class EmbeddedBrokerTests : IAsyncLifetime
{
    private const int TopicBytesMax = 200_000;

    private readonly ConnectorWorld _world = new() { Clock = TimeProvider.System };
    private EmbeddedBroker? _broker;

    public async Task InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { DataDirectory = _world.BrokerFolder, Listen = "127.0.0.1:0", AutoCreateTopics = false },
            NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);
        Open([]);
        using IKafkaAdmin admin = _world.Clients.OpenAdmin();
        var small = new Dictionary<string, string> { ["max.message.bytes"] = $"{TopicBytesMax}" };
        ConnectorIdentity identity = ConnectorWorld.Identity;
        await admin.EnsureTopicsAsync(
            [.. new[] { identity.RawTopic, identity.QuarantineTopic, identity.GapsTopic, identity.ProgressTopic }
                .Select(topic => new TopicSpec(topic, 1, 1, small))],
            CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _broker!.DisposeAsync();
        _world.Dispose();
    }

    /// <summary>The client sends it and the topic refuses; or the client knows the limit and does not send it.</summary>
    [Theory]
    [InlineData("topic")]
    [InlineData("client")]
    public async Task Record_beyond_the_topic_s_limit_is_quarantined_and_the_rest_goes_on(string refusedBy)
    {
        if (refusedBy == "client")
        {
            Open(new() { ["message.max.bytes"] = $"{TopicBytesMax}" });
        }

        var device = new ScriptedDevice(perBatch: 3);
        device.Say(Text(10), Text(300_000), Text(20), Text(30));
        await using (RunningConnector connector = _world.Start(device))
        {
            await device.WhenAcknowledgedAsync(4, () => _world.Logs.Text);
            await connector.StopAsync();
        }

        Assert.Equal([10, 20, 30], _world.Raw().Select(observation => observation.Samples[0].Value.AsString().Length));
        _world.AssertSequences(quarantined: [1]);
        QuarantinedRecord record = Assert.Single(_world.Quarantine());
        Assert.Equal("OBSERVATION_TOO_LARGE", record.Rule);
        Assert.True(_world.Records.Reveal(record)!.Value.Payload.Length > 300_000);
        Assert.Equal(1, device.Calls.Count(call => call.StartsWith("start", StringComparison.Ordinal)));
    }

    private static Action<SourceBatch> Text(int length) => ConnectorWorld.Message("d", new string('x', length));

    private void Open(Dictionary<string, string> settings) => _world.Clients =
        new ConfluentKafkaClients(_broker!.BootstrapServers, settings, TimeProvider.System, NullLoggerFactory.Instance);
}
