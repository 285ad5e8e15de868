using System.Text;
using Fabric.Devices.Mqtt;
using Fabric.Devices.Mqtt.Packets;
using Fabric.Devices.Mqtt.Session;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Devices.Tests.Mqtt;

/// <summary>The parts of the session that need no socket.</summary>
public class SessionPartsTests(ITestOutputHelper output)
{
    [Fact]
    public void Backoff_doubles_with_jitter_up_to_its_maximum_and_starts_again()
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), new Random(3));
        double[] ceilings = [100, 200, 400, 800, 1_000, 1_000];
        foreach (double ceiling in ceilings)
        {
            Assert.InRange(backoff.Next().TotalMilliseconds, ceiling / 2, ceiling);
        }

        backoff.Reset();
        Assert.InRange(backoff.Next().TotalMilliseconds, 50, 100);
    }

    [Fact]
    public void TryIntern_gives_one_string_for_each_topic_and_starts_again_when_full()
    {
        var table = new TopicTable(1_000);
        var first = new Dictionary<int, string>();
        for (int round = 0; round < 2; round++)
        {
            for (int n = 0; n < 1_000; n++)
            {
                Assert.Equal(Malformed.None, table.TryIntern(Encoding.UTF8.GetBytes($"plant/größe/{n}"), out string topic));
                Assert.Equal($"plant/größe/{n}", topic);
                Assert.Same(round == 0 ? first[n] = topic : first[n], topic);
            }
        }

        table.TryIntern("one more"u8, out _);
        table.TryIntern(Encoding.UTF8.GetBytes("plant/größe/1"), out string again);
        Assert.NotSame(first[1], again);
    }

    [Fact]
    public void TryIntern_refuses_what_is_no_topic_name()
    {
        var table = new TopicTable(10);
        Assert.Equal(Malformed.TopicHasWildcard, table.TryIntern("a/+/b"u8, out _));
        Assert.Equal(Malformed.TextHasNul, table.TryIntern("a\0"u8, out _));
        Assert.Equal(Malformed.TextNotUtf8, table.TryIntern([0xC3, 0x28], out _));
    }

    [Fact]
    public void PacketIds_are_unique_until_freed_and_never_zero()
    {
        var ids = new PacketIds();
        var taken = new HashSet<ushort>();
        for (int n = 0; n < 65_535; n++)
        {
            Assert.True(taken.Add(ids.Take()));
        }

        Assert.DoesNotContain((ushort)0, taken);
        Assert.Equal(0, ids.Take());
        ids.Free(4_711);
        ids.Free(4_711);
        Assert.Equal(4_711, ids.Take());
        Assert.Equal(0, ids.Take());
    }

    /// <summary>Model: whatever arrives, is read, acknowledged and cut off, the order of answers is the order of arrival.</summary>
    [Fact]
    public async Task Inbound_session_agrees_with_a_model()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var session = new InboundSession(50, 1 << 20, 100_000);
        using var buffer = new PacketBuffer();
        session.BeginConnection(false, hasReceiveMaximum: true);
        int generation = 1;
        int resumed = 0;
        long arrived = 0;
        long dropped = 0;
        long lastRead = 0;
        var unread = new Queue<(long Sequence, byte Flags, int Generation)>();
        var pending = new Queue<(long Sequence, ushort PacketId)>();
        var batch = new List<MqttMessage>();
        for (int step = 0; step < 20_000; step++)
        {
            switch (random.Next(10))
            {
                case < 5 when session.HasRoom:
                    arrived++;
                    byte flags = (byte)(random.Next(2) << 1);
                    ushort packetId = flags == 0 ? (ushort)0 : (ushort)(1 + (arrived % 65_535));
                    unread.Enqueue((arrived, flags, generation));
                    session.Add("t", BitConverter.GetBytes(arrived), default, packetId, flags);
                    if (flags != 0)
                    {
                        pending.Enqueue((arrived, packetId));
                    }

                    session.Wake();
                    break;
                case < 7 when unread.Any(message => message.Flags == 0 || message.Generation >= resumed):
                    batch.Clear();
                    int read = await session.ReadAsync(batch, random.Next(1, 20), CancellationToken.None);
                    Assert.Equal(read, batch.Count);
                    foreach (MqttMessage message in batch)
                    {
                        while (unread.Peek() is { Flags: not 0 } stale && stale.Generation < resumed)
                        {
                            unread.Dequeue();
                        }

                        Assert.Equal(unread.Dequeue().Sequence, message.Sequence);
                        lastRead = message.Sequence;
                        Assert.Equal(message.Sequence, BitConverter.ToInt64(message.Payload.Span));
                    }

                    break;
                case < 9:
                    long upTo = random.NextInt64(0, lastRead + 1);
                    bool connected = random.Next(4) > 0;
                    buffer.Clear();
                    int written = session.Acknowledge(upTo, connected ? buffer : null, MqttProtocolVersion.V311);
                    int expected = 0;
                    while (pending.TryPeek(out (long Sequence, ushort PacketId) next) && next.Sequence <= upTo)
                    {
                        pending.Dequeue();
                        if (connected)
                        {
                            byte[] puback = [0x40, 2, (byte)(next.PacketId >> 8), (byte)next.PacketId];
                            Assert.Equal(puback, buffer.WrittenSpan.Slice(4 * expected, 4).ToArray());
                            expected++;
                        }
                        else
                        {
                            dropped++;
                        }
                    }

                    Assert.Equal(expected, written);
                    break;
                default:
                    if (random.Next(20) == 0)
                    {
                        dropped += pending.Count;
                        pending.Clear();
                        bool present = random.Next(2) == 0;
                        session.BeginConnection(present, hasReceiveMaximum: true);
                        generation++;
                        resumed = present ? generation : resumed;
                    }

                    break;
            }
        }

        Assert.Equal(dropped, session.AcknowledgementsDropped);
        Assert.Equal(arrived, session.MessagesReceived);
    }

    [Fact]
    public void Validate_reports_every_mistake_at_once()
    {
        var options = new MqttClientOptions
        {
            Url = new Uri("http://ann:secret@broker"), ClientId = "", ReceiveMaximum = 0, KeepAlive = TimeSpan.FromDays(1),
            Subscriptions = [new MqttSubscription("a/#/b"), new MqttSubscription("$share/g/x") { NoLocal = true }],
            Will = new MqttWill { Topic = "a/+" },
        };

        string[] paths = [.. options.Validate().Select(problem => problem.Path)];

        Assert.Equal(["url", "clientId", "keepAlive", "receiveMaximum", "will.topic", "subscribe[0]", "subscribe[1]"], paths);
        Assert.DoesNotContain("secret", string.Concat(options.Validate()), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new MqttClient(options, TimeProvider.System, new Random(1)));
    }

    [Theory]
    [InlineData("mqtt://broker", "broker", 1883, false)]
    [InlineData("mqtts://broker", "broker", 8883, true)]
    [InlineData("tcp://10.0.0.1:1884", "10.0.0.1", 1884, false)]
    [InlineData("mqtts://[::1]:9", "::1", 9, true)]
    public void Url_gives_host_port_and_tls(string url, string host, int port, bool tls)
    {
        var options = new MqttClientOptions { Url = new Uri(url), ClientId = "c" };
        Assert.Equal((host, port, tls), (options.Host, options.Port, options.UsesTls));
        Assert.Empty(options.Validate());
    }
}
