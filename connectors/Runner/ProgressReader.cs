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
    private static readonly TimeSpan PollStep = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(30);

    /// <summary>The last durable progress; null when the connector has never written any.</summary>
    /// <exception cref="ConnectorException"><c>PROGRESS_UNREADABLE</c>.</exception>
    public async Task<ConnectorProgress?> ReadAsync(ConnectorIdentity identity, CancellationToken cancellationToken)
    {
        byte[] key = KeyOf(identity);
        byte[]? newest = null;
        using (IKafkaAdmin admin = kafka.OpenAdmin())
        {
            int partitions = await admin.PartitionCountAsync(identity.ProgressTopic, cancellationToken).ConfigureAwait(false);
            newest = ReadNewest(identity.ProgressTopic, partitions, key, cancellationToken);
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

    private byte[]? ReadNewest(string topic, int partitions, byte[] key, CancellationToken cancellationToken)
    {
        byte[]? newest = null;
        using IRecordConsumer consumer = kafka.OpenConsumer(null, null);
        var open = Enumerable.Range(0, partitions).Select(partition => new TopicPartition(topic, partition)).ToHashSet();
        consumer.Assign([.. open.Select(partition => new PartitionPosition(partition, PartitionPosition.Beginning))]);
        var batch = new PollBatch();
        long heardAt = clock.GetTimestamp();
        while (open.Count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            batch.Clear();
            consumer.Poll(PollStep, 1000, batch);
            foreach (ConsumedRecord record in batch.Records)
            {
                if (record.Key is not null && record.Key.AsSpan().SequenceEqual(key))
                {
                    newest = record.Value;
                }
            }

            foreach (PartitionPosition end in batch.Ends)
            {
                open.Remove(end.Partition);
            }

            if (batch.Records.Count > 0 || batch.Ends.Count > 0)
            {
                heardAt = clock.GetTimestamp();
            }
            else if (clock.GetElapsedTime(heardAt) > SilenceMax)
            {
                throw new ConnectorException(
                    "PROGRESS_SILENT", $"Reading the connector's progress heard nothing for {SilenceMax.TotalSeconds:0} s",
                    topic, isRetriable: true);
            }
        }

        return newest;
    }

    private static ConnectorException Unreadable(ConnectorIdentity identity, string why) => new(
        "PROGRESS_UNREADABLE",
        $"The progress of connector '{identity.Name}' cannot be read ({why}); starting without it could lose or double "
        + "messages. Restore the schema registry, or delete the key on purpose", identity.ProgressTopic);
}
