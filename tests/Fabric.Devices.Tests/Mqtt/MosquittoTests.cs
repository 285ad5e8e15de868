using System.Text;
using Fabric.Core.Options;
using Fabric.Devices.Mqtt;
using Fabric.Testing;
using static Fabric.Devices.Tests.Mqtt.MqttClientFixture;

namespace Fabric.Devices.Tests.Mqtt;

/// <summary>The client against mosquitto, both protocol versions.</summary>
public class MosquittoTests
{
    public static TheoryData<MqttProtocolVersion, QualityOfService> VersionsAndQoS
    {
        get
        {
            var data = new TheoryData<MqttProtocolVersion, QualityOfService>();
            foreach (MqttProtocolVersion version in Enum.GetValues<MqttProtocolVersion>())
            {
                foreach (QualityOfService qos in Enum.GetValues<QualityOfService>())
                {
                    data.Add(version, qos);
                }
            }

            return data;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(VersionsAndQoS))]
    public async Task Publish_arrives_once_with_its_qos(MqttProtocolVersion version, QualityOfService qos)
    {
        await using MosquittoServer broker = await BrokerAsync();
        await using MqttClient client = await ConnectAsync(Options(broker.Url, version));

        Task<MqttPublishOutcome>[] publishing =
            [.. Enumerable.Range(0, 500).Select(n => client.PublishAsync(Publication($"t/{n % 7}", $"{n}", qos)))];
        List<Received> received = await client.ReadAsync(500);

        Assert.All(await Task.WhenAll(publishing), outcome => Assert.Equal(MqttPublishStatus.Published, outcome.Status));
        Assert.Equal(Enumerable.Range(0, 500).Select(n => $"{n}"), received.Select(message => message.Payload));
        Assert.All(received, message => Assert.Equal(qos, message.QoS));
        Assert.Equal(0, client.Counters.StrayAcknowledgements);
    }

    [SkippableTheory]
    [InlineData(MqttProtocolVersion.V5, QualityOfService.AtLeastOnce)]
    [InlineData(MqttProtocolVersion.V5, QualityOfService.ExactlyOnce)]
    [InlineData(MqttProtocolVersion.V311, QualityOfService.AtLeastOnce)]
    [InlineData(MqttProtocolVersion.V311, QualityOfService.ExactlyOnce)]
    public async Task Resumed_session_repeats_what_was_not_acknowledged_with_dup(
        MqttProtocolVersion version, QualityOfService qos)
    {
        await using MosquittoServer broker = await BrokerAsync();
        await using var link = new CuttableLink(broker.Port);
        await using MqttClient publisher = await ConnectAsync(Options(broker.Url) with { ClientId = "pub", Subscriptions = [] });
        await using MqttClient client = await ConnectAsync(Options(new Uri($"mqtt://127.0.0.1:{link.Port}"), version));
        for (int n = 0; n < 10; n++)
        {
            await publisher.PublishAsync(Publication("t/a", $"{n}", qos));
        }

        List<Received> first = await client.ReadAsync(10, acknowledge: false);
        Assert.Equal(4, client.Acknowledge(first[3].Sequence));

        // The PUBACKs are on the line; wait until the broker has them, by a round trip behind them.
        await client.SubscribeAsync([new MqttSubscription("elsewhere")]);
        link.Cut();
        MqttConnectionState.Connected again =
            await client.UntilAsync<MqttConnectionState.Connected>(state => state.Generation == 2);
        List<Received> second = await client.ReadAsync(6, acknowledge: false);

        Assert.True(again.SessionPresent);
        Assert.False(again.SessionLost);
        Assert.Equal(["4", "5", "6", "7", "8", "9"], second.Select(message => message.Payload));
        Assert.All(second, message => Assert.True(message is { Dup: true, InResumedSession: true, Generation: 2 }));

        // Acknowledging the first connection's messages acknowledges nothing of the second.
        Assert.Equal(0, client.Acknowledge(first[9].Sequence));
        Assert.Equal(6, client.Counters.AcknowledgementsDropped);
        Assert.Equal(6, client.Acknowledge(second[5].Sequence));
    }

