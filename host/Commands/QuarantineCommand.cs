using System.CommandLine;
using System.Globalization;
using System.Text;
using Fabric.Avro;
using Fabric.Avro.Registry.Client;
using Fabric.Core.Options;
using Fabric.Governance.Privacy;
using Fabric.Governance.Quarantine;
using Fabric.Host.Configuration;
using Fabric.Host.Runtime;
using Fabric.Kafka.Clients;
using Fabric.Schemas;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Commands;

/// <summary><c>fabric quarantine</c>: what could not be processed, by its place on the topic; and putting it back.</summary>
internal static class QuarantineCommand
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    public static Command Create() =>
        new("quarantine", "Records that could not be processed") { List(), Show(), Replay() };

    private static Command List()
    {
        Option<string> config = CommonOptions.Config();
        Option<string?> kafka = Bootstrap();
        var command = new Command("list", "Every quarantined record: place, component, rule, reason") { config, kafka };
        command.SetAction((parsed, cancellation) => WithTopicAsync(
            parsed.GetValue(config)!, parsed.GetValue(kafka), null, (records, _) =>
            {
                RowPrinter.Align(
                    ["place", "quarantined", "component", "rule", "bytes", "reason"],
                    [.. records.Select(item => new[]
                    {
                        item.Place, Instant(item.Record.QuarantinedAtMicros), item.Record.Component, item.Record.Rule,
                        item.Record.PayloadSize.ToString(CultureInfo.InvariantCulture), item.Record.Reason,
                    })], Console.Out);
                return ExitCode.Done;
            }, cancellation));
        return command;
    }

    private static Command Show()
    {
        Option<string> config = CommonOptions.Config();
        Option<string?> kafka = Bootstrap();
        var place = new Argument<string>("PLACE") { Description = "Partition:offset, as list prints it" };
        var command = new Command("show", "One quarantined record without its bytes") { place, config, kafka };
        command.SetAction((parsed, cancellation) => WithTopicAsync(
            parsed.GetValue(config)!, parsed.GetValue(kafka), parsed.GetValue(place), (records, _) =>
            {
                QuarantinedRecord record = records[0].Record;
                RowPrinter.Align(
                    ["field", "value"],
                    [
                        ["place", records[0].Place], ["node", record.Node], ["component", record.Component], ["rule", record.Rule],
                        ["reason", record.Reason], ["quarantined", Instant(record.QuarantinedAtMicros)],
                        ["source", record.Source ?? ""], ["device", record.Device ?? ""], ["topic", record.Topic ?? ""],
                        ["partition", record.Partition?.ToString(CultureInfo.InvariantCulture) ?? ""],
                        ["offset", record.Offset?.ToString(CultureInfo.InvariantCulture) ?? ""],
                        ["schema id", record.SchemaId?.ToString(CultureInfo.InvariantCulture) ?? ""],
                        ["key id", record.KeyId ?? ""], ["bytes", record.PayloadSize.ToString(CultureInfo.InvariantCulture)],
                        ["kept", record.Spill is not null ? "in a file" : record.Payload is null ? "no" : "on the topic"],
                    ], Console.Out);
                return ExitCode.Done;
            }, cancellation));
        return command;
    }

    private static Command Replay()
    {
        Option<string> config = CommonOptions.Config();
        Option<string?> kafka = Bootstrap();
        var place = new Argument<string>("PLACE") { Description = "Partition:offset, as list prints it" };
        var command = new Command(
            "replay", "Write a record that was read from a topic back to that topic, byte for byte") { place, config, kafka };
        command.SetAction((parsed, cancellation) => WithTopicAsync(
            parsed.GetValue(config)!, parsed.GetValue(kafka), parsed.GetValue(place), Put, cancellation));
        return command;
    }

    private static int Put(IReadOnlyList<(string Place, QuarantinedRecord Record)> records, QuarantineDoors doors)
    {
        QuarantinedRecord record = records[0].Record;
        if (record.Topic is null)
        {
            Console.Error.WriteLine(
                "fabric: this record never reached a topic: it was refused at ingestion; mend the connector's settings and let the "
                + "device send it again");
            return ExitCode.No;
        }

        if (doors.Records.Reveal(record) is not { } original)
        {
            Console.Error.WriteLine("fabric: the bytes of this record cannot be read: its file is gone, or the privacy key it was encrypted with is not configured");
            return ExitCode.No;
        }

        using ITransactionalProducer producer = doors.Kafka.OpenProducer($"{doors.Fabric}.quarantine-replay");
        producer.InitTransactions(Timeout);
        producer.Begin();
        producer.Produce(
            record.Topic, record.Partition, original.Key, original.Key.Length > 0, original.Payload, hasValue: true, null,
            [new RecordHeader("quarantine.replayed", Encoding.UTF8.GetBytes(records[0].Place))]);
        producer.Commit(Timeout);
        Console.WriteLine($"written back to {record.Topic}, partition {record.Partition}");
        return ExitCode.Done;
    }

    private static async Task<int> WithTopicAsync(
        string config, string? bootstrap, string? place,
        Func<IReadOnlyList<(string Place, QuarantinedRecord Record)>, QuarantineDoors, int> act, CancellationToken cancellation)
    {
        FabricOptions options = CommonOptions.Load(config).Options;
        RuntimeDoors doors = CommonOptions.Doors(LogLevel.Warning);
        var kafka = new ConfluentKafkaClients(
            bootstrap ?? options.Kafka.BootstrapServers, options.Kafka.Client, doors.Clock, doors.Logs);
        using var registry = new HttpSchemaRegistry(RegistryAddress.Find(options), doors.Clock);
        PrivacyKey? key = options.Privacy is { } privacy ? PrivacyKey.Load(privacy.KeyFile, options.DataFolder) : null;
        var quarantine = new QuarantineRecords(
            options.Node ?? "cli", key is null ? null : new PayloadCipher(key), new QuarantineSpill(options.DataFolder), doors.Clock);
        string topic = $"{options.Fabric}.quarantine";
        var records = new List<(string Place, QuarantinedRecord Record)>();
        var decoder = new AvroDecoder<QuarantinedRecord>(
            id => registry.GetAsync(id, cancellation).AsTask().GetAwaiter().GetResult());
        int partitions;
        using (IKafkaAdmin admin = kafka.OpenAdmin())
        {
            partitions = await admin.PartitionCountAsync(topic, cancellation).ConfigureAwait(false);
        }

        TopicScan.ReadToEnd(
            kafka, topic, partitions,
            record =>
            {
                string at = string.Create(CultureInfo.InvariantCulture, $"{record.Partition.Partition}:{record.Offset}");
                if ((place is null || place == at)
                    && ConfluentFraming.TryRead(record.Value, out int schemaId, out ReadOnlySpan<byte> body) == FramingResult.Ok)
                {
                    records.Add((at, decoder.Decode(schemaId, body)));
                }
            },
            doors.Clock, cancellation);
        if (place is not null && records.Count == 0)
        {
            await Console.Error.WriteLineAsync($"fabric: there is no quarantined record at {place}; see 'fabric quarantine list'")
                .ConfigureAwait(false);
            return ExitCode.No;
        }

        return act(records, new QuarantineDoors(options.Fabric, kafka, quarantine));
    }

    private static Option<string?> Bootstrap() => new("--kafka")
    {
        Description = "Where Kafka is, when the embedded broker listens elsewhere than configured", HelpName = "HOST:PORT",
    };

    private static string Instant(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond)
        .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private sealed record QuarantineDoors(string Fabric, IKafkaClients Kafka, QuarantineRecords Records);
}
