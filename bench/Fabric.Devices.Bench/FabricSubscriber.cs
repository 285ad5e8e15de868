using Fabric.Avro;
using Fabric.Avro.Registry;
using Fabric.Connectors;
using Fabric.Connectors.Mqtt;
using Fabric.Connectors.Payload;
using Fabric.Connectors.Runner;
using Fabric.Core.Health;
using Fabric.Devices.Mqtt;
using Fabric.Governance.Quarantine;
using Fabric.Kafka.Clients;
using Fabric.Schemas;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Devices.Bench;

/// <summary>
/// Our side: the connector's MQTT source, as its runner uses it, up to the framed Avro bytes that would be produced. Nothing is
/// produced; the doors to Kafka and the registry are there because the source's surroundings name them, and stay shut.
/// </summary>
internal sealed class FabricSubscriber : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    private readonly MqttConnectorSettings _settings;
    private readonly RecordEncoder<Observation> _encoder = new(schemaId: 1);
    private readonly SourceBatch _batch = new();
    private long _sequence;
    private long _bytes;

    public FabricSubscriber(int port)
    {
        _settings = new MqttConnectorSettings(
            new MqttClientOptions
            {
                Url = new Uri($"mqtt://127.0.0.1:{port}"), ClientId = "bench",
                Subscriptions = [new MqttSubscription("plant7/#") { QoS = QualityOfService.AtMostOnce }],
            },
            "bench", TopicTemplate.Parse("{site}/{line}/{device}/{point}", out _)!, [],
            new PayloadOptions(
                PayloadFormat.Json, Path("$.v"), Path("$.ts"), TimeUnit.Milliseconds, TimeZoneInfo.Utc, Path("$.q"), Path("$.u"),
                [], ';', false, [], null, QualityWords.Usual),
            PersonalData.None);
    }

    /// <summary>
    /// Connects, takes everything that comes while <paramref name="load"/> runs and until it is quiet, and leaves: what the others'
    /// rounds bring must not wait for us.
    /// </summary>
    public async Task<Share> MeasureAsync(Func<Task> load)
    {
        await using ISource source = await ConnectAsync();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        Task loading = load();
        long messages = 0;
        while (true)
        {
            using var quiet = new CancellationTokenSource(Quiet);
            try
            {
                messages += await TakeAsync(source, quiet.Token);
            }
            catch (OperationCanceledException)
            {
                if (loading.IsCompleted)
                {
                    await loading;
                    return new Share(messages, (Environment.CpuUsage.TotalTime - before).TotalMicroseconds);
                }
            }
        }
    }

    public void Dispose()
    {
        _encoder.Dispose();
        if (_bytes == 0)
        {
            throw new InvalidOperationException("Nothing was encoded");
        }
    }

    private async Task<ISource> ConnectAsync()
    {
        var status = new StatusWatch();
        var services = new ConnectorServices(
            new ConfluentKafkaClients("127.0.0.1:1", null, TimeProvider.System, NullLoggerFactory.Instance), new NoRegistry(), null,
            new QuarantineRecords("bench", null, new QuarantineSpill(System.IO.Path.GetTempPath()), TimeProvider.System), status,
            TimeProvider.System, new Random(1), NullLoggerFactory.Instance);
        ISource source = _settings.Open(new ConnectorIdentity("bench", "edge-1", "sensors"), services);
        await source.StartAsync(ReadOnlyMemory<byte>.Empty, CancellationToken.None);
        await status.IsRunning.Task;
        return source;
    }

    private async Task<int> TakeAsync(ISource source, CancellationToken cancellationToken)
    {
        _batch.Clear();
        await source.ReadAsync(_batch, cancellationToken);
        if (_batch.Rejections.Count > 0)
        {
            throw new InvalidOperationException($"A message was rejected: {_batch.Rejections[0].Rule}");
        }

        foreach (Observation observation in _batch.Observations)
        {
            observation.Node = "edge-1";
            observation.Source = "sensors";
            observation.Epoch = 1;
            observation.Sequence = _sequence++;
            _bytes += _encoder.Encode(observation).Length;
        }

        await source.AcknowledgeAsync(_batch, cancellationToken);
        return _batch.Observations.Count;
    }

    private static PayloadPath Path(string text) => PayloadPath.Parse(text)!;

    private sealed class StatusWatch : IStatusReporter
    {
        public TaskCompletionSource IsRunning { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Report(string component, HealthState state, string cause = "", string nextAction = "")
        {
            if (state == HealthState.Running)
            {
                IsRunning.TrySetResult();
            }
        }
    }

    private sealed class NoRegistry : ISchemaRegistry
    {
        public ValueTask<int> RegisterAsync(string subject, Schema schema, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<Schema> GetAsync(int id, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
