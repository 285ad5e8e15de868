using Fabric.Devices.Mqtt;
using Fabric.Devices.Mqtt.Packets;
using static Fabric.Devices.Tests.Mqtt.MqttClientFixture;

namespace Fabric.Devices.Tests.Mqtt;

/// <summary>Which version is tried, against a broker that the test plays. Real ones: <see cref="AedesTests"/>, <see cref="MosquittoTests"/>.</summary>
public sealed class VersionChoiceTests : IDisposable
{
    private const MqttProtocolVersion V5 = MqttProtocolVersion.V5, V311 = MqttProtocolVersion.V311;

    private static readonly ConnackPacket Welcome = new(false, MqttReasonCode.Success);

    private readonly ScriptedBroker _broker = new();

    private MqttClientOptions Open => Options(_broker.Url) with { Version = null, Subscriptions = [] };

    public void Dispose() => _broker.Dispose();

    /// <summary>How brokers that know only 3.1.1 answer a CONNECT of MQTT 5; empty: they hang up.</summary>
    public static TheoryData<string, byte[]> Answers => new()
    {
        { "return code 1 (MQTT 3.1.1 §3.1.2.2)", [0x20, 2, 0, 1] },
        { "reason 0x84 (MQTT 5.0 §3.1.2.2)", [0x20, 3, 0, 0x84, 0] },
        { "accepted in the layout of 3.1.1, whatever was asked", [0x20, 2, 0, 0] },
        { "hangs up", [] },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Broker_that_does_not_take_5_is_spoken_to_in_311_at_once_and_for_good(string how, byte[] answer)
    {
        await using MqttClient client = Client(Open with { ReconnectDelayMin = Bound, ReconnectDelayMax = Bound, RefusedRetryDelay = Bound });
        Task<MqttConnectionState.FellBack> falling = client.UntilAsync<MqttConnectionState.FellBack>();
        Task<MqttConnectionState.Connected> connecting = client.UntilAsync<MqttConnectionState.Connected>();
        client.Start();
        await RefuseAsync(V5, answer);
        using (ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome, V311))
        {
            Assert.True(line.Connect!.Version == V311, how);
            Assert.False(line.Connect.CleanStart);
            Assert.Equal(V311, (await falling).Version);
            Assert.Equal(V311, (await connecting).Version);
        }
    }

