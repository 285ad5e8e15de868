using Microsoft.Extensions.Logging;

namespace Fabric.Kafka.Clients;

/// <summary>The doors to one cluster, over Confluent.Kafka and the operating system's librdkafka. Thread-safe.</summary>
public sealed class ConfluentKafkaClients : IKafkaClients
{
    private readonly string _bootstrap;
    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly TimeProvider _clock;
    private readonly ILoggerFactory _logs;

    /// <param name="bootstrap"><c>host:port</c>, several separated by commas.</param>
    /// <param name="settings">librdkafka settings (TLS, SASL, tuning) that override the fabric's defaults; null for none.</param>
    /// <exception cref="KafkaException">Code <c>LIBRDKAFKA_MISSING</c>.</exception>
    /// <exception cref="ArgumentException">A setting that carries a guarantee is among <paramref name="settings"/>.</exception>
    public ConfluentKafkaClients(
        string bootstrap, IReadOnlyDictionary<string, string>? settings, TimeProvider clock, ILoggerFactory logs)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(bootstrap);
        LibrdkafkaResolver.Ensure();
        _bootstrap = bootstrap;
        _settings = settings ?? new Dictionary<string, string>();
        _clock = clock;
        _logs = logs;
        ClientSettings.Check(_settings);
    }

    public IRecordConsumer OpenConsumer(string? groupId, string? instanceId) =>
        new ConfluentConsumer(
            ClientSettings.ForConsumer(_bootstrap, _settings, groupId, instanceId), groupId,
            _logs.CreateLogger<ConfluentConsumer>());

    public ITransactionalProducer OpenProducer(string transactionalId) =>
        OpenProducer(transactionalId, ClientSettings.DefaultLinger);

    public ITransactionalProducer OpenProducer(string transactionalId, TimeSpan linger) =>
        new ConfluentProducer(
            ClientSettings.ForProducer(_bootstrap, _settings, transactionalId, linger), transactionalId, _clock,
            _logs.CreateLogger<ConfluentProducer>());

    public IKafkaAdmin OpenAdmin() =>
        new ConfluentAdmin(
            ClientSettings.ForAdmin(_bootstrap, _settings), _clock, _logs.CreateLogger<ConfluentAdmin>());
}
