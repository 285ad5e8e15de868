using System.Text;
using Fabric.Avro.Registry;
using Fabric.Core;
using Fabric.Governance.Lineage;
using Fabric.Schemas;

namespace Fabric.Host.Runtime;

/// <summary>Puts OpenLineage run events on the <c>lineage</c> topic, key job namespace/job name.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class LineagePublisher(string topic, RecordEncoder<LineageEvent> encoder, RecordPublisher publisher) : ILineageSink
{
    private readonly Lock _lock = new();

    public static async Task<LineagePublisher> OpenAsync(
        string topic, ISchemaRegistry registry, RecordPublisher publisher, CancellationToken cancellationToken) =>
        new(topic, await RecordEncoder<LineageEvent>.OpenAsync(registry, topic, cancellationToken).ConfigureAwait(false), publisher);

    public void Emit(RunEvent runEvent)
    {
        var record = new LineageEvent
        {
            EventTimeMicros = (runEvent.EventTime - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
            EventType = runEvent.Type.ToString().ToUpperInvariant(), RunId = runEvent.RunId.ToString(),
            JobNamespace = runEvent.Job.Namespace, JobName = runEvent.Job.Name, Event = OpenLineageJson.Write(runEvent),
        };
        byte[] value;
        lock (_lock)
        {
            value = encoder.Encode(record).ToArray();
        }

        publisher.Publish(new OutgoingRecord(
            topic, Encoding.UTF8.GetBytes(RecordKey.Join(runEvent.Job.Namespace, runEvent.Job.Name)), value));
    }
}
