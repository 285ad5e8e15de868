using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Fabric.Kafka.Broker;
using Fabric.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Kafka.Tests.Broker;

public sealed class ServerTests
{
    private const string ApiVersions = "0012 0000 00000001 0001 78";

    [Fact]
    public async Task Answers_come_in_the_order_of_the_requests_also_behind_one_that_waits()
    {
        await using BrokerFixture fixture = await BrokerFixture.StartAsync();
        using RawClient client = fixture.Connect();
        client.SendFrame(Hex("0003 0004 00000000 0001 78  00000001 0001 74  01")); // make topic t
        client.Receive();
        client.SendFrame(Hex("""
            0001 0004 00000064 0001 78  ffffffff 000000c8 00000001 00100000 00 00000001 0001 74 00000001 00000000 0000000000000000 00100000
            """)); // waits 200 ms
        for (int i = 1; i <= 200; i++)
        {
            client.SendFrame(Hex($"0012 0000 {0x64 + i:x8} 0001 78"));
        }

        for (int i = 0; i <= 200; i++)
        {
            Assert.Equal(0x64 + i, BinaryPrimitives.ReadInt32BigEndian(client.Receive()));
        }
    }

    [Theory]
    [InlineData("0000ffff 0000 00000001 ffff", "size over the limit")]
    [InlineData("ffffffff", "negative size")]
    [InlineData("00000004 00120000", "too short for a header")]
    [InlineData("0000000a 7fff 0000 00000001 ffff", "unknown key")]
    [InlineData("0000000a 0003 0063 00000001 ffff", "version of Metadata to come")]
    [InlineData("0000000a 0003 ffff 00000001 ffff", "negative version")]
    [InlineData("0000000a 0003 0001 00000001 ffff", "no body")]
    [InlineData("0000000a 0012 0000 00000001 0005", "client id longer than the request")]
    [InlineData("0000000e 0003 0001 00000001 ffff 7fffffff", "two thousand million topics")]
    public async Task What_is_no_request_closes_its_connection_and_no_other(string hex, string what)
    {
        await using BrokerFixture fixture = await BrokerFixture.StartAsync(
            options => options with { Limits = new BrokerLimits { RequestBytesMax = 60_000 } });
        using RawClient other = fixture.Connect();
        using RawClient client = fixture.Connect();
        client.Send(Hex(hex));
        Assert.True(client.Receive() is null, what);
        other.SendFrame(Hex(ApiVersions));
        Assert.NotNull(other.Receive());
    }

    [Fact]
    public async Task A_frame_that_comes_byte_by_byte_is_a_frame()
    {
        await using BrokerFixture fixture = await BrokerFixture.StartAsync();
        using RawClient client = fixture.Connect();
        foreach (byte one in Hex("0000000b" + ApiVersions))
        {
            client.Send([one]);
        }

        Assert.Equal(1, BinaryPrimitives.ReadInt32BigEndian(client.Receive()));
    }

