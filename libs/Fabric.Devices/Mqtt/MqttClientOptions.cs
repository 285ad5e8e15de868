using System.Text;
using Fabric.Core.Options;
using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Mqtt;

/// <summary>Everything an <see cref="MqttClient"/> is told. Check it with <see cref="Validate"/>; the client refuses what does not pass.</summary>
public sealed record MqttClientOptions
{
    /// <summary>The session expiry that MQTT 5 calls "does not expire".</summary>
    public static readonly TimeSpan NeverExpires = Timeout.InfiniteTimeSpan;

    /// <summary><c>mqtt://host:1883</c> or <c>mqtts://host:8883</c> (also <c>tcp</c>, <c>ssl</c>, <c>tls</c>); the port may be left out.</summary>
    public required Uri Url { get; init; }

    /// <summary>Stable and unique at the broker: a second client with the same id takes the session over.</summary>
    public required string ClientId { get; init; }

    /// <summary>
    /// Null (default): MQTT 5, and 3.1.1 with a broker that does not take it, which is told by
    /// <see cref="MqttConnectionState.FellBack"/>. Without receive maximum, reason codes and session expiry, 3.1.1 is the
    /// second choice. A version that is named is kept.
    /// </summary>
    public MqttProtocolVersion? Version { get; init; }

    public string? UserName { get; init; }

    /// <summary>Without <see cref="UserName"/> only MQTT 5 can say it: then there is no falling back.</summary>
    public Secret? Password { get; init; }

    /// <summary>Read only with an <c>mqtts</c> URL. Null: the system's trust, no client certificate.</summary>
    public MqttTlsOptions? Tls { get; init; }

    /// <summary>
    /// Default true: the broker keeps subscriptions and unacknowledged messages while we are away (MQTT 5: clean start 0 and
    /// <see cref="SessionExpiry"/>; 3.1.1: clean session 0). False: every connection starts from nothing.
    /// </summary>
    public bool PersistentSession { get; init; } = true;

