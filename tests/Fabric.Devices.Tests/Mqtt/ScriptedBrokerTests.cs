using Fabric.Devices.Mqtt;
using Fabric.Devices.Mqtt.Packets;
using Fabric.Testing;
using static Fabric.Devices.Tests.Mqtt.MqttClientFixture;

namespace Fabric.Devices.Tests.Mqtt;

/// <summary>The client against a broker that the test plays: refusals, protocol violations, order on the wire.</summary>
public sealed class ScriptedBrokerTests : IDisposable
{
    private static readonly ConnackPacket Welcome = new(false, MqttReasonCode.Success);
    private static readonly ConnackPacket WelcomeBack = new(true, MqttReasonCode.Success);

    private readonly ScriptedBroker _broker = new();

    private MqttClientOptions Plain => Options(_broker.Url) with { Subscriptions = [] };

    public void Dispose() => _broker.Dispose();

    [Fact]
    public async Task Connect_says_what_the_options_say()
    {
        await using MqttClient client = Client(Plain with
        {
            ReceiveMaximum = 77, TopicAliasMaximum = 5, PacketBytesMax = 5_000, KeepAlive = TimeSpan.FromSeconds(40),
            SessionExpiry = MqttClientOptions.NeverExpires, UserName = "u",
        });
        client.Start();
        using ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);