    [SkippableTheory]
    [InlineData(MqttProtocolVersion.V5)]
    [InlineData(MqttProtocolVersion.V311)]
    public async Task Killed_broker_comes_back_and_everything_acknowledged_to_the_publisher_arrives(MqttProtocolVersion version)
    {
        await using MosquittoServer broker = await BrokerAsync(new MosquittoSettings { SavesEveryChange = true });
        await using MqttClient client = await ConnectAsync(Options(broker.Url, version));
        await using MqttClient publisher = await ConnectAsync(
            Options(broker.Url, version) with { ClientId = "pub", Subscriptions = [] });
        var acknowledged = new List<string>();
        var received = new HashSet<string>();
        for (int round = 0; round < 3; round++)
        {
            for (int n = 0; n < 50; n++)
            {
                string payload = $"{round}/{n}";
                await publisher.PublishAsync(Publication("t/a", payload, QualityOfService.AtLeastOnce));
                acknowledged.Add(payload);
            }

            received.UnionWith((await client.ReadAsync(50)).Select(message => message.Payload));
            broker.Kill();
            await client.UntilAsync<MqttConnectionState.Reconnecting>();
            Task<MqttPublishOutcome> duringOutage =
                publisher.PublishAsync(Publication("t/a", $"outage {round}", QualityOfService.AtLeastOnce));
            await broker.StartAgainAsync();
            Assert.True((await duringOutage.WaitAsync(Bound)).IsPublished);
            acknowledged.Add($"outage {round}");
            while (!received.Contains($"outage {round}"))
            {
                received.UnionWith((await client.ReadAsync(1)).Select(message => message.Payload));
            }
        }

        Assert.Empty(acknowledged.Except(received));
    }

    [SkippableFact]
    public async Task Broker_that_forgot_the_session_is_reported_as_a_loss()
    {
        await using MosquittoServer broker = await BrokerAsync(new MosquittoSettings { Lines = ["persistence false"] });
        await using MqttClient client = await ConnectAsync(Options(broker.Url));
        broker.Kill();
        await broker.StartAgainAsync();

        MqttConnectionState.Connected again =
            await client.UntilAsync<MqttConnectionState.Connected>(state => state.Generation == 2);

        Assert.False(again.SessionPresent);
        Assert.True(again.SessionLost);
        Assert.NotNull(again.LastAliveAt);
        Assert.Equal(1, client.Counters.SessionsLost);
    }

    [SkippableFact]
    public async Task Session_of_an_earlier_process_is_expected_when_told_so()
    {
        await using MosquittoServer broker = await BrokerAsync();
        MqttClientOptions options = Options(broker.Url) with { ExpectsSession = true };
        await using (MqttClient first = await ConnectAsync(options))
        {
            Assert.Equal(1, first.Counters.SessionsLost);
        }

        await using MqttClient second = await ConnectAsync(options);
        Assert.Equal(0, second.Counters.SessionsLost);
    }

