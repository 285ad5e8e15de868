using Fabric.Devices.Mqtt;
using Fabric.Devices.Mqtt.Packets;
using Fabric.Devices.Mqtt.Session;
using Fabric.Testing;
using static Fabric.Devices.Tests.Mqtt.MqttClientFixture;

namespace Fabric.Devices.Tests.Mqtt;

public class KeepAliveTests
{
    private static readonly TimeSpan Zero = TimeSpan.Zero;

    [Fact]
    public void Next_pings_after_three_quarters_of_silence_and_dies_after_the_timeout()
    {
        var keepAlive = new KeepAlive(Seconds(40), Seconds(10), Zero);
        Assert.Equal(new KeepAliveStep(KeepAliveAction.None, Seconds(30)), keepAlive.Next(Zero));
        Assert.Equal(KeepAliveAction.SendPing, keepAlive.Next(Seconds(30)).Action);
        Assert.Equal(new KeepAliveStep(KeepAliveAction.None, Seconds(1)), keepAlive.Next(Seconds(39)));
        Assert.Equal(KeepAliveAction.Dead, keepAlive.Next(Seconds(40)).Action);
    }

    [Fact]
    public void Heard_anything_revives()
    {
        var keepAlive = new KeepAlive(Seconds(40), Seconds(10), Zero);
        keepAlive.Next(Seconds(30));
        keepAlive.Heard(Seconds(35));
        Assert.Equal(new KeepAliveStep(KeepAliveAction.None, Seconds(20)), keepAlive.Next(Seconds(40)));
    }

    [Fact]
    public void Sending_alone_does_not_hide_a_line_that_is_dead()
    {
        var keepAlive = new KeepAlive(Seconds(40), Seconds(10), Zero);
        keepAlive.Sent(Seconds(29));
        Assert.Equal(KeepAliveAction.SendPing, keepAlive.Next(Seconds(30)).Action);
    }

    [Fact]
    public void Suspended_reading_pings_on_but_judges_nothing()
    {
        var keepAlive = new KeepAlive(Seconds(40), Seconds(10), Zero);
        keepAlive.Suspend();
        Assert.Equal(KeepAliveAction.SendPing, keepAlive.Next(Seconds(30)).Action);
        Assert.Equal(KeepAliveAction.None, keepAlive.Next(Seconds(45)).Action);
        Assert.Equal(KeepAliveAction.SendPing, keepAlive.Next(Seconds(60)).Action);
        keepAlive.Resume(Seconds(300));
        Assert.Equal(new KeepAliveStep(KeepAliveAction.SendPing, Seconds(10)), keepAlive.Next(Seconds(305)));
        Assert.Equal(KeepAliveAction.Dead, keepAlive.Next(Seconds(315)).Action);
    }

    [Fact]
    public void Zero_interval_never_pings() =>
        Assert.Equal(KeepAliveAction.None, new KeepAlive(Zero, Seconds(10), Zero).Next(Seconds(1_000_000)).Action);

    /// <summary>A broker that answers CONNECT and then nothing: found out on the manual clock, without waiting.</summary>
    [Fact]
    public async Task Silent_broker_is_found_out()
    {
        using var broker = new ScriptedBroker();
        var clock = new ManualTimeProvider();
        await using MqttClient client = Client(
            Options(broker.Url) with { Subscriptions = [], ReadInterval = Zero, KeepAlive = Seconds(40) }, clock);
        client.Start();
        using ScriptedBroker.Line line = await broker.AcceptAsync(new ConnackPacket(false, MqttReasonCode.Success));
        await client.UntilAsync<MqttConnectionState.Connected>();

        Task<MqttConnectionState.Reconnecting> losing = client.UntilAsync<MqttConnectionState.Reconnecting>();
        Task<PingreqPacket> ping = line.ReadAsync<PingreqPacket>();
        await AdvanceUntilAsync(clock, Seconds(1), () => ping.IsCompleted);
        await AdvanceUntilAsync(clock, Seconds(1), () => losing.IsCompleted);

        Assert.Equal(MqttCauseKind.KeepAliveTimeout, (await losing).Cause.Kind);
    }

    [Fact]
    public async Task Keep_alive_of_the_broker_overrides_ours()
    {
        using var broker = new ScriptedBroker();
        await using MqttClient client = Client(
            Options(broker.Url) with { Subscriptions = [], KeepAlive = TimeSpan.FromHours(1) });
        client.Start();
        using ScriptedBroker.Line line = await broker.AcceptAsync(new ConnackPacket(false, MqttReasonCode.Success)
        {
            Properties = new MqttProperties { ServerKeepAlive = 1 },
        });

        await line.ReadAsync<PingreqPacket>();
        await line.SendAsync(PingrespPacket.Instance);
        await line.ReadAsync<PingreqPacket>();
    }

    [Fact]
    public async Task Broker_that_never_answers_connect_is_given_up()
    {
        using var broker = new ScriptedBroker();
        await using MqttClient client = Client(
            Options(broker.Url) with { ConnectTimeout = TimeSpan.FromMilliseconds(50) });
        client.Start();
        using ScriptedBroker.Line line = await broker.AcceptAsync();

        MqttConnectionState.Reconnecting lost = await client.UntilAsync<MqttConnectionState.Reconnecting>();

        Assert.Equal(MqttCauseKind.ConnectTimeout, lost.Cause.Kind);
    }

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    // The client's timers are made on its own threads: the clock goes on until what it drives has happened.
    private static async Task AdvanceUntilAsync(ManualTimeProvider clock, TimeSpan step, Func<bool> condition)
    {
        for (int round = 0; round < 100_000 && !condition(); round++)
        {
            clock.Advance(step);
            await Task.Yield();
        }

        Assert.True(condition());
    }
}
