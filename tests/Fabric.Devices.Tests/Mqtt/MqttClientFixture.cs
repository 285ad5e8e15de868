using System.Text;
using Fabric.Devices.Mqtt;
using Fabric.Testing;

namespace Fabric.Devices.Tests.Mqtt;

/// <summary>What the tests of the client share: short delays, bounded waits.</summary>
internal static class MqttClientFixture
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    public static MqttClientOptions Options(Uri url, MqttProtocolVersion version = MqttProtocolVersion.V5) => new()
    {
        Url = url,
        ClientId = "fabric-test",
        Version = version,
        ReconnectDelayMin = TimeSpan.FromMilliseconds(20),
        ReconnectDelayMax = TimeSpan.FromMilliseconds(200),
        RefusedRetryDelay = TimeSpan.FromMilliseconds(100),
        Subscriptions = [new MqttSubscription("t/#") { QoS = QualityOfService.ExactlyOnce }],
    };

    public static MqttClient Client(MqttClientOptions options, TimeProvider? clock = null) =>
        new(options, clock ?? TimeProvider.System, new Random(1));

    public static async Task<MqttClient> ConnectAsync(MqttClientOptions options)
    {
        MqttClient client = Client(options);
        client.Start();
        if (options.Subscriptions.Count > 0)
        {
            await client.UntilAsync<MqttConnectionState.Subscribed>();
        }
        else
        {
            await client.UntilAsync<MqttConnectionState.Connected>();
        }

        return client;
    }

    /// <summary>The first state of this kind (now or later) that passes the condition.</summary>
    public static async Task<TState> UntilAsync<TState>(this MqttClient client, Func<TState, bool>? condition = null)
        where TState : MqttConnectionState
    {
        using var timeout = new CancellationTokenSource(Bound);
        MqttConnectionState? last = null;
        try
        {
            await foreach (MqttConnectionState state in client.WatchAsync(timeout.Token))
            {
                last = state;
                if (state is TState wanted && (condition is null || condition(wanted)))
                {
                    return wanted;
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"No {typeof(TState).Name} within {Bound}; last: {last}");
        }

        throw new InvalidOperationException($"The client stopped without {typeof(TState).Name}; last: {last}");
    }

    /// <summary>Reads exactly so many messages and copies what it needs of them.</summary>
    public static async Task<List<Received>> ReadAsync(this MqttClient client, int count, bool acknowledge = true)
    {
        using var timeout = new CancellationTokenSource(Bound);
        var batch = new List<MqttMessage>();
        var received = new List<Received>();
        while (received.Count < count)
        {
            batch.Clear();
            int read = await client.ReadBatchAsync(batch, count - received.Count, timeout.Token);
            Assert.True(read > 0, "the client stopped");
            received.AddRange(batch.Select(message => new Received(message)));
            if (acknowledge)
            {
                client.Acknowledge(batch[^1].Sequence);
            }
        }

        return received;
    }

    /// <summary>Waits until so many messages have arrived, read or not.</summary>
    public static async Task UntilReceivedAsync(this MqttClient client, long count)
    {
        using var timeout = new CancellationTokenSource(Bound);
        while (client.Counters.MessagesReceived < count)
        {
            timeout.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public static MqttPublication Publication(string topic, string payload, QualityOfService qos) =>
        new() { Topic = topic, Payload = Encoding.UTF8.GetBytes(payload), QoS = qos };

    public static async Task<MosquittoServer> BrokerAsync(MosquittoSettings? settings = null)
    {
        Skip.IfNot(MosquittoServer.Judge.IsPresent, MosquittoServer.Judge.Absent);
        return await MosquittoServer.StartAsync(settings);
    }

    /// <summary>A message without the client's memory.</summary>
    public sealed record Received(
        string Topic, string Payload, long Sequence, int Generation, ushort PacketId, QualityOfService QoS, bool Dup,
        bool Retain, bool InResumedSession)
    {
        public Received(MqttMessage message)
            : this(message.Topic, Encoding.UTF8.GetString(message.Payload.Span), message.Sequence, message.Generation,
                message.PacketId, message.QoS, message.Dup, message.Retain, message.InResumedSession)
        {
        }
    }
}
