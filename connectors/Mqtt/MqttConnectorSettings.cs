using Fabric.Connectors.Payload;
using Fabric.Connectors.Runner;
using Fabric.Core.Options;
using Fabric.Devices.Mqtt;

namespace Fabric.Connectors.Mqtt;

/// <summary>The section of a connector of kind <c>mqtt</c>.</summary>
/// <param name="Client">Options of the client; the client id is completed when it is opened.</param>
/// <param name="ClientId">Null: made of fabric, connector and node.</param>
/// <param name="Template">Names of the topics' levels.</param>
/// <param name="Attributes">Names of levels that become attributes of the observation.</param>
public sealed record MqttConnectorSettings(
    MqttClientOptions Client, string? ClientId, TopicTemplate Template, IReadOnlyList<string> Attributes, PayloadOptions Payload,
    PersonalData Personal) : IConnectorSettings
{
    public string Endpoint => $"{Client.Url.Scheme}://{Client.Url.Host}:{(Client.Url.Port > 0 ? Client.Url.Port : 1883)}";

    public ISource Open(ConnectorIdentity identity, ConnectorServices services) => new MqttSource(this, identity, services);

    /// <summary>Reads the keys of the section and reports its mistakes.</summary>
    public static IConnectorSettings Read(OptionReader reader, PersonalData personal)
    {
        Uri url = ReadUrl(reader);
        TopicTemplate template = ReadTemplate(reader);
        IReadOnlyList<string> attributes = reader.Texts("attributes");
        foreach (string name in attributes.Where(name => !template.Names.Contains(name)))
        {
            reader.Document.Report(
                reader.Find("attributes")!, Suggestion.ForUnknown("level", name, [.. template.Names]));
        }

        var client = new MqttClientOptions
        {
            Url = url, ClientId = "unset", Version = reader.Choice<MqttProtocolVersion?>(
                "version", null, ("5", MqttProtocolVersion.V5), ("3.1.1", MqttProtocolVersion.V311)),
            UserName = reader.Text("user"), Password = reader.Secret("password"), Tls = ReadTls(reader),
            KeepAlive = reader.Duration("keepAlive", TimeSpan.FromSeconds(30), TimeSpan.Zero, TimeSpan.FromSeconds(65_535)),
            SessionExpiry = reader.Duration(
                "sessionExpiry", TimeSpan.FromDays(1), TimeSpan.FromSeconds(1), TimeSpan.FromDays(365)),
            ReceiveMaximum = (int)reader.Integer("receiveMaximum", 1000, 1, 65_535),
            PacketBytesMax = (int)reader.ByteSize("packetBytesMax", 16 << 20, 1024, 256 << 20),
            Subscriptions = ReadSubscriptions(reader),
        };
        var settings = new MqttConnectorSettings(
            client, reader.Text("clientId"), template, attributes, PayloadOptions.Read(reader, personal), personal);
        foreach (ValueProblem problem in client.Validate())
        {
            reader.Report(problem.ToString());
        }

        return settings;
    }

    private static Uri ReadUrl(OptionReader reader)
    {
        string text = reader.RequiredText("url", "the broker's address, e.g. mqtts://broker:8883");
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "mqtt" or "mqtts" && url.Host.Length > 0)
        {
            if (url.UserInfo.Length > 0)
            {
                reader.Document.Report(reader.Find("url")!, "user and password are keys of their own ('user', 'password')");
            }

            return url;
        }

        if (text.Length > 0)
        {
            reader.Document.Report(reader.Find("url")!, "expected an address such as mqtt://broker:1883 or mqtts://broker:8883");
        }

        return new Uri("mqtt://localhost:1883");
    }

    private static TopicTemplate ReadTemplate(OptionReader reader)
    {
        string text = reader.Text("topic") ?? "{device+}";
        if (TopicTemplate.Parse(text, out string problem) is { } template)
        {
            return template;
        }

        reader.Document.Report(reader.Find("topic")!, problem);
        return TopicTemplate.Parse("{device+}", out _)!;
    }

    private static List<MqttSubscription> ReadSubscriptions(OptionReader reader)
    {
        QualityOfService qos = reader.Choice(
            "qos", QualityOfService.AtLeastOnce, ("0", QualityOfService.AtMostOnce), ("1", QualityOfService.AtLeastOnce),
            ("2", QualityOfService.ExactlyOnce));
        IReadOnlyList<string> filters = reader.Texts("subscribe");
        if (filters.Count == 0)
        {
            reader.Report("'subscribe' is missing: expected at least one topic filter, e.g. [plant7/+/+/+]");
        }

        ReportOverlaps(reader, filters);
        return [.. filters.Select(filter => new MqttSubscription(filter) { QoS = qos })];
    }

    /// <summary>
    /// A broker may send a message once for each filter it falls under (mosquitto does), and nothing tells the copies from two
    /// messages: every value would be there twice.
    /// </summary>
    private static void ReportOverlaps(OptionReader reader, IReadOnlyList<string> filters)
    {
        string[] valid = [.. filters.Where(MqttTopicFilter.IsValid)];
        for (int i = 0; i < valid.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (MqttTopicFilter.Overlap(valid[i], valid[j]))
                {
                    reader.Document.Report(
                        reader.Find("subscribe")!,
                        $"'{valid[j]}' and '{valid[i]}' have topics in common, which the broker may deliver twice; use filters that exclude each other");
                }
            }
        }
    }

    private static MqttTlsOptions? ReadTls(OptionReader reader)
    {
        if (reader.Section("tls") is not { } section)
        {
            return null;
        }

        string? Path(string key) =>
            section.Text(key) is { } path ? System.IO.Path.GetFullPath(path, System.IO.Path.GetFullPath(section.Document.Folder)) : null;
        var tls = new MqttTlsOptions
        {
            CaFile = Path("ca"), CertificateFile = Path("certificate"), KeyFile = Path("key"),
            KeyPassword = section.Secret("keyPassword"), ServerName = section.Text("serverName"),
        };
        section.Finish();
        return tls;
    }
}