    /// <summary>How long the broker keeps the session (MQTT 5; whole seconds). Default 1 day. See <see cref="NeverExpires"/>.</summary>
    public TimeSpan SessionExpiry { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Whether an earlier process left a session: if the broker has none at the first connection, that is reported as a loss.
    /// Later connections always expect the session of the one before.
    /// </summary>
    public bool ExpectsSession { get; init; }

    /// <summary>Longest silence from our side, whole seconds, at most 65,535. Zero: none. Default 30 s. The broker may set another one.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a PINGREQ waits for any sign of life. Default 10 s.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bound on connecting, from the first TCP packet to CONNACK. Default 15 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Messages at QoS 1 and 2 the broker may have unacknowledged, 1 to 65,535. Default 1,000; always sent (MQTT 5), and held on
    /// our side as well, for both versions: see <see cref="MqttClient.ReadBatchAsync"/>.
    /// </summary>
    public int ReceiveMaximum { get; init; } = 1_000;

    /// <summary>
    /// Largest packet accepted, bytes. Default 16 MiB. A broker of MQTT 5 drops what is larger; from one of 3.1.1 it ends the
    /// connection, visibly.
    /// </summary>
    public int PacketBytesMax { get; init; } = 16 * 1024 * 1024;

    /// <summary>Topic aliases the broker may use towards us, 0 to 65,535. Default 256.</summary>
    public int TopicAliasMaximum { get; init; } = 256;

    public MqttWill? Will { get; init; }

    /// <summary>Made on every connection that needs them. May be empty.</summary>
    public IReadOnlyList<MqttSubscription> Subscriptions { get; init; } = [];

    /// <summary>Messages held for the reader before the socket is left unread. Default 10,000.</summary>
    public int InboxMessagesMax { get; init; } = 10_000;

    /// <summary>Bytes held for the reader before the socket is left unread. Default 64 MiB; one message always fits.</summary>
    public long InboxBytesMax { get; init; } = 64L * 1024 * 1024;

    /// <summary>
    /// Shortest time between two reads of a busy socket: batches small messages at the cost of that much latency. A quiet line
    /// is read at once. Default 2 ms; zero never waits.
    /// </summary>
    public TimeSpan ReadInterval { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>First delay after a lost connection; it doubles. Default 500 ms.</summary>
    public TimeSpan ReconnectDelayMin { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest delay. Default 30 s.</summary>
    public TimeSpan ReconnectDelayMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Delay after a refusal that a person must mend, such as bad credentials. Default 60 s.</summary>
    public TimeSpan RefusedRetryDelay { get; init; } = TimeSpan.FromSeconds(60);

    internal bool UsesTls => Url.Scheme is "mqtts" or "ssl" or "tls";

    internal string Host => Url.Host.Trim('[', ']');

    internal int Port => Url.Port > 0 ? Url.Port : UsesTls ? 8883 : 1883;

    /// <summary>Every mistake, in the order of the members; empty when there is none.</summary>
    public IReadOnlyList<ValueProblem> Validate()
    {
        var problems = new List<ValueProblem>();
        ValidateConnection(problems);
        ValidateTimes(problems);
        ValidateLimits(problems);
        if (Will is { } will && !MqttTopicFilter.IsValidTopic(will.Topic))
        {
            problems.Add(new("will.topic", "expected a topic name without wildcards"));
        }

        for (int index = 0; index < Subscriptions.Count; index++)
        {
            ValidateSubscription(problems, $"subscribe[{index}]", Subscriptions[index]);
        }

        if (UsesTls)
        {
            Tls?.Validate(problems);
        }

        return problems;
    }

    private static void ValidateSubscription(List<ValueProblem> problems, string path, MqttSubscription subscription)
    {
        if (!MqttTopicFilter.IsValid(subscription.Filter))
        {
            problems.Add(new(path, "expected a topic filter: + stands for one whole level, # for all that follow and only at the end"));
        }
        else if (subscription.NoLocal && MqttTopicFilter.IsShared(subscription.Filter))
        {
            problems.Add(new(path, "no local is not allowed with a shared subscription"));
        }
    }

    private void ValidateConnection(List<ValueProblem> problems)
    {
        if (!Url.IsAbsoluteUri || Url.Scheme is not ("mqtt" or "tcp" or "mqtts" or "ssl" or "tls") || Url.Host.Length == 0)
        {
            problems.Add(new("url", "expected mqtt://host:port or mqtts://host:port"));
        }
        else if (Url.UserInfo.Length > 0)
        {
            problems.Add(new("url", "user and password do not stand in the url; name them apart"));
        }

        if (ClientId.Length == 0 || Encoding.UTF8.GetByteCount(ClientId) > ushort.MaxValue || ClientId.Contains('\0'))
        {
            problems.Add(new("clientId", "expected 1 to 65,535 bytes of text"));
        }

        if (Version == MqttProtocolVersion.V311 && Password is not null && UserName is null)
        {
            problems.Add(new("password", "MQTT 3.1.1 has no password without a user name"));
        }
    }

    private void ValidateTimes(List<ValueProblem> problems)
    {
        if (KeepAlive < TimeSpan.Zero || KeepAlive > TimeSpan.FromSeconds(ushort.MaxValue))
        {
            problems.Add(new("keepAlive", "expected 0 s to 65,535 s"));
        }

        if (SessionExpiry != NeverExpires && (SessionExpiry < TimeSpan.Zero || SessionExpiry.TotalSeconds >= uint.MaxValue))
        {
            problems.Add(new("sessionExpiry", "expected 0 s to 4,294,967,294 s, or never"));
        }

        Positive(problems, "pingTimeout", PingTimeout);
        Positive(problems, "connectTimeout", ConnectTimeout);
        Positive(problems, "reconnectDelayMin", ReconnectDelayMin);
        Positive(problems, "refusedRetryDelay", RefusedRetryDelay);
        if (ReconnectDelayMax < ReconnectDelayMin)
        {
            problems.Add(new("reconnectDelayMax", "expected at least reconnectDelayMin"));
        }

        if (ReadInterval < TimeSpan.Zero || ReadInterval > TimeSpan.FromSeconds(1))
        {
            problems.Add(new("readInterval", "expected 0 s to 1 s"));
        }
    }

    private void ValidateLimits(List<ValueProblem> problems)
    {
        Range(problems, "receiveMaximum", ReceiveMaximum, 1, ushort.MaxValue);
        Range(problems, "packetBytesMax", PacketBytesMax, 1_024, FrameHeader.BodyBytesMax);
        Range(problems, "topicAliasMaximum", TopicAliasMaximum, 0, ushort.MaxValue);
        Range(problems, "inboxMessagesMax", InboxMessagesMax, 1, 10_000_000);
        Range(problems, "inboxBytesMax", InboxBytesMax, 1, long.MaxValue);
    }

    private static void Positive(List<ValueProblem> problems, string path, TimeSpan value)
    {
        if (value <= TimeSpan.Zero)
        {
            problems.Add(new(path, "expected more than 0 s"));
        }
    }

    private static void Range(List<ValueProblem> problems, string path, long value, long min, long max)
    {
        if (value < min || value > max)
        {
            problems.Add(new(path, $"expected {min} to {max}, found {value}"));
        }
    }
}
