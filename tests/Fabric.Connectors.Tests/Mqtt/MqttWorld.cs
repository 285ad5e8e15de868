using System.Globalization;
using Fabric.Connectors.Mqtt;
using Fabric.Connectors.Payload;
using Fabric.Connectors.Runner;
using Fabric.Connectors.Tests.Mapping;
using Fabric.Connectors.Tests.Runner;
using Fabric.Core.Health;
using Fabric.Devices.Mqtt;
using Fabric.Schemas;
using Fabric.Testing;

namespace Fabric.Connectors.Tests.Mqtt;

/// <summary>An MQTT connector on Kafka in memory, and somebody who publishes to its broker.</summary>
internal sealed class MqttWorld : IAsyncDisposable
{
    private MqttClient? _publisher;

    /// <param name="port">Where the connector finds the broker.</param>
    public MqttWorld(int port, MqttProtocolVersion? version = null, QualityOfService qos = QualityOfService.AtLeastOnce) => Settings = new(
        new MqttClientOptions
        {
            Url = new Uri($"mqtt://127.0.0.1:{port}"), ClientId = "unset", Version = version, ReceiveMaximum = 4,
            ReconnectDelayMin = TimeSpan.FromMilliseconds(2), ReconnectDelayMax = TimeSpan.FromMilliseconds(20),
            Subscriptions = [new MqttSubscription("t/#") { QoS = qos }],
        },
        $"client-{Guid.NewGuid():N}", TopicTemplate.Parse("t/{device}", out _)!, [], MappingFixture.Options(PayloadFormat.Number), PersonalData.None);

    public ConnectorWorld Fabric { get; } = new() { Clock = TimeProvider.System };

    public MqttConnectorSettings Settings { get; set; }

    /// <summary>The samples that are durable, in order.</summary>
    public long[] Values => [.. Fabric.Raw().Select(observation => observation.Samples[0].Value.AsLong())];

    public RunningConnector Start() =>
        new(new ConnectorRunner(ConnectorWorld.Identity, () => Settings.Open(ConnectorWorld.Identity, Fabric.Services), Fabric.Services));

    /// <summary>Waits until the broker has answered the subscription.</summary>
    public Task WhenRunningAsync() => Fabric.Signal.WaitUntilAsync(
        () => Fabric.Status.Reports.Count > 0 && Fabric.Status.Reports[^1].State == HealthState.Running, () => Fabric.Logs.Text);

    /// <summary>Waits until so many samples are durable.</summary>
    public Task WhenValuesAsync(int count) => WhenAsync(() => Values.Length >= count, () => $"{Values.Length} of {count} values came");

    public async Task WhenAsync(Func<bool> holds, Func<string> otherwise)
    {
        using var bound = new CancellationTokenSource(Signal.Bound);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!holds())
        {
            try
            {
                await look.WaitForNextTickAsync(bound.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"{otherwise()}\n{Fabric.Logs.Text}");
            }
        }
    }

    public async Task PublishAsync(int brokerPort, QualityOfService qos, string topic, params long[] values)
    {
        if (_publisher is null)
        {
            _publisher = new MqttClient(
                new MqttClientOptions { Url = new Uri($"mqtt://127.0.0.1:{brokerPort}"), ClientId = $"publisher-{Settings.ClientId}" },
                TimeProvider.System, new Random(1));
            _publisher.Start();
        }

        foreach (long value in values)
        {
            MqttPublishOutcome outcome;
            do
            {
                outcome = await _publisher.PublishAsync(new MqttPublication
                {
                    Topic = topic, Payload = System.Text.Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)), QoS = qos,
                });
            }
            while (outcome.Status == MqttPublishStatus.NotConnected);

            Assert.True(outcome.IsPublished, $"{outcome}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_publisher is not null)
        {
            await _publisher.DisposeAsync();
        }

        Fabric.Dispose();
    }
}
