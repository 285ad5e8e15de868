using Fabric.Connectors.Mqtt;
using Fabric.Connectors.Tests.Runner;
using Fabric.Core.Health;
using Fabric.Devices.Mqtt;
using Fabric.Governance.Privacy;
using Fabric.Schemas;
using Fabric.Testing;

namespace Fabric.Connectors.Tests.Mqtt;

/// <summary>What the MQTT side makes of what brokers do. <see cref="CutLinkTests"/> has the broken links.</summary>
public sealed class MqttSourceTests
{
    /// <summary>A message with packet id 7 was taken and made durable; this one comes after the connector was started again.</summary>
    [Theory]
    [InlineData("the repetition of it", true, 7, true, "1", false)]
    [InlineData("a message of a session the broker no longer had", false, 7, true, "1", true)]
    [InlineData("a new message under its id, with equal content", true, 7, false, "1", true)]
    [InlineData("a repetition under its id of what never arrived", true, 7, true, "2", true)]
    [InlineData("a repetition of equal content under another id", true, 8, true, "1", true)]
    public async Task Only_the_repetition_in_the_same_session_of_what_is_durable_is_dropped(
        string what, bool sessionPresent, ushort packetId, bool dup, string payload, bool isTaken)
    {
        using var broker = new HandBroker();
        await using var world = new MqttWorld(broker.Port, MqttProtocolVersion.V311);
        await using (RunningConnector connector = world.Start())
        {
            using HandBroker.Line line = await broker.AcceptAsync(sessionPresent: false);
            await line.PublishAsync(7, dup: false, "t/d", "1");
            await world.WhenValuesAsync(1);
            await connector.StopAsync();
        }

        await using (RunningConnector connector = world.Start())
        {
            using HandBroker.Line line = await broker.AcceptAsync(sessionPresent);
            await line.PublishAsync(packetId, dup, "t/d", payload);
            Assert.Equal(packetId, await line.ReadPubackAsync());
            await line.PublishAsync(9, dup: false, "t/d", "99");
            Assert.Equal(9, await line.ReadPubackAsync());
            await connector.StopAsync();
        }

        long[] expected = isTaken ? [1, long.Parse(payload, null), 99] : [1, 99];
        Assert.True(expected.SequenceEqual(world.Values), $"{what}: {string.Join(", ", world.Values)}");
    }

    [Fact]
    public async Task Messages_are_acknowledged_in_order_and_not_before_they_are_durable()
    {
        using var broker = new HandBroker();
        await using var world = new MqttWorld(broker.Port, MqttProtocolVersion.V311);
        world.Settings = world.Settings with { Client = world.Settings.Client with { ReceiveMaximum = 10 } };
        HandBroker.Line? watched = null;
        bool? isEarly = null;
        world.Fabric.Kafka.Fault = operation => isEarly ??= operation == "commit" ? watched!.HasUnread : null;
        await using RunningConnector connector = world.Start();
        using HandBroker.Line line = await broker.AcceptAsync(sessionPresent: false);
        watched = line;
        ushort[] ids = [3, 1, 9, 2, 8];
        foreach (ushort id in ids)
        {
            await line.PublishAsync(id, dup: false, "t/d", id == 9 ? "no number" : $"{id}");
        }

        foreach (ushort id in ids)
        {
            Assert.Equal(id, await line.ReadPubackAsync());
        }

        Assert.Equal([3, 1, 2, 8], world.Values);
        Assert.Equal("PAYLOAD_NOT_NUMBER", Assert.Single(world.Fabric.Quarantine()).Rule);
        Assert.True(isEarly is false, "something was sent before the first commit");
    }

    /// <summary>Lost while the connector runs, and while it does not; told although nobody says anything afterwards.</summary>
    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Session_that_the_broker_lost_leaves_a_gap_at_once(bool whileRunning)
    {
        await using MosquittoServer mosquitto = await StartMosquittoAsync();
        await using var world = new MqttWorld(mosquitto.Port);
        RunningConnector connector = world.Start();
        await world.WhenRunningAsync();
        await world.PublishAsync(mosquitto.Port, QualityOfService.AtLeastOnce, "t/d", 1);
        await world.WhenValuesAsync(1);
        if (!whileRunning)
        {
            await connector.StopAsync();
        }

        mosquitto.Kill();
        await mosquitto.StartAgainAsync();
        await using RunningConnector after = whileRunning ? connector : world.Start();
        await world.WhenAsync(() => world.Fabric.Read(ConnectorWorld.Identity.GapsTopic).Count > 0, () => "no gap");

        Gap gap = Assert.Single(world.Fabric.Read<Gap>(ConnectorWorld.Identity.GapsTopic));
        Assert.Equal(("SESSION_LOST", whileRunning), (gap.Kind, gap.FromMicros is not null));
        Assert.True(gap.ToMicros >= (gap.FromMicros ?? 0));
        await connector.DisposeAsync();
    }

    [SkippableFact]
    public async Task Topic_levels_that_name_people_are_tokens_and_topics_of_another_form_are_quarantined()
    {
        await using MosquittoServer mosquitto = await StartMosquittoAsync();
        await using var world = new MqttWorld(mosquitto.Port);
        var tokens = new KeyedSubjectTokens(new PrivacyKey(new byte[PrivacyKey.SizeBytes]));
        world.Fabric.Tokens = tokens;
        world.Settings = world.Settings with
        {
            Template = TopicTemplate.Parse("t/{badge}/{device}/{point}", out _)!, Attributes = ["badge"],
            Personal = new PersonalData([], ["badge", "device", "point"]),
        };
        await using RunningConnector connector = world.Start();
        await world.WhenRunningAsync();
        await world.PublishAsync(mosquitto.Port, QualityOfService.AtLeastOnce, "t/short", 1);
        await world.PublishAsync(mosquitto.Port, QualityOfService.AtLeastOnce, "t/4711/erika/mood", 2);
        await world.WhenValuesAsync(1);

        Observation observation = Assert.Single(world.Fabric.Raw());
        Assert.Equal(
            (tokens.Tokenize("4711"), tokens.Tokenize("erika"), tokens.Tokenize("mood")),
            (observation.Attributes["badge"], observation.Device, observation.Samples[0].Point));
        QuarantinedRecord record = Assert.Single(world.Fabric.Quarantine());
        Assert.Equal(("TOPIC_NOT_MATCHED", null), (record.Rule, record.Device));
    }

    [SkippableFact]
    public async Task Broker_that_knows_only_311_is_spoken_to_and_the_status_says_so()
    {
        Skip.IfNot(AedesServer.Judge.IsPresent, AedesServer.Judge.Absent);
        await using AedesServer aedes = await AedesServer.StartAsync();
        await using var world = new MqttWorld(aedes.Port);
        await using RunningConnector connector = world.Start();
        await world.WhenRunningAsync();

        Assert.Contains("3.1.1", world.Fabric.Status.Reports[^1].Cause, StringComparison.Ordinal);
        Assert.Contains(world.Fabric.Status.Reports, report => report.State == HealthState.Reconnecting);
    }

    private static async Task<MosquittoServer> StartMosquittoAsync()
    {
        Skip.IfNot(MosquittoServer.Judge.IsPresent, MosquittoServer.Judge.Absent);
        return await MosquittoServer.StartAsync();
    }
}
