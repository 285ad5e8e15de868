using Fabric.Devices.Mqtt;
using Fabric.Testing;
using static Fabric.Devices.Tests.Mqtt.MqttClientFixture;

namespace Fabric.Devices.Tests.Mqtt;

/// <summary>A real broker that knows MQTT 3.1.1 only.</summary>
public sealed class AedesTests
{
    [SkippableFact]
    public async Task Client_without_a_version_falls_back_and_its_session_outlives_the_line()
    {
        await using AedesServer broker = await StartAsync();
        await using var link = new CuttableLink(broker.Port);
        await using MqttClient client = Client(Open(link.Port));
        Task<MqttConnectionState.FellBack> falling = client.UntilAsync<MqttConnectionState.FellBack>();
        client.Start();
        await client.UntilAsync<MqttConnectionState.Subscribed>();
        MqttConnectionState.FellBack fellBack = await falling;
        Assert.Equal(MqttReasonCode.UnsupportedProtocolVersion, fellBack.Cause.Reason);

        await using MqttClient publisher = await ConnectAsync(Open(broker.Port) with { ClientId = "pub", Subscriptions = [] });
        await PublishAsync(publisher, 1);
        await client.ReadAsync(1);
        link.Refuses = true;
        link.Cut();
        await client.UntilAsync<MqttConnectionState.Reconnecting>();
        await PublishAsync(publisher, 2);
        await PublishAsync(publisher, 3);
        link.Refuses = false;
        List<Received> received = [];
        while (received.Count < 2)
        {
            // The first comes again when its acknowledgement was on the line that was cut.
            received.AddRange((await client.ReadAsync(1)).Where(message => message.Payload != "1"));
        }

        Assert.Equal(["2", "3"], received.Select(message => message.Payload));
        Assert.All(received, message => Assert.True(message.InResumedSession));
        Assert.Equal(0, client.Counters.SessionsLost);
    }

    [SkippableFact]
    public async Task Version_5_that_is_configured_is_refused_in_words_a_person_understands()
    {
        await using AedesServer broker = await StartAsync();
        await using MqttClient client = Client(Open(broker.Port) with { Version = MqttProtocolVersion.V5 });
        Task<MqttConnectionState.Refused> refusing = client.UntilAsync<MqttConnectionState.Refused>();
        client.Start();

        MqttConnectionState.Refused refused = await refusing;
        Assert.Equal(MqttReasonCode.UnsupportedProtocolVersion, refused.Cause.Reason);
    }

    [SkippableFact]
    public async Task Mosquitto_is_spoken_to_in_5()
    {
        await using MosquittoServer broker = await BrokerAsync();
        await using MqttClient client = Client(Open(broker.Port));
        Task<MqttConnectionState.Connected> connecting = client.UntilAsync<MqttConnectionState.Connected>();
        client.Start();

        Assert.Equal(MqttProtocolVersion.V5, (await connecting).Version);
    }

    private static async Task<AedesServer> StartAsync()
    {
        Skip.IfNot(AedesServer.Judge.IsPresent, AedesServer.Judge.Absent);
        return await AedesServer.StartAsync();
    }

    private static MqttClientOptions Open(int port) => Options(new Uri($"mqtt://127.0.0.1:{port}")) with { Version = null };

    private static async Task PublishAsync(MqttClient publisher, int n)
    {
        MqttPublishOutcome outcome = await publisher.PublishAsync(Publication("t/a", $"{n}", QualityOfService.AtLeastOnce));
        Assert.True(outcome.IsPublished);
    }
}