    [Fact]
    public async Task Connections_over_the_limit_are_closed_and_there_is_room_again_when_one_goes()
    {
        await using BrokerFixture fixture = await BrokerFixture.StartAsync(
            options => options with { Limits = new BrokerLimits { ConnectionsMax = 2 } });
        RawClient first = fixture.Connect();
        using RawClient second = fixture.Connect();
        AssertServed(first);
        AssertServed(second);
        using (RawClient third = fixture.Connect())
        {
            Assert.Null(third.Receive());
        }

        first.Dispose();
        // The broker notices that the first has gone when it reads: ask until there is room.
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            bound.Token.ThrowIfCancellationRequested();
            using RawClient next = fixture.Connect();
            if (IsServed(next))
            {
                break;
            }
        }
    }

    [Fact]
    public async Task An_idle_connection_is_closed_and_one_that_asks_stays()
    {
        var clock = new ManualTimeProvider();
        await using BrokerFixture fixture = await BrokerFixture.StartAsync(
            options => options with { Limits = new BrokerLimits { IdleTime = TimeSpan.FromMinutes(1) } }, clock);
        using RawClient idle = fixture.Connect();
        using RawClient busy = fixture.Connect();
        AssertServed(idle);
        AssertServed(busy);
        clock.Advance(TimeSpan.FromSeconds(45));
        AssertServed(busy);
        clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Null(idle.Receive());
        AssertServed(busy);
    }

    [Fact]
    public async Task A_second_broker_on_the_data_directory_is_refused_by_the_process_that_has_it()
    {
        await using BrokerFixture fixture = await BrokerFixture.StartAsync();
        var refused = await Assert.ThrowsAsync<KafkaException>(() => EmbeddedBroker.StartAsync(
            fixture.Options, NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None));
        Assert.Equal("DATA_DIRECTORY_IN_USE", refused.Code);
        Assert.Contains(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_refused_and_lets_the_directory_go()
    {
        await using BrokerFixture fixture = await BrokerFixture.StartAsync();
        using var folder = new TempFolder();
        var options = new EmbeddedBrokerOptions { DataDirectory = folder["d"], Listen = fixture.Broker.Address.ToString() };
        var refused = await Assert.ThrowsAsync<KafkaException>(() => EmbeddedBroker.StartAsync(
            options, NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None));
        Assert.Equal("LISTEN_FAILED", refused.Code);
        await using EmbeddedBroker elsewhere = await EmbeddedBroker.StartAsync(
            options with { Listen = "127.0.0.1:0" }, NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);
    }

    [Fact]
    public async Task Options_that_are_wrong_are_all_named()
    {
        var options = new EmbeddedBrokerOptions
        {
            DataDirectory = " ",
            Listen = "nowhere",
            DefaultPartitions = 0,
            AdvertisedPort = 70_000,
            TopicDefaults = new Dictionary<string, string> { ["log.retention.ms"] = "soon" },
            Limits = new BrokerLimits { ConnectionsMax = 0, InFlightRequestsMax = 0 },
        };
        var wrong = await Assert.ThrowsAsync<KafkaException>(() => EmbeddedBroker.StartAsync(
            options, NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None));
        foreach (string name in (string[])["DataDirectory", "Listen", "DefaultPartitions", "AdvertisedPort", "log.retention.ms",
            "ConnectionsMax", "InFlightRequestsMax"])
        {
            Assert.Contains(name, wrong.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task SASL_admits_nobody_before_the_password_and_everybody_after_it()
    {
        await using BrokerFixture fixture = await WithUsersAsync();
        using (RawClient client = fixture.Connect())
        {
            AssertServed(client); // ApiVersions before SASL
            client.SendFrame(Hex("0011 0001 00000002 ffff 0005 504c41494e")); // SaslHandshake v1 "PLAIN"
            Assert.Equal(Hex("00000002 0000 00000001 0005 504c41494e"), client.Receive());
            client.SendFrame([.. Hex("0024 0000 00000003 ffff 0000000a"), .. "\0ann\0right"u8]);
            Assert.Equal(Hex("00000003 0000 ffff 00000000"), client.Receive());
            client.SendFrame(Hex("0003 0001 00000004 ffff 00000000"));
            Assert.NotNull(client.Receive());
            client.SendFrame(Hex("0011 0001 00000005 ffff 0005 504c41494e"));
            Assert.Equal(34, client.Receive()![5]); // ILLEGAL_SASL_STATE: done already
        }
    }

    [Fact]
    public async Task SASL_tokens_without_headers_follow_a_handshake_of_version_0()
    {
        await using BrokerFixture fixture = await WithUsersAsync();
        using RawClient client = fixture.Connect();
        client.SendFrame(Hex("0011 0000 00000002 ffff 0005 504c41494e"));
        Assert.Equal(Hex("00000002 0000 00000001 0005 504c41494e"), client.Receive());
        client.SendFrame("ann\0ann\0right"u8.ToArray());
        Assert.Empty(client.Receive()!);
        client.SendFrame(Hex("0003 0001 00000004 ffff 00000000"));
        Assert.NotNull(client.Receive());
    }

    [Theory]
    [InlineData("\0ann\0wrong")]
    [InlineData("\0bob\0right")]
    [InlineData("bob\0ann\0right")]
    [InlineData("ann")]
    [InlineData("")]
    public async Task SASL_with_another_password_is_told_and_closed(string token)
    {
        await using BrokerFixture fixture = await WithUsersAsync();
        using RawClient client = fixture.Connect();
        client.SendFrame(Hex("0011 0001 00000002 ffff 0005 504c41494e"));
        client.Receive();
        client.SendFrame([.. Hex($"0024 0000 00000003 ffff {token.Length:x8}"), .. Encoding.ASCII.GetBytes(token)]);
        Assert.Equal(58, client.Receive()![5]); // SASL_AUTHENTICATION_FAILED
        Assert.Null(client.Receive());
    }

    [Theory]
    [InlineData("0003 0001 00000001 ffff 00000000", "Metadata before the handshake")]
    [InlineData("0024 0000 00000001 ffff 00000000", "SaslAuthenticate before the handshake")]
    public async Task SASL_out_of_order_closes(string request, string what)
    {
        await using BrokerFixture fixture = await WithUsersAsync();
        using RawClient client = fixture.Connect();
        client.SendFrame(Hex(request));
        Assert.True(client.Receive() is null, what);
    }

    [Fact]
    public async Task SASL_with_another_mechanism_is_told_which_there_is_and_closed()
    {
        await using BrokerFixture fixture = await WithUsersAsync();
        using RawClient client = fixture.Connect();
        client.SendFrame([.. Hex("0011 0001 00000002 ffff 000d"), .. "SCRAM-SHA-256"u8]);
        Assert.Equal(Hex("00000002 0021 00000001 0005 504c41494e"), client.Receive());
        Assert.Null(client.Receive());
    }

    [Fact]
    public async Task An_unauthenticated_peer_may_not_send_much()
    {
        await using BrokerFixture fixture = await WithUsersAsync();
        using RawClient client = fixture.Connect();
        client.Send(Hex("00100000")); // 1 MiB
        Assert.Null(client.Receive());
    }

    private static Task<BrokerFixture> WithUsersAsync() => BrokerFixture.StartAsync(
        options => options with { SaslUsers = new Dictionary<string, string> { ["ann"] = "right" } });

    private static void AssertServed(RawClient client) => Assert.True(IsServed(client));

    private static bool IsServed(RawClient client)
    {
        try
        {
            client.SendFrame(Hex(ApiVersions));
            return client.Receive() is not null;
        }
        catch (IOException)
        {
            return false; // closed before we could write
        }
    }

    private static byte[] Hex(string text) =>
        Convert.FromHexString(string.Concat(text.Where(letter => !char.IsWhiteSpace(letter))));
}