    [Fact]
    public async Task Version_that_was_found_is_kept_over_lost_connections_and_hang_ups()
    {
        await using MqttClient client = Client(Open);
        client.Start();
        await RefuseAsync(V5, []);
        for (int life = 0; life < 3; life++)
        {
            using (ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome, V311))
            {
                await client.UntilAsync<MqttConnectionState.Connected>(state => state.Generation == life + 1);
            }

            await RefuseAsync(V311, []);
        }
    }

    [Fact]
    public async Task Hang_up_of_a_broker_that_has_spoken_5_is_no_reason_to_fall_back()
    {
        await using MqttClient client = Client(Open);
        client.Start();
        (await _broker.AcceptAsync(Welcome)).Dispose();
        await RefuseAsync(V5, []);
        await RefuseAsync(V5, []);
        using ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);

        Assert.Equal(V5, line.Connect!.Version);
    }

    [Fact]
    public async Task Broker_that_hangs_up_on_both_is_asked_for_5_again()
    {
        await using MqttClient client = Client(Open);
        client.Start();
        for (int round = 0; round < 3; round++)
        {
            await RefuseAsync(V5, []);
            await RefuseAsync(V311, []);
        }

        using ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        Assert.Equal(V5, line.Connect!.Version);
    }

    [Fact]
    public async Task Broker_that_refuses_both_needs_a_person_and_one_that_is_replaced_is_found_out()
    {
        await using MqttClient client = Client(Open);
        Task<MqttConnectionState.Refused> refusing = client.UntilAsync<MqttConnectionState.Refused>();
        client.Start();
        await RefuseAsync(V5, [0x20, 2, 0, 1]);
        await RefuseAsync(V311, [0x20, 2, 0, 1]);
        Assert.Equal(MqttReasonCode.UnsupportedProtocolVersion, (await refusing).Cause.Reason);
        using ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        Assert.Equal(V5, line.Connect!.Version);
    }

    [Theory]
    [InlineData(V5)]
    [InlineData(V311)]
    public async Task Configured_version_is_kept_whatever_the_broker_says(MqttProtocolVersion version)
    {
        await using MqttClient client = Client(Open with { Version = version });
        client.Start();
        await RefuseAsync(version, [0x20, 2, 0, 1]);
        await RefuseAsync(version, []);
        using ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome, version);
        Assert.Equal(version, line.Connect!.Version);
    }

    [Theory]
    [InlineData(0x87)]
    [InlineData(0x88)]
    public async Task Refusal_for_another_reason_is_no_reason_to_fall_back(byte reason)
    {
        await using MqttClient client = Client(Open);
        client.Start();
        await RefuseAsync(V5, [0x20, 3, 0, reason, 0]);
        using ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        Assert.Equal(V5, line.Connect!.Version);
    }

    [Fact]
    public async Task Password_without_a_user_which_311_cannot_say_is_never_sent_in_311()
    {
        await using MqttClient client = Client(Open with { Password = new Core.Options.Secret("pw", "a test") });
        client.Start();
        await RefuseAsync(V5, [0x20, 2, 0, 1]);
        using ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        Assert.Equal(V5, line.Connect!.Version);
    }

    /// <summary>Session state rules: clean start and session expiry (5), clean session (3.1.1), by what is spoken.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Session_is_asked_for_in_the_words_of_each_version(bool persistent)
    {
        await using MqttClient client = Client(Open with
        {
            PersistentSession = persistent, SessionExpiry = TimeSpan.FromMinutes(2), ExpectsSession = true,
        });
        Task<MqttConnectionState.Connected> connecting = client.UntilAsync<MqttConnectionState.Connected>();
        client.Start();
        using (ScriptedBroker.Line first = await _broker.AcceptAsync())
        {
            ConnectPacket five = await first.ReadAsync<ConnectPacket>();
            Assert.Equal((!persistent, persistent ? 120u : 0u), (five.CleanStart, five.Properties!.SessionExpiryInterval));
            await first.SendAsync([0x20, 2, 0, 1]);
        }

        using ScriptedBroker.Line second = await _broker.AcceptAsync(Welcome, V311);
        Assert.Equal(!persistent, second.Connect!.CleanStart);
        Assert.Null(second.Connect.Properties);
        Assert.Equal(persistent, (await connecting).SessionLost);
    }

    [Fact]
    public async Task Session_of_311_that_was_kept_is_told_as_subscribed_without_asking_again()
    {
        await using MqttClient client = Client(Options(_broker.Url, V311));
        client.Start();
        using (ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome, V311))
        {
            SubscribePacket asked = await line.ReadAsync<SubscribePacket>();
            await line.SendAsync(new SubackPacket(asked.PacketId, [MqttReasonCode.GrantedQoS2]));
            await client.UntilAsync<MqttConnectionState.Subscribed>();
        }

        using ScriptedBroker.Line again = await _broker.AcceptAsync(new ConnackPacket(true, MqttReasonCode.Success), V311);
        MqttConnectionState.Subscribed known = await client.UntilAsync<MqttConnectionState.Subscribed>(state => state.Generation == 2);
        Assert.True(Assert.Single(known.Outcomes).IsGranted);
        await client.DisposeAsync();
        Assert.IsType<DisconnectPacket>(await again.ReadAsync());
    }

    private async Task RefuseAsync(MqttProtocolVersion version, byte[] answer)
    {
        using ScriptedBroker.Line line = await _broker.AcceptAsync(version);
        ConnectPacket connect = await line.ReadAsync<ConnectPacket>();
        Assert.Equal(version, connect.Version);
        await line.SendAsync(answer);
    }
}
