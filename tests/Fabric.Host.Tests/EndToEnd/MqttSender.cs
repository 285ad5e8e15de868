using System.Text;
using Fabric.Core.Options;
using Fabric.Devices.Mqtt;
using Fabric.Testing;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>Publishes at QoS 1; what it returned from was acknowledged.</summary>
internal sealed class MqttSender : IAsyncDisposable
{
    private readonly MqttClient _client;

    private MqttSender(MqttClient client) => _client = client;

    public static MqttSender Start(MosquittoServer server, string? user = null, string? password = null)
    {
        var client = new MqttClient(
            new MqttClientOptions
            {
                Url = server.Url, ClientId = "sender", PersistentSession = false, UserName = user,
                Password = password is null ? null : new Secret(password, "test"),
            },
            TimeProvider.System, new Random());
        client.Start();
        return new MqttSender(client);
    }

    public async Task SendAsync(string topic, string payload) =>
        await _client.PublishAsync(new MqttPublication { Topic = topic, Payload = Encoding.UTF8.GetBytes(payload) });

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}