    [SkippableTheory]
    [InlineData(MqttProtocolVersion.V5)]
    [InlineData(MqttProtocolVersion.V311)]
    public async Task Bad_credentials_are_refused_visibly_and_tried_again_slowly(MqttProtocolVersion version)
    {
        await using MosquittoServer broker = await BrokerAsync(
            new MosquittoSettings { Users = new Dictionary<string, string> { ["ann"] = "right" } });
        await using MqttClient client = Client(Options(broker.Url, version) with
        {
            UserName = "ann", Password = new Secret("wrong", "${env:X}"),
        });
        client.Start();

        MqttConnectionState.Refused refused = await client.UntilAsync<MqttConnectionState.Refused>(state => state.Attempt == 2);

        Assert.Equal(MqttCauseKind.ConnectRefused, refused.Cause.Kind);
        Assert.Equal(MqttReasonCode.NotAuthorized, refused.Cause.Reason);
        Assert.Equal(refused.At + TimeSpan.FromMilliseconds(100), refused.NextAttemptAt);
        Assert.DoesNotContain("wrong", refused.ToString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Right_credentials_are_accepted()
    {
        await using MosquittoServer broker = await BrokerAsync(
            new MosquittoSettings { Users = new Dictionary<string, string> { ["ann"] = "right" } });
        await using MqttClient client = await ConnectAsync(Options(broker.Url) with
        {
            UserName = "ann", Password = new Secret("right", "${env:X}"),
        });
        Assert.IsType<MqttConnectionState.Subscribed>(client.State);
    }

    [SkippableFact]
    public async Task Receive_maximum_is_respected_and_the_rest_comes_after_acknowledgement()
    {
        await using MosquittoServer broker = await BrokerAsync();
        await using MqttClient client = await ConnectAsync(Options(broker.Url) with { ReceiveMaximum = 5 });
        await using MqttClient publisher = await ConnectAsync(Options(broker.Url) with { ClientId = "pub", Subscriptions = [] });
        for (int n = 0; n < 20; n++)
        {
            await publisher.PublishAsync(Publication("t/a", $"{n}", QualityOfService.AtLeastOnce));
        }

        List<Received> first = await client.ReadAsync(5, acknowledge: false);

        // A round trip: had the broker sent more than five, they would stand before its answer.
        await client.SubscribeAsync([new MqttSubscription("elsewhere")]);
        Assert.Equal(5, client.Counters.MessagesReceived);
        Assert.Equal(5, client.Counters.Unacknowledged);
        client.Acknowledge(first[^1].Sequence);

        // From here on mosquitto 2.0.11 overruns the maximum; nothing may be repeated or lost for that.
        List<Received> rest = await client.ReadAsync(15);
        Assert.Equal(Enumerable.Range(5, 15).Select(n => $"{n}"), rest.Select(message => message.Payload));
        Assert.Equal(1, client.Counters.Connections);
    }

    [SkippableFact]
    public async Task Subscription_refused_by_the_broker_is_an_outcome()
    {
        await using MosquittoServer broker = await BrokerAsync();
        await using MqttClient client = await ConnectAsync(Options(broker.Url) with { Version = MqttProtocolVersion.V5 });

        IReadOnlyList<MqttSubscriptionOutcome> outcomes = await client.SubscribeAsync(
            [new MqttSubscription("a/b"), new MqttSubscription("a/+") { QoS = QualityOfService.ExactlyOnce }]);

        Assert.Equal([MqttReasonCode.GrantedQoS1, MqttReasonCode.GrantedQoS2], outcomes.Select(outcome => outcome.Reason));
        outcomes = await client.UnsubscribeAsync(["a/b", "never"]);
        Assert.Equal([MqttReasonCode.Success, MqttReasonCode.NoSubscriptionExisted], outcomes.Select(outcome => outcome.Reason));
    }

    [SkippableFact]
    public async Task Will_is_published_when_the_line_is_cut_and_not_after_a_stop()
    {
        await using MosquittoServer broker = await BrokerAsync();
        await using var link = new CuttableLink(broker.Port);
        await using MqttClient watcher = await ConnectAsync(Options(broker.Url) with { ClientId = "watch" });
        MqttClientOptions options = Options(new Uri($"mqtt://127.0.0.1:{link.Port}")) with
        {
            Subscriptions = [],
            Will = new MqttWill { Topic = "t/will", Payload = "gone"u8.ToArray(), QoS = QualityOfService.AtLeastOnce },
        };
        MqttClient client = await ConnectAsync(options);
        link.Cut();
        Received will = Assert.Single(await watcher.ReadAsync(1));
        Assert.Equal(("t/will", "gone"), (will.Topic, will.Payload));

        await client.UntilAsync<MqttConnectionState.Connected>(state => state.Generation == 2);
        await client.StopAsync();
        await watcher.PublishAsync(Publication("t/after", "x", QualityOfService.AtLeastOnce));
        Assert.Equal("t/after", Assert.Single(await watcher.ReadAsync(1)).Topic);
    }

    [SkippableTheory]
    [InlineData(1 << 20)]
    [InlineData((4 << 20) - 100)]
    public async Task Large_payload_arrives_whole(int size)
    {
        await using MosquittoServer broker = await BrokerAsync();
        await using MqttClient client = await ConnectAsync(Options(broker.Url) with { PacketBytesMax = 4 << 20 });
        byte[] payload = new byte[size];
        new Random(7).NextBytes(payload);
        Task<MqttPublishOutcome> publishing = client.PublishAsync(
            new MqttPublication { Topic = "t/big", Payload = payload, QoS = QualityOfService.AtLeastOnce });
        var batch = new List<MqttMessage>();
        using var timeout = new CancellationTokenSource(Bound);

        Assert.Equal(1, await client.ReadBatchAsync(batch, 10, timeout.Token));

        Assert.True(payload.AsSpan().SequenceEqual(batch[0].Payload.Span));
        client.Acknowledge(batch[0].Sequence);
        Assert.True((await publishing).IsPublished);
    }

    [SkippableFact]
    public async Task Properties_of_a_message_are_read_on_demand()
    {
        await using MosquittoServer broker = await BrokerAsync();
        await using MqttClient client = await ConnectAsync(Options(broker.Url));
        Task publishing = client.PublishAsync(new MqttPublication
        {
            Topic = "t/p", Payload = "{}"u8.ToArray(), QoS = QualityOfService.AtLeastOnce,
            Properties = new MqttProperties
            {
                ContentType = "application/json", PayloadIsUtf8 = true, UserProperties = [new("unit", "°C")],
            },
        });
        var batch = new List<MqttMessage>();
        using var timeout = new CancellationTokenSource(Bound);
        await client.ReadBatchAsync(batch, 10, timeout.Token);
        await publishing;

        MqttProperties properties = batch[0].ReadProperties()!;
        Assert.Equal("application/json", properties.ContentType);
        Assert.True(properties.PayloadIsUtf8);
        Assert.Equal("°C", Assert.Single(properties.UserProperties).Value);
    }

    [SkippableFact]
    public async Task Full_inbox_leaves_the_socket_unread_and_loses_nothing()
    {
        await using MosquittoServer broker = await BrokerAsync();
        await using MqttClient client = await ConnectAsync(Options(broker.Url) with { InboxMessagesMax = 10 });
        await using MqttClient publisher = await ConnectAsync(Options(broker.Url) with { ClientId = "pub", Subscriptions = [] });
        byte[] filler = Encoding.ASCII.GetBytes(new string('x', 1_000));
        for (int n = 0; n < 2_000; n++)
        {
            await publisher.PublishAsync(new MqttPublication { Topic = $"t/{n}", Payload = filler });
        }

        List<Received> received = await client.ReadAsync(2_000);

        Assert.Equal(Enumerable.Range(0, 2_000).Select(n => $"t/{n}"), received.Select(message => message.Topic));
        Assert.True(client.Counters.Suspensions > 0);
    }

    [SkippableFact]
    public async Task Frozen_broker_is_found_out_by_keep_alive()
    {
        await using MosquittoServer broker = await BrokerAsync();
        await using MqttClient client = await ConnectAsync(Options(broker.Url) with
        {
            KeepAlive = TimeSpan.FromSeconds(1), PingTimeout = TimeSpan.FromMilliseconds(300),
        });
        broker.Freeze();

        MqttConnectionState.Reconnecting lost = await client.UntilAsync<MqttConnectionState.Reconnecting>();

        Assert.Equal(MqttCauseKind.KeepAliveTimeout, lost.Cause.Kind);
        broker.Thaw();
        await client.UntilAsync<MqttConnectionState.Connected>(state => state.Generation == 2);
    }

    /// <summary>Bursts, single messages and pauses in turn: the reader that batches a busy socket must wake for each of them.</summary>
    [SkippableTheory]
    [InlineData(MqttProtocolVersion.V5)]
    [InlineData(MqttProtocolVersion.V311)]
    public async Task Burst_of_30_000_messages_at_qos_1_arrives_once_and_in_order(MqttProtocolVersion version)
    {
        await using MosquittoServer broker = await BrokerAsync();
        await using MqttClient client = await ConnectAsync(Options(broker.Url, version));
        await using MqttClient publisher = await ConnectAsync(Options(broker.Url) with { ClientId = "pub", Subscriptions = [] });
        Task<List<Received>> reading = client.ReadAsync(30_000);
        int sent = 0;
        foreach (int burst in new[] { 1, 10_000, 1, 5, 9_000, 500, 1, 1, 10_491 })
        {
            var outcomes = new Queue<Task<MqttPublishOutcome>>();
            for (int n = 0; n < burst; n++)
            {
                outcomes.Enqueue(publisher.PublishAsync(Publication($"t/{sent % 10}", $"{sent++}", QualityOfService.AtLeastOnce)));
                if (outcomes.Count == 500)
                {
                    Assert.True((await outcomes.Dequeue()).IsPublished);
                }
            }

            await Task.WhenAll(outcomes);
        }

        List<Received> received = await reading;

        Assert.Equal(Enumerable.Range(0, 30_000).Select(n => $"{n}"), received.Select(message => message.Payload));
        Assert.Equal(1, client.Counters.Connections);
    }

    /// <summary>
    /// The line is cut again and again while a backlog drains. A reader that remembers as many (packet id, payload) pairs as
    /// its receive maximum takes every message once, although mosquitto overruns that maximum (and 3.1.1 has none).
    /// </summary>
    [SkippableTheory]
    [InlineData(MqttProtocolVersion.V5, QualityOfService.AtLeastOnce)]
    [InlineData(MqttProtocolVersion.V311, QualityOfService.AtLeastOnce)]
    [InlineData(MqttProtocolVersion.V5, QualityOfService.ExactlyOnce)]
    public async Task Backlog_over_a_line_that_is_cut_is_taken_once(MqttProtocolVersion version, QualityOfService qos)
    {
        const int count = 6_000;
        const int receiveMaximum = 50;
        int seed = Seed.Next();
        var random = new Random(seed);
        await using MosquittoServer broker = await BrokerAsync();
        await using var link = new CuttableLink(broker.Port);
        await using MqttClient client = await ConnectAsync(Options(new Uri($"mqtt://127.0.0.1:{link.Port}"), version) with
        {
            ReceiveMaximum = receiveMaximum, ReconnectDelayMin = TimeSpan.FromMilliseconds(5), ReconnectDelayMax = TimeSpan.FromMilliseconds(20),
        });
        link.Cut();
        await using MqttClient publisher = await ConnectAsync(Options(broker.Url) with { ClientId = "pub", Subscriptions = [] });
        await Task.WhenAll(Enumerable.Range(0, count).Select(n => publisher.PublishAsync(Publication($"t/{n}", $"{n}", qos))));

        var ring = new Queue<(ushort, string)>();
        var taken = new Dictionary<string, int>();
        var batch = new List<MqttMessage>();
        using var timeout = new CancellationTokenSource(Bound);
        int cuts = 0;
        while (taken.Count < count)
        {
            batch.Clear();
            await client.ReadBatchAsync(batch, random.Next(1, 80), timeout.Token);
            foreach (MqttMessage message in batch)
            {
                string payload = Encoding.UTF8.GetString(message.Payload.Span);
                if (message is { Dup: true, InResumedSession: true } && ring.Contains((message.PacketId, payload)))
                {
                    continue;
                }

                taken[payload] = taken.GetValueOrDefault(payload) + 1;
                ring.Enqueue((message.PacketId, payload));
                if (ring.Count > receiveMaximum)
                {
                    ring.Dequeue();
                }
            }

            if (random.Next(12) == 0)
            {
                link.Cut();
                cuts++;
            }

            client.Acknowledge(batch[^1].Sequence);
        }

        string[] doubled = [.. taken.Where(entry => entry.Value > 1).Select(entry => entry.Key)];
        Assert.True(doubled.Length == 0, $"seed {seed}, {cuts} cuts: {doubled.Length} taken twice, e.g. {doubled.FirstOrDefault()}");
        Assert.Equal(0, client.Counters.SessionsLost);
    }
}