        ConnectPacket connect = line.Connect!;
        Assert.False(connect.CleanStart);
        Assert.Equal(40, connect.KeepAliveSeconds);
        Assert.Equal("u", connect.UserName);
        Assert.Null(connect.Password);
        Assert.Equal(77, connect.Properties!.ReceiveMaximum!.Value);
        Assert.Equal(5, connect.Properties.TopicAliasMaximum!.Value);
        Assert.Equal(5_000u, connect.Properties.MaximumPacketSize);
        Assert.Equal(uint.MaxValue, connect.Properties.SessionExpiryInterval);
    }

    [Theory]
    [InlineData(MqttReasonCode.BadUserNameOrPassword, true)]
    [InlineData(MqttReasonCode.ClientIdentifierNotValid, true)]
    [InlineData(MqttReasonCode.Banned, true)]
    [InlineData(MqttReasonCode.UseAnotherServer, true)]
    [InlineData(MqttReasonCode.ServerBusy, false)]
    [InlineData(MqttReasonCode.ConnectionRateExceeded, false)]
    [InlineData(MqttReasonCode.QuotaExceeded, false)]
    public async Task Refusal_tells_its_reason_and_whether_a_person_is_needed(MqttReasonCode reason, bool needsPerson)
    {
        await using MqttClient client = Client(Plain);
        Task<MqttConnectionState> outcome = client.UntilAsync<MqttConnectionState>(
            state => state is MqttConnectionState.Refused or MqttConnectionState.Reconnecting);
        client.Start();
        using ScriptedBroker.Line line = await _broker.AcceptAsync(new ConnackPacket(false, reason)
        {
            Properties = new MqttProperties { ReasonString = "ask Bob", ServerReference = "other:1883" },
        });

        MqttConnectionState state = await outcome;
        MqttCause cause = state is MqttConnectionState.Refused refused
            ? refused.Cause
            : ((MqttConnectionState.Reconnecting)state).Cause;
        Assert.Equal(needsPerson, state is MqttConnectionState.Refused);
        Assert.Equal(MqttCauseKind.ConnectRefused, cause.Kind);
        Assert.Equal(reason, cause.Reason);
        Assert.Equal("other:1883", cause.ServerReference);
        Assert.Contains("ask Bob", cause.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MqttReasonCode.SessionTakenOver)]
    [InlineData(MqttReasonCode.ServerShuttingDown)]
    [InlineData(MqttReasonCode.AdministrativeAction)]
    [InlineData(MqttReasonCode.KeepAliveTimeout)]
    public async Task Disconnect_of_the_broker_is_the_cause_and_the_client_comes_back(MqttReasonCode reason)
    {
        await using MqttClient client = Client(Plain);
        client.Start();
        using ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        Task<MqttConnectionState.Reconnecting> losing = client.UntilAsync<MqttConnectionState.Reconnecting>();
        await line.SendAsync(new DisconnectPacket(reason));
        MqttConnectionState.Reconnecting lost = await losing;
        using ScriptedBroker.Line second = await _broker.AcceptAsync(WelcomeBack);

        Assert.Equal(MqttCauseKind.DisconnectedByServer, lost.Cause.Kind);
        Assert.Equal(reason, lost.Cause.Reason);
        await client.UntilAsync<MqttConnectionState.Connected>(state => state.Generation == 2);
    }

    [Fact]
    public async Task Auth_is_refused_by_name()
    {
        await using MqttClient client = Client(Plain);
        client.Start();
        using ScriptedBroker.Line line = await _broker.AcceptAsync();
        Task<MqttConnectionState.Refused> refusing = client.UntilAsync<MqttConnectionState.Refused>();
        await line.ReadAsync<ConnectPacket>();
        await line.SendAsync(new AuthPacket(MqttReasonCode.ContinueAuthentication)
        {
            Properties = new MqttProperties { AuthenticationMethod = "SCRAM-SHA-256" },
        });

        MqttConnectionState.Refused refused = await refusing;

        Assert.Equal(MqttCauseKind.EnhancedAuthentication, refused.Cause.Kind);
    }

    public static TheoryData<string, byte[], byte> Violations => new()
    {
        { "QoS 3", [0x36, 0x00], 0x81 },
        { "reserved type", [0x00, 0x00], 0x81 },
        { "alias 0", [0x30, 0x07, 0, 1, (byte)'a', 3, 0x23, 0, 0], 0x82 },
        { "alias above maximum", [0x30, 0x07, 0, 1, (byte)'a', 3, 0x23, 0x7F, 0xFF], 0x94 },
        { "alias never set", [0x30, 0x06, 0, 0, 3, 0x23, 0, 1], 0x94 },
        { "wildcard in topic", [0x30, 0x04, 0, 1, (byte)'#', 0], 0x90 },
        { "packet larger than we said", [0x30, 0xFF, 0xFF, 0x7F], 0x95 },
        { "PUBACK without id", [0x40, 0x02, 0, 0], 0x82 },
        { "SUBSCRIBE from a server", [0x82, 0x07, 0, 1, 0, 0, 1, (byte)'a', 0], 0x82 },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task Violation_is_answered_with_its_reason_and_reported(string what, byte[] bytes, byte reason)
    {
        await using MqttClient client = Client(Plain with { PacketBytesMax = 1 << 20 });
        client.Start();
        using ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        Task<MqttConnectionState> losing = client.UntilAsync<MqttConnectionState>(
            state => state is MqttConnectionState.Refused or MqttConnectionState.Reconnecting);
        await line.SendAsync(bytes);

        DisconnectPacket goodbye = await line.ReadAsync<DisconnectPacket>();
        MqttConnectionState state = await losing;
        MqttCause cause = (state as MqttConnectionState.Refused)?.Cause ?? ((MqttConnectionState.Reconnecting)state).Cause;
        Assert.Equal(MqttCauseKind.ProtocolError, cause.Kind);

        Assert.True((MqttReasonCode)reason == goodbye.Reason, what);
        Assert.Equal(goodbye.Reason, cause.Reason);
    }

    /// <summary>As mosquitto 2.0.11 does: the broker sends more than we allowed, and has not even seen our acknowledgements.</summary>
    [Fact]
    public async Task More_than_receive_maximum_is_taken_and_handed_out_only_as_acknowledgements_are_seen()
    {
        await using MqttClient client = Client(Plain with { ReceiveMaximum = 3 });
        client.Start();
        using ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        await line.SendAsync([.. Enumerable.Range(1, 7).Select(n => Message(n, QualityOfService.AtLeastOnce)),
            Message(8, QualityOfService.AtMostOnce)]);
        await client.UntilReceivedAsync(8);

        List<Received> first = await client.ReadAsync(3, acknowledge: false);
        Task<List<Received>> second = client.ReadAsync(3, acknowledge: false);
        Assert.Equal(3, client.Acknowledge(first[2].Sequence));
        for (int n = 1; n <= 3; n++)
        {
            Assert.Equal(n, (await line.ReadAsync<AcknowledgementPacket>()).PacketId);
        }

        await line.ReadAsync<PingreqPacket>();
        Assert.False(second.IsCompleted);
        await line.SendAsync(PingrespPacket.Instance);
        Assert.Equal(["t/4", "t/5", "t/6"], (await second).Select(message => message.Topic));
        Assert.Equal(4, client.Counters.ReceiveMaximumOverruns);
        Assert.Equal(4, client.Counters.Unacknowledged);
    }

    [Fact]
    public async Task Messages_not_handed_out_when_the_line_broke_come_once_from_a_kept_session()
    {
        await using MqttClient client = Client(Plain with { ReceiveMaximum = 2 });
        client.Start();
        ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        await line.SendAsync([.. Enumerable.Range(1, 5).Select(n => Message(n, QualityOfService.AtLeastOnce)),
            Message(6, QualityOfService.AtMostOnce)]);
        await client.UntilReceivedAsync(6);
        Assert.Equal(["t/1", "t/2"], (await client.ReadAsync(2, acknowledge: false)).Select(message => message.Topic));
        line.Dispose();

        line = await _broker.AcceptAsync(WelcomeBack);
        await line.SendAsync([.. Enumerable.Range(1, 5).Select(n => Message(n, QualityOfService.AtLeastOnce) with { Dup = true })]);
        await client.UntilReceivedAsync(11);
        Assert.Equal(
            [("t/6", false), ("t/1", true), ("t/2", true)],
            (await client.ReadAsync(3, acknowledge: false)).Select(message => (message.Topic, message.Dup)));
        line.Dispose();
    }

    [Fact]
    public async Task Acknowledge_sends_one_answer_for_each_in_the_order_of_arrival()
    {
        int seed = Seed.Next();
        var random = new Random(seed);
        await using MqttClient client = Client(Plain);
        client.Start();
        using ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        ushort[] ids = [.. Enumerable.Range(1, 900).Select(n => (ushort)(n * 7))];
        random.Shuffle(ids);
        QualityOfService[] qos = [.. ids.Select(_ => (QualityOfService)random.Next(3))];
        await line.SendAsync([.. ids.Select((id, index) => Message(id, qos[index]))]);
        List<Received> received = await client.ReadAsync(900, acknowledge: false);

        for (int at = 0; at < 900;)
        {
            at = Math.Min(at + random.Next(1, 50), 900);
            client.Acknowledge(received[at - 1].Sequence);
        }

        for (int index = 0; index < 900; index++)
        {
            if (qos[index] != QualityOfService.AtMostOnce)
            {
                AcknowledgementPacket answer = await line.ReadAsync<AcknowledgementPacket>();
                PacketType expected = qos[index] == QualityOfService.AtLeastOnce ? PacketType.Puback : PacketType.Pubrec;
                Assert.True((expected, ids[index]) == (answer.Kind, answer.PacketId), $"seed {seed}, message {index}");
            }
        }
    }

    [Fact]
    public async Task Acknowledge_of_a_batch_is_one_write()
    {
        await using MqttClient client = Client(Plain);
        client.Start();
        using ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        await line.SendAsync([.. Enumerable.Range(1, 500).Select(n => Message(n, QualityOfService.AtLeastOnce))]);
        List<Received> received = await client.ReadAsync(500, acknowledge: false);
        int before = line.Reads;

        Assert.Equal(500, client.Acknowledge(received[^1].Sequence));

        for (int n = 1; n <= 500; n++)
        {
            Assert.Equal(n, (await line.ReadAsync<AcknowledgementPacket>()).PacketId);
        }

        Assert.Equal(1, line.Reads - before);
    }

    [Fact]
    public async Task QoS_2_repeat_after_pubrec_is_answered_and_not_handed_out_again()
    {
        await using MqttClient client = Client(Plain);
        client.Start();
        ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        await line.SendAsync(Message(5, QualityOfService.ExactlyOnce));
        await client.ReadAsync(1);
        Assert.Equal(PacketType.Pubrec, (await line.ReadAsync<AcknowledgementPacket>()).Kind);
        line.Dispose();

        line = await _broker.AcceptAsync(WelcomeBack);
        await line.SendAsync(Message(5, QualityOfService.ExactlyOnce) with { Dup = true }, Message(6, QualityOfService.AtMostOnce));
        Received next = Assert.Single(await client.ReadAsync(1));
        Assert.Equal("t/6", next.Topic);
        AcknowledgementPacket again = await line.ReadAsync<AcknowledgementPacket>();
        Assert.Equal((PacketType.Pubrec, 5), (again.Kind, again.PacketId));

        await line.SendAsync(new AcknowledgementPacket(PacketType.Pubrel, 5, MqttReasonCode.Success));
        AcknowledgementPacket complete = await line.ReadAsync<AcknowledgementPacket>();
        Assert.Equal((PacketType.Pubcomp, MqttReasonCode.Success), (complete.Kind, complete.Reason));
        Assert.Equal(1, client.Counters.RepeatsSuppressed);
        await line.SendAsync(new AcknowledgementPacket(PacketType.Pubrel, 9, MqttReasonCode.Success));
        Assert.Equal(MqttReasonCode.PacketIdentifierNotFound, (await line.ReadAsync<AcknowledgementPacket>()).Reason);
        line.Dispose();
    }

    [Fact]
    public async Task QoS_2_id_is_new_again_when_the_broker_lost_the_session()
    {
        await using MqttClient client = Client(Plain);
        client.Start();
        ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        await line.SendAsync(Message(5, QualityOfService.ExactlyOnce));
        await client.ReadAsync(1);
        await line.ReadAsync<AcknowledgementPacket>();
        line.Dispose();

        line = await _broker.AcceptAsync(Welcome);
        await line.SendAsync(Message(5, QualityOfService.ExactlyOnce));
        Assert.Single(await client.ReadAsync(1));
        line.Dispose();
    }

    [Fact]
    public async Task Messages_of_a_dead_connection_are_still_handed_out()
    {
        await using MqttClient client = Client(Plain);
        client.Start();
        ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        Task losing = client.UntilAsync<MqttConnectionState.Reconnecting>();
        await line.SendAsync(Message(1, QualityOfService.AtLeastOnce), new DisconnectPacket(MqttReasonCode.ServerBusy));
        await losing;
        line.Dispose();

        Received message = Assert.Single(await client.ReadAsync(1, acknowledge: false));
        Assert.Equal(0, client.Acknowledge(message.Sequence));
        Assert.Equal(1, client.Counters.AcknowledgementsDropped);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Publications_are_repeated_after_a_lost_line(bool sessionPresent)
    {
        await using MqttClient client = Client(Plain);
        client.Start();
        ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        await client.UntilAsync<MqttConnectionState.Connected>();
        Task<MqttPublishOutcome> one = client.PublishAsync(Publication("a", "1", QualityOfService.AtLeastOnce));
        Task<MqttPublishOutcome> two = client.PublishAsync(Publication("b", "2", QualityOfService.ExactlyOnce));
        Task<MqttPublishOutcome> three = client.PublishAsync(Publication("c", "3", QualityOfService.AtLeastOnce));
        PublishPacket first = await line.ReadAsync<PublishPacket>();
        PublishPacket second = await line.ReadAsync<PublishPacket>();
        PublishPacket third = await line.ReadAsync<PublishPacket>();
        await line.SendAsync(new AcknowledgementPacket(PacketType.Pubrec, second.PacketId, MqttReasonCode.Success));
        await line.ReadAsync<AcknowledgementPacket>();
        line.Dispose();

        line = await _broker.AcceptAsync(sessionPresent ? WelcomeBack : Welcome);
        var again = new List<MqttPacket?>();
        for (int n = 0; n < (sessionPresent ? 3 : 2); n++)
        {
            again.Add(await line.ReadAsync());
        }

        PublishPacket[] repeats = [.. again.OfType<PublishPacket>()];
        Assert.Equal([first.PacketId, third.PacketId], repeats.Select(packet => packet.PacketId));
        Assert.All(repeats, packet => Assert.Equal(sessionPresent, packet.Dup));
        if (sessionPresent)
        {
            AcknowledgementPacket release = Assert.Single(again.OfType<AcknowledgementPacket>());
            Assert.Equal((PacketType.Pubrel, second.PacketId), (release.Kind, release.PacketId));
            await line.SendAsync(new AcknowledgementPacket(PacketType.Pubcomp, second.PacketId, MqttReasonCode.Success));
        }

        await line.SendAsync(
            new AcknowledgementPacket(PacketType.Puback, first.PacketId, MqttReasonCode.NoMatchingSubscribers),
            new AcknowledgementPacket(PacketType.Puback, third.PacketId, MqttReasonCode.QuotaExceeded));
        Assert.True((await one.WaitAsync(Bound)).IsPublished);
        Assert.True((await two.WaitAsync(Bound)).IsPublished);
        Assert.Equal(new MqttPublishOutcome(MqttPublishStatus.Refused, MqttReasonCode.QuotaExceeded), await three.WaitAsync(Bound));
        line.Dispose();
    }

    [Fact]
    public async Task Publish_keeps_to_what_the_broker_allows()
    {
        await using MqttClient client = Client(Plain);
        client.Start();
        using ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome with
        {
            Properties = new MqttProperties
            {
                ReceiveMaximum = 2, MaximumQoS = 1, RetainAvailable = false, MaximumPacketSize = 60, TopicAliasMaximum = 1,
            },
        });
        await client.UntilAsync<MqttConnectionState.Connected>();

        MqttPublishOutcome qos = await client.PublishAsync(Publication("a", "", QualityOfService.ExactlyOnce));
        MqttPublishOutcome retain = await client.PublishAsync(Publication("a", "", QualityOfService.AtLeastOnce) with { Retain = true });
        MqttPublishOutcome size = await client.PublishAsync(Publication("a", new string('x', 60), QualityOfService.AtLeastOnce));
        Task<MqttPublishOutcome>[] four =
            [.. Enumerable.Range(0, 4).Select(n => client.PublishAsync(Publication(n == 3 ? "b" : "a", $"{n}", QualityOfService.AtLeastOnce)))];
        PublishPacket first = await line.ReadAsync<PublishPacket>();
        PublishPacket second = await line.ReadAsync<PublishPacket>();

        Assert.Equal(MqttReasonCode.QoSNotSupported, qos.Reason);
        Assert.Equal(MqttReasonCode.RetainNotSupported, retain.Reason);
        Assert.Equal(MqttReasonCode.PacketTooLarge, size.Reason);
        Assert.Equal(("a", (ushort)1), (first.Topic, first.Properties!.TopicAlias!.Value));
        Assert.Equal(("", (ushort)1), (second.Topic, second.Properties!.TopicAlias!.Value));

        // The third must wait for an answer: it is the PUBACK that lets it out.
        await line.SendAsync(new AcknowledgementPacket(PacketType.Puback, first.PacketId, MqttReasonCode.Success));
        PublishPacket third = await line.ReadAsync<PublishPacket>();
        await line.SendAsync(
            new AcknowledgementPacket(PacketType.Puback, second.PacketId, MqttReasonCode.Success),
            new AcknowledgementPacket(PacketType.Puback, third.PacketId, MqttReasonCode.Success));
        PublishPacket fourth = await line.ReadAsync<PublishPacket>();
        Assert.Equal(("b", (MqttProperties?)null), (fourth.Topic, fourth.Properties));
        await line.SendAsync(new AcknowledgementPacket(PacketType.Puback, fourth.PacketId, MqttReasonCode.Success));
        Assert.All(await Task.WhenAll(four), outcome => Assert.True(outcome.IsPublished));
    }

    [Fact]
    public async Task Topic_aliases_of_the_broker_are_resolved()
    {
        await using MqttClient client = Client(Plain);
        client.Start();
        using ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        var alias = new MqttProperties { TopicAlias = 3 };
        await line.SendAsync(
            new PublishPacket { Topic = "t/long", Properties = alias },
            new PublishPacket { Topic = "", Properties = alias },
            new PublishPacket { Topic = "t/other", Properties = alias },
            new PublishPacket { Topic = "", Properties = alias });

        List<Received> received = await client.ReadAsync(4);

        Assert.Equal(["t/long", "t/long", "t/other", "t/other"], received.Select(message => message.Topic));
        Assert.Same(received[0].Topic, received[1].Topic);
    }

    [Fact]
    public async Task Suback_with_refusals_is_reported_filter_by_filter()
    {
        await using MqttClient client = Client(Options(_broker.Url) with
        {
            Subscriptions = [new MqttSubscription("a"), new MqttSubscription("b"), new MqttSubscription("c")],
        });
        client.Start();
        using ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        SubscribePacket subscribe = await line.ReadAsync<SubscribePacket>();
        await line.SendAsync(new SubackPacket(
            subscribe.PacketId, [MqttReasonCode.GrantedQoS1, MqttReasonCode.NotAuthorized, MqttReasonCode.QuotaExceeded]));

        MqttConnectionState.Subscribed state = await client.UntilAsync<MqttConnectionState.Subscribed>();

        Assert.Equal(
            [("a", true), ("b", false), ("c", false)],
            state.Outcomes.Select(outcome => (outcome.Filter, outcome.IsGranted)));
        Assert.All(subscribe.Subscriptions, subscription => Assert.Equal(RetainHandling.SendIfNew, subscription.RetainHandling));
    }

    [Fact]
    public async Task Subscribe_fails_when_the_line_is_lost_before_the_answer()
    {
        await using MqttClient client = Client(Plain);
        client.Start();
        ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        await client.UntilAsync<MqttConnectionState.Connected>();
        Task<IReadOnlyList<MqttSubscriptionOutcome>> subscribing = client.SubscribeAsync([new MqttSubscription("x")]);
        await line.ReadAsync<SubscribePacket>();
        line.Dispose();

        DeviceException failure = await Assert.ThrowsAsync<DeviceException>(() => subscribing.WaitAsync(Bound));

        Assert.Equal("MQTT_NOT_CONNECTED", failure.Code);
        Assert.True(failure.IsRetriable);
    }

    [Fact]
    public async Task Stop_says_disconnect_after_the_acknowledgements()
    {
        MqttClient client = Client(Plain);
        client.Start();
        using ScriptedBroker.Line line = await _broker.AcceptAsync(Welcome);
        await line.SendAsync(Message(1, QualityOfService.AtLeastOnce), Message(2, QualityOfService.AtMostOnce));
        await client.ReadAsync(2);
        await client.StopAsync();

        Assert.Equal(1, (await line.ReadAsync<AcknowledgementPacket>()).PacketId);
        Assert.Equal(MqttReasonCode.Success, (await line.ReadAsync<DisconnectPacket>()).Reason);
        Assert.Null(await line.ReadAsync());
        Assert.IsType<MqttConnectionState.Stopped>(client.State);
        Assert.Equal(0, await client.ReadBatchAsync([], 1));
        Assert.Equal(MqttPublishStatus.Unknown, (await client.PublishAsync(Publication("a", "", QualityOfService.AtLeastOnce))).Status);
        Assert.Equal(MqttPublishStatus.NotConnected, (await client.PublishAsync(Publication("a", "", QualityOfService.AtMostOnce))).Status);
    }

    [Fact]
    public async Task Old_broker_that_refuses_version_5_in_its_own_layout_is_understood()
    {
        await using MqttClient client = Client(Plain);
        client.Start();
        using ScriptedBroker.Line line = await _broker.AcceptAsync();
        await line.ReadAsync<ConnectPacket>();
        Task<MqttConnectionState.Refused> refusing = client.UntilAsync<MqttConnectionState.Refused>();
        await line.SendAsync([0x20, 0x02, 0x00, 0x01]);

        MqttConnectionState.Refused refused = await refusing;

        Assert.Equal(MqttReasonCode.UnsupportedProtocolVersion, refused.Cause.Reason);
    }

    private static PublishPacket Message(int id, QualityOfService qos) => new()
    {
        Topic = $"t/{id}", Payload = new byte[20], QoS = qos, PacketId = qos == QualityOfService.AtMostOnce ? (ushort)0 : (ushort)id,
    };
}
