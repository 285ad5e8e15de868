using System.Text;
using Fabric.Avro.Registry;
using Fabric.Core;
using Fabric.Host.Configuration;
using Fabric.Kafka.Clients;
using Fabric.Schemas;

namespace Fabric.Host.Runtime;

/// <summary>
/// Writes who did what and why to the topic <c>audit</c>. What is to be audited is done after the record is durable, or not at all.
/// </summary>
internal sealed class AuditLog(FabricOptions options, IKafkaClients kafka, ISchemaRegistry registry, TimeProvider clock)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private readonly string _node = DataFolder.NodeOf(options.DataFolder, options.Node);

    /// <summary>Returns when the record is durable.</summary>
    /// <param name="action">E.g. <c>quarantine.reveal</c>.</param>
    /// <param name="subject">What it is done to. Never a payload.</param>
    /// <param name="reason">In the actor's words.</param>
    /// <exception cref="FabricException">The record is perhaps not written: what it is about must not be done.</exception>
    public async Task WriteAsync(string action, string subject, string reason, CancellationToken cancellationToken)
    {
        string topic = $"{options.Fabric}.{FabricTopics.Audit}";
        using (IKafkaAdmin admin = kafka.OpenAdmin())
        {
            await admin.EnsureTopicsAsync(
                [FabricTopics.Of(options).Single(spec => spec.Name == topic)], cancellationToken).ConfigureAwait(false);
        }

        using RecordEncoder<AuditEvent> encoder =
            await RecordEncoder<AuditEvent>.OpenAsync(registry, topic, cancellationToken).ConfigureAwait(false);
        var record = new AuditEvent
        {
            OccurredAtMicros = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond, Node = _node,
            Host = Environment.MachineName, Actor = Environment.UserName, Action = action, Subject = subject, Reason = reason,
        };
        using ITransactionalProducer producer = kafka.OpenProducer($"{options.Fabric}.audit.{_node}");
        producer.InitTransactions(Timeout);
        producer.Begin();
        producer.Produce(
            topic, null, Encoding.UTF8.GetBytes(RecordKey.Join(record.Node, record.Actor)), hasKey: true, encoder.Encode(record),
            hasValue: true);
        producer.Commit(Timeout);
    }
}
