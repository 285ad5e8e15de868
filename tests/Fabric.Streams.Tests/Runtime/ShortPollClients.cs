using Fabric.Kafka.Clients;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Streams.Tests.Runtime;

/// <summary>Clients that the group takes for dead soon after they stop polling.</summary>
internal sealed class ShortPollClients(string bootstrap) : IKafkaClients
{
    private readonly ConfluentKafkaClients _inner = new(
        bootstrap, new Dictionary<string, string> { ["max.poll.interval.ms"] = "6000" }, TimeProvider.System,
        NullLoggerFactory.Instance);

    public IRecordConsumer OpenConsumer(string? groupId, string? instanceId) => _inner.OpenConsumer(groupId, instanceId);

    public ITransactionalProducer OpenProducer(string transactionalId) => _inner.OpenProducer(transactionalId);

    public IKafkaAdmin OpenAdmin() => _inner.OpenAdmin();
}
