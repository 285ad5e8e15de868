using System.Text;
using Fabric.Avro.Registry;
using Fabric.Avro.Registry.Server;
using Fabric.Core;
using Fabric.Kafka;
using Fabric.Kafka.Clients;

namespace Fabric.Host.Registry;

/// <summary>
/// The registry's <c>_schemas</c> topic: one partition, compacted. The writer is a transactional producer, so a second
/// registry over the same topic fences the first instead of writing beside it.
/// </summary>
/// <remarks>Used by one registry, one call at a time.</remarks>
internal sealed class KafkaSchemaLog(IKafkaClients kafka, string fabric, short replication, TimeProvider clock)
    : ISchemaLog, IDisposable
{
    private const string Topic = "_schemas";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private ITransactionalProducer? _producer;

    public async Task OpenAsync(Action<string, string?> apply, CancellationToken cancellationToken)
    {
        try
        {
            using (IKafkaAdmin admin = kafka.OpenAdmin())
            {
                var config = new Dictionary<string, string> { ["cleanup.policy"] = "compact" };
                await admin.EnsureTopicsAsync([new TopicSpec(Topic, 1, replication, config)], cancellationToken)
                    .ConfigureAwait(false);
            }

            _producer?.Dispose();
            _producer = kafka.OpenProducer($"{fabric}.schema-registry");
            _producer.InitTransactions(Timeout);
            TopicScan.ReadToEnd(
                kafka, Topic, 1,
                record => apply(
                    Encoding.UTF8.GetString(record.Key ?? []), record.Value is null ? null : Encoding.UTF8.GetString(record.Value)),
                clock, cancellationToken);
        }
        catch (FabricException exception) when (exception is KafkaException)
        {
            throw Unavailable("read", exception);
        }
    }

    public Task AppendAsync(IReadOnlyList<(string Key, string? Value)> records, CancellationToken cancellationToken)
    {
        ITransactionalProducer producer = _producer ?? throw new InvalidOperationException("The schema log is not open");
        try
        {
            producer.Begin();
            foreach ((string key, string? value) in records)
            {
                producer.Produce(
                    Topic, 0, Encoding.UTF8.GetBytes(key), hasKey: true, Encoding.UTF8.GetBytes(value ?? ""), value is not null);
            }

            producer.Commit(Timeout);
            return Task.CompletedTask;
        }
        catch (KafkaException exception)
        {
            throw Unavailable("written", exception);
        }
    }

    public void Dispose() => _producer?.Dispose();

    private static RegistryException Unavailable(string what, FabricException exception) => exception is KafkaException { IsFenced: true }
        ? new RegistryException(
            RegistryCode.Refused, "Another schema registry took over this topic", Topic, innerException: exception)
        : new RegistryException(
            RegistryCode.Unavailable, $"The schema topic cannot be {what}: {exception.Message}", Topic, isRetriable: true, exception);
}
