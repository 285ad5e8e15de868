using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using Fabric.Kafka.Clients;
using Fabric.Schemas;

namespace Fabric.Host.Commands;

/// <summary><c>fabric quarantine</c>: what could not be processed, by its place on the topic; looking into it; putting it back.</summary>
internal static class QuarantineCommand
{
    private const string Irretrievable =
        "fabric: the bytes of this record cannot be read: its file is gone, or the privacy key it was encrypted with is not configured";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    public static Command Create() =>
        new("quarantine", "Records that could not be processed") { List(), Show(), Replay() };

    private static Command List()
    {
        Option<string> config = CommonOptions.Config();
        Option<string?> kafka = Bootstrap();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("list", "Every quarantined record: place, component, rule, reason") { config, kafka, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            using QuarantineTopic topic = Open(parsed.GetValue(config)!, parsed.GetValue(kafka));
            IReadOnlyList<PlacedRecord> records = await topic.ReadAsync(null, cancellation).ConfigureAwait(false);
            RowPrinter.Print(
                ["place", "quarantined", "component", "rule", "bytes", "reason"],
                [.. records.Select(item => new object?[]
                {
                    item.Place, Instant(item.Record.QuarantinedAtMicros), item.Record.Component, item.Record.Rule,
                    item.Record.PayloadSize, item.Record.Reason,
                })], parsed.GetValue(json), Console.Out);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Show()
    {
        Option<string> config = CommonOptions.Config();
        Option<string?> kafka = Bootstrap();
        Option<bool> json = CommonOptions.Json();
        Argument<string> place = Place();
        var reveal = new Option<bool>("--reveal") { Description = "Also its bytes; who asked and why goes to the topic audit first" };
        var reason = new Option<string?>("--reason") { Description = "Why, for the audit; with --reveal", HelpName = "TEXT" };
        var command = new Command("show", "One quarantined record, without its bytes unless they are asked for")
        {
            place, config, kafka, json, reveal, reason,
        };
        command.Validators.Add(result => RequireBoth(result, reveal, reason));
        command.SetAction((parsed, cancellation) => WithRecordAsync(
            parsed.GetValue(config)!, parsed.GetValue(kafka), parsed.GetValue(place)!,
            (topic, record) => ShowAsync(
                topic, record, parsed.GetValue(json), parsed.GetValue(reveal) ? parsed.GetValue(reason) : null, cancellation),
            cancellation));
        return command;
    }

    private static Command Replay()
    {
        Option<string> config = CommonOptions.Config();
        Option<string?> kafka = Bootstrap();
        Argument<string> place = Place();
        var command = new Command(
            "replay", "Write a record that was read from a topic back to that topic, byte for byte") { place, config, kafka };
        command.SetAction((parsed, cancellation) => WithRecordAsync(
            parsed.GetValue(config)!, parsed.GetValue(kafka), parsed.GetValue(place)!,
            (topic, record) => Task.FromResult(Put(topic, record)), cancellation));
        return command;
    }

    private static void RequireBoth(CommandResult result, Option<bool> reveal, Option<string?> reason)
    {
        if (result.GetValue(reveal) && string.IsNullOrWhiteSpace(result.GetValue(reason)))
        {
            result.AddError("--reveal: say why with --reason TEXT; it is kept in the topic audit");
        }
        else if (!result.GetValue(reveal) && result.GetResult(reason) is not null)
        {
            result.AddError("--reason: there is nothing to give a reason for without --reveal");
        }
    }

    /// <param name="reason">Null: the bytes are not asked for.</param>
    private static async Task<int> ShowAsync(
        QuarantineTopic topic, PlacedRecord item, bool json, string? reason, CancellationToken cancellationToken)
    {
        List<(string Field, object? Value)> fields = Fields(item);
        if (reason is not null)
        {
            // First on record, then on the screen: also when it turns out that the bytes do not open.
            string subject = $"{topic.Topic}/{item.Place.Replace(':', '/')}";
            await topic.Audit.WriteAsync("quarantine.reveal", subject, reason.Trim(), cancellationToken).ConfigureAwait(false);
            if (topic.Reveal(item.Record) is not { } original)
            {
                await Console.Error.WriteLineAsync(Irretrievable).ConfigureAwait(false);
                return ExitCode.No;
            }

            fields.Add(("original key", new RevealedBytes(original.Key).ToString()));
            fields.Add(("payload", new RevealedBytes(original.Payload).ToString()));
        }

        RowPrinter.PrintOne(fields, json, Console.Out);
        return ExitCode.Done;
    }

    private static List<(string Field, object? Value)> Fields(PlacedRecord item)
    {
        QuarantinedRecord record = item.Record;
        return
        [
            ("place", item.Place), ("node", record.Node), ("component", record.Component), ("rule", record.Rule),
            ("reason", record.Reason), ("quarantined", Instant(record.QuarantinedAtMicros)), ("source", record.Source), ("device", record.Device),
            ("topic", record.Topic), ("partition", record.Partition), ("offset", record.Offset), ("schema id", record.SchemaId),
            ("key id", record.KeyId), ("bytes", record.PayloadSize),
            ("kept", record.Spill is not null ? "in a file" : record.Payload is null ? "no" : "on the topic"),
        ];
    }

    private static int Put(QuarantineTopic topic, PlacedRecord item)
    {
        QuarantinedRecord record = item.Record;
        if (record.Topic is null)
        {
            Console.Error.WriteLine(
                "fabric: this record never reached a topic: it was refused at ingestion; mend the connector's settings and let the "
                + "device send it again");
            return ExitCode.No;
        }

        if (topic.Reveal(record) is not { } original)
        {
            Console.Error.WriteLine(Irretrievable);
            return ExitCode.No;
        }

        using ITransactionalProducer producer = topic.Kafka.OpenProducer($"{topic.Options.Fabric}.quarantine-replay");
        producer.InitTransactions(Timeout);
        producer.Begin();
        producer.Produce(
            record.Topic, record.Partition, original.Key, original.Key.Length > 0, original.Payload, hasValue: true, null,
            [new RecordHeader("quarantine.replayed", Encoding.UTF8.GetBytes(item.Place))]);
        producer.Commit(Timeout);
        Console.WriteLine($"written back to {record.Topic}, partition {record.Partition}");
        return ExitCode.Done;
    }

    private static async Task<int> WithRecordAsync(
        string config, string? bootstrap, string place, Func<QuarantineTopic, PlacedRecord, Task<int>> act,
        CancellationToken cancellationToken)
    {
        using QuarantineTopic topic = Open(config, bootstrap);
        IReadOnlyList<PlacedRecord> records = await topic.ReadAsync(place, cancellationToken).ConfigureAwait(false);
        if (records.Count == 0)
        {
            await Console.Error.WriteLineAsync($"fabric: there is no quarantined record at {place}; see 'fabric quarantine list'")
                .ConfigureAwait(false);
            return ExitCode.No;
        }

        return await act(topic, records[0]).ConfigureAwait(false);
    }

    private static QuarantineTopic Open(string config, string? bootstrap) => new(CommonOptions.Load(config).Options, bootstrap);

    private static Argument<string> Place() => new("PLACE") { Description = "Partition:offset, as list prints it" };

    private static Option<string?> Bootstrap() => new("--kafka")
    {
        Description = "Where Kafka is, when the embedded broker listens elsewhere than configured", HelpName = "HOST:PORT",
    };

    private static string Instant(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond)
        .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
