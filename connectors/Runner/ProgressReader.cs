using System.Text;
using Fabric.Avro;
using Fabric.Avro.Registry;
using Fabric.Core;
using Fabric.Kafka.Clients;
using Fabric.Schemas;

namespace Fabric.Connectors.Runner;

/// <summary>Reads how far a connector got: the newest record of its key on the compacted <c>connectors</c> topic.</summary>
internal sealed class ProgressReader(IKafkaClients kafka, ISchemaRegistry registry, TimeProvider clock)
{
    /// <summary>The last durable progress; null when the connector has never written any.</summary>
    /// <exception cref="ConnectorException"><c>PROGRESS_UNREADABLE</c>.</exception>
    public async Task<ConnectorProgress?> ReadAsync(ConnectorIdentity identity, CancellationToken cancellationToken)
    {
        byte[] key = KeyOf(identity);
        byte[]? newest = null;
        using (IKafkaAdmin admin = kafka.OpenAdmin())
        {
            int partitions = await admin.PartitionCountAsync(identity.ProgressTopic, cancellationToken).ConfigureAwait(false);
            TopicScan.ReadToEnd(
                kafka, identity.ProgressTopic, partitions,
                record => newest = record.Key is not null && record.Key.AsSpan().SequenceEqual(key) ? record.Value : newest,
                clock, cancellationToken);
        }

        if (newest is null)
        {
            return null;
        }

        if (ConfluentFraming.TryRead(newest, out int schemaId, out _) != FramingResult.Ok)
        {
            throw Unreadable(identity, "the record is not in the registry's wire format");
        }

        Schema writer = await registry.GetAsync(schemaId, cancellationToken).ConfigureAwait(false);
        try
        {
            return new AvroDecoder<ConnectorProgress>(_ => writer)
                .Decode(schemaId, newest.AsSpan(ConfluentFraming.HeaderBytes));
        }
        catch (AvroException exception)
        {
            throw Unreadable(identity, exception.Message);
        }
    }

    public static byte[] KeyOf(ConnectorIdentity identity) =>
        Encoding.UTF8.GetBytes(RecordKey.Join(identity.Node, identity.Name));

    private static ConnectorException Unreadable(ConnectorIdentity identity, string why) => new(
        "PROGRESS_UNREADABLE",
        $"The progress of connector '{identity.Name}' cannot be read ({why}); starting without it could lose or double "
        + "messages. Restore the schema registry, or delete the key on purpose", identity.ProgressTopic);
}
