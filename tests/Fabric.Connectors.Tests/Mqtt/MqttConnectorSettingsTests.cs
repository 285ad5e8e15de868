using Fabric.Connectors.Mqtt;
using Fabric.Core.Options;
using Fabric.Devices.Mqtt;

namespace Fabric.Connectors.Tests.Mqtt;

public class MqttConnectorSettingsTests
{
    [Fact]
    public void Read_of_the_least_there_is_takes_the_defaults()
    {
        (MqttConnectorSettings settings, OptionDocument document) = Read("""
            url: mqtt://broker
            subscribe: [a/#]
            payload: { format: json }
            """);

        Assert.Empty(document.Problems);
        Assert.Equal("mqtt://broker:1883", settings.Endpoint);
        Assert.Equal("{device+}", settings.Template.Text);
        Assert.Null(settings.ClientId);
        Assert.Null(settings.Client.UserName);
        Assert.Null(settings.Client.Version);
        Assert.True(settings.Client.PersistentSession);
        Assert.Equal(1000, settings.Client.ReceiveMaximum);
        Assert.Equal(TimeSpan.FromDays(1), settings.Client.SessionExpiry);
        Assert.Equal(
            new MqttSubscription("a/#") { QoS = QualityOfService.AtLeastOnce }, Assert.Single(settings.Client.Subscriptions));
    }

    [Fact]
    public void Read_takes_every_key()
    {
        (MqttConnectorSettings settings, OptionDocument document) = Read("""
            url: mqtts://broker:8884
            subscribe: [a/+/b, c]
            qos: 2
            version: 3.1.1
            clientId: me
            user: joe
            password: ${env:SECRET}
            keepAlive: 20s
            sessionExpiry: 2h
            receiveMaximum: 77
            packetBytesMax: 1MiB
            topic: a/{device}/{x}
            attributes: [x]
            tls: { ca: ca.pem, certificate: c.pem, key: k.pem, serverName: other }
            payload: { format: number }
            """);

        MqttClientOptions client = settings.Client;
        Assert.All(document.Problems, problem => Assert.Contains("does not exist", problem.Message, StringComparison.Ordinal));
        Assert.Equal("mqtts://broker:8884", settings.Endpoint);
        Assert.Equal(("me", "joe", "hidden"), (settings.ClientId, client.UserName, client.Password!.Reveal()));
        Assert.Equal(MqttProtocolVersion.V311, client.Version);
        Assert.Equal((20, 7200, 77, 1 << 20),
            ((int)client.KeepAlive.TotalSeconds, (int)client.SessionExpiry.TotalSeconds, client.ReceiveMaximum, client.PacketBytesMax));
        Assert.Equal(["a/+/b", "c"], client.Subscriptions.Select(subscription => subscription.Filter));
        Assert.All(client.Subscriptions, subscription => Assert.Equal(QualityOfService.ExactlyOnce, subscription.QoS));
        Assert.Equal(Path.Combine("/etc/fabric", "ca.pem"), client.Tls!.CaFile);
        Assert.Equal("other", client.Tls.ServerName);
        Assert.DoesNotContain("hidden", settings.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("url: mqtt://broker", "subscribe")]
    [InlineData("subscribe: [a]", "url")]
    [InlineData("url: http://broker\nsubscribe: [a]", "url")]
    [InlineData("url: broker:1883\nsubscribe: [a]", "url")]
    [InlineData("url: mqtt://joe:pw@broker\nsubscribe: [a]", "url")]
    [InlineData("url: mqtt://broker\nsubscribe: [a/#/b]", "subscribe[0]")]
    [InlineData("url: mqtt://broker\nsubscribe: [a, b+]", "subscribe[1]")]
    [InlineData("url: mqtt://broker\nsubscribe: [a]\nqos: 3", "qos")]
    [InlineData("url: mqtt://broker\nsubscribe: [a]\nversion: 4", "version")]
    [InlineData("url: mqtt://broker\nsubscribe: [a]\nversion: 3.1.1\npassword: x", "password")]
    [InlineData("url: mqtt://broker\nsubscribe: [a]\nkeepAlive: 20h", "keepAlive")]
    [InlineData("url: mqtt://broker\nsubscribe: [a]\nsessionExpiry: 0s", "sessionExpiry")]
    [InlineData("url: mqtt://broker\nsubscribe: [a]\nreceiveMaximum: 0", "receiveMaximum")]
    [InlineData("url: mqtt://broker\nsubscribe: [a]\nreceiveMaximum: 70000", "receiveMaximum")]
    [InlineData("url: mqtt://broker\nsubscribe: [a]\npacketBytesMax: 10", "packetBytesMax")]
    [InlineData("url: mqtt://broker\nsubscribe: [a]\ntopic: a/+/{device}", "topic")]
    [InlineData("url: mqtt://broker\nsubscribe: [a]\ntopic: '{device}'\nattributes: [line]", "attributes")]
    [InlineData("url: mqtts://broker\nsubscribe: [a]\ntls: { certificate: c.pem }", "tls")]
    [InlineData("url: mqtt://broker\nsubscribe: [a]\ntls: { cafile: c.pem }", "cafile")]
    [InlineData("url: mqtt://broker\nsubscribe: [a]\nretain: true", "retain")]
    public void Read_reports_a_mistake_where_it_stands(string yaml, string expected)
    {
        (_, OptionDocument document) = Read(yaml + "\npayload: { format: json }");
        Assert.Contains(document.Problems, problem => problem.ToString().Contains(expected, StringComparison.Ordinal));
        Assert.All(document.Problems, problem => Assert.True(problem.Line > 0));
    }

    [Fact]
    public void Read_reports_all_mistakes_together_and_never_a_secret()
    {
        (_, OptionDocument document) = Read("""
            url: http://joe:hunter2@broker
            qos: 7
            version: 6
            password: hunter2
            keepAlive: soon
            topic: "{device}/{device}"
            atributes: [a]
            """);

        string all = string.Join('\n', document.Problems);
        Assert.All(
            new[] { "url", "qos", "version", "password", "keepAlive", "topic", "'attributes'", "subscribe" },
            word => Assert.Contains(word, all, StringComparison.Ordinal));
        Assert.DoesNotContain("hunter2", all, StringComparison.Ordinal);
        Assert.Equal(document.Problems.OrderBy(problem => problem.Line).ThenBy(problem => problem.Column), document.Problems);
    }

    private static (MqttConnectorSettings Settings, OptionDocument Document) Read(string yaml)
    {
        OptionDocument document = OptionDocument.Parse(
            yaml, "fabric.yaml", "/etc/fabric", name => name == "SECRET" ? "hidden" : null);
        var reader = new OptionReader(document, document.Root);
        var settings = (MqttConnectorSettings)MqttConnectorSettings.Read(reader, PersonalData.None);
        reader.Finish();
        return (settings, document);
    }
}
