using System.Globalization;
using System.Net;
using Fabric.Core.Options;

namespace Fabric.Host.Configuration;

/// <summary>Which Kafka: the embedded broker of this machine or a cluster.</summary>
/// <param name="Bootstrap">Null for the embedded broker, else host:port,…</param>
/// <param name="Listen">Where the embedded broker listens and is reached.</param>
/// <param name="Advertise">What the embedded broker tells clients to connect to; null for what it listens on.</param>
/// <param name="Client">Settings handed to librdkafka as they are (cluster security and tuning).</param>
internal sealed record KafkaOptions(
    string? Bootstrap, IPEndPoint Listen, DnsEndPoint? Advertise, IReadOnlyDictionary<string, string> Client)
{
    /// <summary>What is said when <see cref="HostAndPort"/> finds none.</summary>
    public const string HostAndPortExpected = "expected a host and port such as edge-1.plant.example:9092";

    private const string Embedded = "embedded";

    public bool IsEmbedded => Bootstrap is null;

    public static KafkaOptions Read(OptionReader? reader)
    {
        var listen = new IPEndPoint(IPAddress.Loopback, 9092);
        if (reader is null)
        {
            return new KafkaOptions(null, listen, null, new Dictionary<string, string>());
        }

        string bootstrap = reader.Text("bootstrap") ?? Embedded;
        if (bootstrap != Embedded && Array.Exists(bootstrap.Split(','), broker => HostAndPort(broker) is null))
        {
            reader.Document.Report(
                reader.Find("bootstrap")!, $"expected '{Embedded}' or brokers such as kafka-1:9092,kafka-2:9092, found '{bootstrap}'");
        }

        if (reader.Text("listen") is { } text)
        {
            if (IPEndPoint.TryParse(text, out IPEndPoint? parsed) && text.Contains(':'))
            {
                listen = parsed;
            }
            else
            {
                reader.Document.Report(reader.Find("listen")!, "expected an address and port such as 127.0.0.1:9092");
            }
        }

        DnsEndPoint? advertise = null;
        if (reader.Text("advertise") is { } advertised && (advertise = HostAndPort(advertised)) is null)
        {
            reader.Document.Report(reader.Find("advertise")!, $"{HostAndPortExpected}, found '{advertised}'");
        }

        var client = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (OptionEntry entry in reader.Entries("client"))
        {
            client[entry.Key] = OptionValues.Text(reader.Document, entry.Value) ?? "";
            RefuseOwned(reader.Document, entry);
        }

        reader.Finish();
        return new KafkaOptions(bootstrap == Embedded ? null : bootstrap, listen, advertise, client);
    }

    /// <summary>The parts of host:port; null when it is something else.</summary>
    public static DnsEndPoint? HostAndPort(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            && port > 0 ? new DnsEndPoint(text[..colon].Trim('[', ']'), port) : null;
    }

    // What the delivery guarantees rest on is not the user's to change.
    private static void RefuseOwned(OptionDocument document, OptionEntry entry)
    {
        string[] owned =
        [
            "bootstrap.servers", "group.id", "group.instance.id", "transactional.id", "enable.idempotence", "acks",
            "isolation.level", "enable.auto.commit", "partitioner", "partition.assignment.strategy", "auto.offset.reset",
        ];
        if (owned.Contains(entry.Key))
        {
            document.Report(
                entry.Value, $"'{entry.Key}' is set by Fabric, since its delivery guarantees depend on it; remove it");
        }
    }
}
