using System.Text;
using Fabric.Avro;
using Fabric.Avro.Registry;
using Fabric.Core;
using Fabric.Kafka.Clients;
using Fabric.Schemas;

namespace Fabric.Connectors.Runner;

/// <summary>How far a connector got.</summary>
/// <param name="Connector">Epoch and source position. Its map of sequence numbers is empty: the devices have them.</param>
internal sealed record StoredProgress(ConnectorProgress Connector, DeviceSequences Devices);

/// <summary>
/// Reads how far a connector got from the compacted <c>connectors</c> topic: the newest record of its key, and the newest of
/// each of its devices (<c>node/connector/device</c>).
/// </summary>
internal sealed class ProgressReader
{
    private readonly IKafkaClients _kafka;
    private readonly ISchemaRegistry _registry;
    private readonly TimeProvider _clock;
    private readonly Dictionary<int, Schema> _writers = [];
    private readonly AvroDecoder<ConnectorProgress> _decoder;

    public ProgressReader(IKafkaClients kafka, ISchemaRegistry registry, TimeProvider clock)
    {
        _kafka = kafka;
        _registry = registry;
        _clock = clock;
        _decoder = new AvroDecoder<ConnectorProgress>(id => _writers[id]);
    }

    /// <summary>The last durable progress; null when the connector has never written any.</summary>
    /// <exception cref="ConnectorException"><c>PROGRESS_UNREADABLE</c>.</exception>
    public async Task<StoredProgress?> ReadAsync(ConnectorIdentity identity, CancellationToken cancellationToken)
    {
        byte[] key = KeyOf(identity), prefix = [.. key, (byte)'/'];
        byte[]? newest = null;
        var devices = new Dictionary<string, byte[]?>(StringComparer.Ordinal);
        using (IKafkaAdmin admin = _kafka.OpenAdmin())
        {
            int partitions = await admin.PartitionCountAsync(identity.ProgressTopic, cancellationToken).ConfigureAwait(false);
            TopicScan.ReadToEnd(
                _kafka, identity.ProgressTopic, partitions,
                record =>
                {
                    ReadOnlySpan<byte> found = record.Key;
                    if (found.SequenceEqual(key))
                    {
                        newest = record.Value;
                    }
                    else if (found.StartsWith(prefix))
                    {
                        devices[Encoding.UTF8.GetString(found)] = record.Value;
                    }
                },
                _clock, cancellationToken);
        }

        if (newest is null)
        {
            return null;
        }

        ConnectorProgress progress = await DecodeAsync(identity, newest, cancellationToken).ConfigureAwait(false);
        var sequences = new DeviceSequences();
        foreach (byte[] device in devices.Values.OfType<byte[]>())
        {
            ConnectorProgress own = await DecodeAsync(identity, device, cancellationToken).ConfigureAwait(false);
            if (own.Epoch == progress.Epoch)
            {
                Restore(own, sequences, isWritten: true);
            }
        }

        Restore(progress, sequences, isWritten: false);
        progress.NextSequence.Clear();
        return new StoredProgress(progress, sequences);
    }

    public static byte[] KeyOf(ConnectorIdentity identity) =>
        Encoding.UTF8.GetBytes(RecordKey.Join(identity.Node, identity.Name));

    public static byte[] KeyOf(ConnectorIdentity identity, string device) =>
        Encoding.UTF8.GetBytes(RecordKey.Join(identity.Node, identity.Name, device));

    private static void Restore(ConnectorProgress progress, DeviceSequences sequences, bool isWritten)
    {
        foreach ((string device, long next) in progress.NextSequence)
        {
            sequences.Restore(device, next, isWritten);
        }
    }

    private async Task<ConnectorProgress> DecodeAsync(
        ConnectorIdentity identity, byte[] value, CancellationToken cancellationToken)
    {
        if (ConfluentFraming.TryRead(value, out int schemaId, out _) != FramingResult.Ok)
        {
            throw Unreadable(identity, "the record is not in the registry's wire format");
        }

        if (!_writers.TryGetValue(schemaId, out Schema? writer))
        {
            writer = await _registry.GetAsync(schemaId, cancellationToken).ConfigureAwait(false);
            _writers.Add(schemaId, writer);
        }

        try
        {
            return _decoder.Decode(schemaId, value.AsSpan(ConfluentFraming.HeaderBytes));
        }
        catch (AvroException exception)
        {
            throw Unreadable(identity, exception.Message);
        }
    }

    private static ConnectorException Unreadable(ConnectorIdentity identity, string why) => new(
        "PROGRESS_UNREADABLE",
        $"The progress of connector '{identity.Name}' cannot be read ({why}); starting without it could lose or double "
        + "messages. Restore the schema registry, or delete the key on purpose", identity.ProgressTopic);
}
