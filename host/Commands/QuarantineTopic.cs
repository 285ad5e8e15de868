using System.Globalization;
using Fabric.Avro;
using Fabric.Avro.Registry.Client;
using Fabric.Governance.Privacy;
using Fabric.Governance.Quarantine;
using Fabric.Host.Configuration;
using Fabric.Host.Runtime;
using Fabric.Kafka.Clients;
using Fabric.Schemas;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Commands;

/// <summary>A quarantined record and its place on the topic, <c>partition:offset</c>.</summary>
internal sealed record PlacedRecord(string Place, QuarantinedRecord Record);

/// <summary>The quarantine of a fabric that runs, as commands read it.</summary>
internal sealed class QuarantineTopic : IDisposable
{
    private readonly HttpSchemaRegistry _registry;
    private readonly RuntimeDoors _doors = CommonOptions.Doors(LogLevel.Warning);

    /// <param name="bootstrap">Where Kafka is, when the embedded broker listens elsewhere than configured; else null.</param>
    public QuarantineTopic(FabricOptions options, string? bootstrap)
    {
        Options = options;
        Kafka = new ConfluentKafkaClients(
            bootstrap ?? KafkaAddress.Find(options), options.Kafka.Client, _doors.Clock, _doors.Logs);
        _registry = new HttpSchemaRegistry(RegistryAddress.Find(options), _doors.Clock);
        Audit = new AuditLog(options, Kafka, _registry, _doors.Clock);
    }

    public FabricOptions Options { get; }

    public IKafkaClients Kafka { get; }

    /// <summary>Written before anything is revealed.</summary>
    public AuditLog Audit { get; }

    /// <summary>With the fabric's prefix.</summary>
    public string Topic => $"{Options.Fabric}.quarantine";

    /// <summary>The record at a place, or all of them: an empty list when there is none.</summary>
    public async Task<IReadOnlyList<PlacedRecord>> ReadAsync(string? place, CancellationToken cancellationToken)
    {
        int partitions;
        using (IKafkaAdmin admin = Kafka.OpenAdmin())
        {
            partitions = await admin.PartitionCountAsync(Topic, cancellationToken).ConfigureAwait(false);
        }

        var records = new List<PlacedRecord>();
        var decoder = new AvroDecoder<QuarantinedRecord>(
            id => _registry.GetAsync(id, cancellationToken).AsTask().GetAwaiter().GetResult());
        TopicScan.ReadToEnd(
            Kafka, Topic, partitions,
            record =>
            {
                string at = string.Create(CultureInfo.InvariantCulture, $"{record.Partition.Partition}:{record.Offset}");
                if ((place is null || place == at)
                    && ConfluentFraming.TryRead(record.Value, out int schemaId, out ReadOnlySpan<byte> body) == FramingResult.Ok)
                {
                    records.Add(new PlacedRecord(at, decoder.Decode(schemaId, body)));
                }
            },
            _doors.Clock, cancellationToken);
        return records;
    }

    /// <summary>The original key and payload; null when they are gone, or were encrypted and no key is configured.</summary>
    /// <exception cref="Core.FabricException">The key cannot be read, or is another one.</exception>
    public (byte[] Key, byte[] Payload)? Reveal(QuarantinedRecord record)
    {
        PrivacyKey? key = Options.Privacy is { } privacy ? PrivacyKey.Load(privacy.KeyFile, Options.DataFolder) : null;
        return new QuarantineRecords(
            DataFolder.NodeOf(Options.DataFolder, Options.Node), key is null ? null : new PayloadCipher(key),
            new QuarantineSpill(Options.DataFolder), _doors.Clock).Reveal(record);
    }

    public void Dispose() => _registry.Dispose();
}
