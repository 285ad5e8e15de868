using System.Text;
using Fabric.Avro.Registry;
using Fabric.Core;
using Fabric.Core.Health;
using Fabric.Schemas;

namespace Fabric.Host.Runtime;

/// <summary>Encodes state changes for the compacted <c>status</c> topic, key node/component.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class StatusTopic(string topic, string node, RecordEncoder<ComponentStatus> encoder, RecordPublisher publisher)
{
    private readonly Lock _lock = new();

    public static async Task<StatusTopic> OpenAsync(
        string topic, string node, ISchemaRegistry registry, RecordPublisher publisher, CancellationToken cancellationToken) =>
        new(
            topic, node, await RecordEncoder<ComponentStatus>.OpenAsync(registry, topic, cancellationToken).ConfigureAwait(false),
            publisher);

    public void Publish(ComponentHealth health)
    {
        var record = new ComponentStatus
        {
            Node = node, Component = health.Name, State = StateOf(health.State), Cause = health.Cause,
            SinceMicros = (health.Since - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
            NextAction = health.NextAction, Attempt = health.Attempt,
        };
        byte[] value;
        lock (_lock)
        {
            value = encoder.Encode(record).ToArray();
        }

        publisher.Publish(new OutgoingRecord(topic, Encoding.UTF8.GetBytes(RecordKey.Join(node, health.Name)), value));
    }

    private static ComponentState StateOf(HealthState state) => state switch
    {
        HealthState.Starting => ComponentState.Starting,
        HealthState.Running => ComponentState.Running,
        HealthState.Degraded => ComponentState.Degraded,
        HealthState.Reconnecting => ComponentState.Reconnecting,
        HealthState.Stopped => ComponentState.Stopped,
        _ => ComponentState.Failed,
    };
}
