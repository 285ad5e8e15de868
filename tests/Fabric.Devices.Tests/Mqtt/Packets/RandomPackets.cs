using System.Text;
using Fabric.Devices.Mqtt;
using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Tests.Mqtt.Packets;

/// <summary>Valid packets of every type with random contents: the corpus for round trips, judges and fuzzing.</summary>
internal sealed class RandomPackets(Random random, MqttProtocolVersion version)
{
    private static readonly string[] Words =
        ["plant7", "line", "pump-3", "Ölpumpe", "température", "振動", "😀", "a", "value set", "$SYS", "x/y"];

    private static readonly MqttReasonCode[] AckReasons =
    [
        MqttReasonCode.Success, MqttReasonCode.NoMatchingSubscribers, MqttReasonCode.UnspecifiedError,
        MqttReasonCode.NotAuthorized, MqttReasonCode.QuotaExceeded, MqttReasonCode.PayloadFormatInvalid,
    ];

    private bool IsV5 => version == MqttProtocolVersion.V5;

    public MqttPacket Next()
    {
        PacketType type;
        do
        {
            type = (PacketType)random.Next(1, 16);
        }
        while (type == PacketType.Auth && !IsV5);

        return Next(type);
    }

    public MqttPacket Next(PacketType type) => type switch
    {
        PacketType.Connect => Connect(),
        PacketType.Connack => Connack(),
        PacketType.Publish => Publish(),
        PacketType.Puback or PacketType.Pubrec => Acknowledgement(type, Pick(AckReasons)),
        PacketType.Pubrel or PacketType.Pubcomp => Acknowledgement(
            type, Chance(3) ? MqttReasonCode.PacketIdentifierNotFound : MqttReasonCode.Success),
        PacketType.Subscribe => new SubscribePacket(PacketId(), Many(Subscription)) { Properties = Subscribing() },
        PacketType.Suback => new SubackPacket(PacketId(), Many(SubackReason)) { Properties = Explaining() },
        PacketType.Unsubscribe => new UnsubscribePacket(PacketId(), Many(Filter)) { Properties = UserOnly() },
        PacketType.Unsuback => new UnsubackPacket(PacketId(), IsV5 ? Many(() => Chance(2)
            ? MqttReasonCode.NoSubscriptionExisted : MqttReasonCode.Success) : []) { Properties = Explaining() },
        PacketType.Pingreq => PingreqPacket.Instance,
        PacketType.Pingresp => PingrespPacket.Instance,
        PacketType.Disconnect => Disconnect(),
        _ => new AuthPacket(MqttReasonCode.ContinueAuthentication)
        {
            Properties = new MqttProperties { AuthenticationMethod = "SCRAM", AuthenticationData = Bytes(20) },
        },
    };

    public PublishPacket Publish()
    {
        var qos = (QualityOfService)random.Next(3);
        return new PublishPacket
        {
            Topic = Topic(),
            Payload = Bytes(Chance(20) ? 3_000 : 60),
            QoS = qos,
            Dup = qos != QualityOfService.AtMostOnce && Chance(3),
            Retain = Chance(2),
            PacketId = qos == QualityOfService.AtMostOnce ? (ushort)0 : PacketId(),
            Properties = IsV5 && Chance(2) ? MessageProperties(isWill: false) : null,
        };
    }

    private ConnectPacket Connect()
    {
        bool user = Chance(2);
        bool clean = Chance(2);
        return new ConnectPacket
        {
            Version = version,
            ClientId = clean && Chance(4) ? "" : "client-" + random.Next(1000),
            CleanStart = clean,
            KeepAliveSeconds = (ushort)random.Next(65_536),
            UserName = user ? Text() : null,
            Password = user && Chance(2) ? (ReadOnlyMemory<byte>?)Bytes(12) : null,
            Will = Chance(2) ? null : new MqttWill
            {
                Topic = Topic(), Payload = Bytes(40), QoS = (QualityOfService)random.Next(3), Retain = Chance(2),
                Properties = IsV5 && Chance(2) ? MessageProperties(isWill: true) : null,
            },
            Properties = !IsV5 || Chance(3) ? null : new MqttProperties
            {
                SessionExpiryInterval = Maybe((uint)random.NextInt64(uint.MaxValue)),
                ReceiveMaximum = Maybe((ushort)random.Next(1, 65_536)),
                MaximumPacketSize = Maybe((uint)random.NextInt64(1, uint.MaxValue)),
                TopicAliasMaximum = Maybe((ushort)random.Next(65_536)),
                RequestResponseInformation = Maybe(Chance(2)),
                RequestProblemInformation = Maybe(Chance(2)),
                UserProperties = UserProperties(),
            },
        };
    }

    private ConnackPacket Connack()
    {
        MqttReasonCode reason = Pick(MqttReasonCode.Success, MqttReasonCode.NotAuthorized,
            MqttReasonCode.ServerUnavailable, MqttReasonCode.ClientIdentifierNotValid);
        return new ConnackPacket(reason == MqttReasonCode.Success && Chance(2), reason)
        {
            Properties = !IsV5 || Chance(3) ? null : new MqttProperties
            {
                SessionExpiryInterval = Maybe((uint)random.NextInt64(uint.MaxValue)),
                ReceiveMaximum = Maybe((ushort)random.Next(1, 65_536)),
                MaximumQoS = Maybe((byte)random.Next(2)),
                RetainAvailable = Maybe(Chance(2)),
                MaximumPacketSize = Maybe((uint)random.NextInt64(1, uint.MaxValue)),
                AssignedClientIdentifier = Chance(2) ? Text() : null,
                TopicAliasMaximum = Maybe((ushort)random.Next(65_536)),
                ReasonString = Chance(2) ? Text() : null,
                WildcardSubscriptionAvailable = Maybe(Chance(2)),
                SubscriptionIdentifierAvailable = Maybe(Chance(2)),
                SharedSubscriptionAvailable = Maybe(Chance(2)),
                ServerKeepAlive = Maybe((ushort)random.Next(65_536)),
                ResponseInformation = Chance(3) ? Text() : null,
                ServerReference = Chance(3) ? "other.example:1883" : null,
                UserProperties = UserProperties(),
            },
        };
    }

    private AcknowledgementPacket Acknowledgement(PacketType type, MqttReasonCode reason) =>
        new(type, PacketId(), IsV5 ? reason : MqttReasonCode.Success) { Properties = Explaining() };

    private DisconnectPacket Disconnect() =>
        new(IsV5 ? Pick(MqttReasonCode.Success, MqttReasonCode.ServerMoved, MqttReasonCode.SessionTakenOver)
            : MqttReasonCode.Success)
        {
            Properties = !IsV5 || Chance(2) ? null
                : new MqttProperties { ReasonString = Text(), ServerReference = "b:1", UserProperties = UserProperties() },
        };

    private MqttProperties MessageProperties(bool isWill) => new()
    {
        PayloadIsUtf8 = Maybe(Chance(2)),
        MessageExpiryInterval = Maybe((uint)random.NextInt64(uint.MaxValue)),
        ContentType = Chance(2) ? Text() : null,
        ResponseTopic = Chance(3) ? Topic() : null,
        CorrelationData = Chance(3) ? (ReadOnlyMemory<byte>?)Bytes(16) : null,
        WillDelayInterval = isWill ? Maybe((uint)random.Next(1000)) : null,
        TopicAlias = isWill ? null : Maybe((ushort)random.Next(1, 65_536)),
        SubscriptionIdentifiers = isWill ? [] : Chance(2) ? [random.Next(1, 268_435_456)] : [],
        UserProperties = UserProperties(),
    };

    private MqttProperties? Subscribing() => !IsV5 || Chance(2) ? null : new MqttProperties
    {
        SubscriptionIdentifiers = Chance(2) ? [random.Next(1, 268_435_456)] : [], UserProperties = UserProperties(),
    };

    private MqttProperties? UserOnly() =>
        !IsV5 || Chance(2) ? null : new MqttProperties { UserProperties = UserProperties() };

    // Never an empty list: that is written like no list, but has a longer form on the wire.
    private MqttProperties? Explaining() => !IsV5 || Chance(2) ? null
        : new MqttProperties { ReasonString = Text(), UserProperties = UserProperties() };

    private MqttSubscription Subscription()
    {
        string filter = Filter();
        return new MqttSubscription(filter)
        {
            QoS = (QualityOfService)random.Next(3),
            NoLocal = IsV5 && !MqttTopicFilter.IsShared(filter) && Chance(2),
            RetainAsPublished = IsV5 && Chance(2),
            RetainHandling = IsV5 ? (RetainHandling)random.Next(3) : RetainHandling.SendAlways,
        };
    }

    private MqttReasonCode SubackReason() => Pick(MqttReasonCode.Success, MqttReasonCode.GrantedQoS1,
        MqttReasonCode.GrantedQoS2, MqttReasonCode.UnspecifiedError);

    private List<KeyValuePair<string, string>> UserProperties() =>
        [.. Enumerable.Range(0, random.Next(3)).Select(index => KeyValuePair.Create("k" + index, Text()))];

    private string Filter() => random.Next(6) switch
    {
        0 => "#",
        1 => "+/+/" + Text() + "/#",
        2 => "$share/group/" + Topic(),
        3 => "/" + Topic() + "/+",
        _ => Topic(),
    };

    private string Topic()
    {
        var topic = new StringBuilder(Text());
        for (int level = random.Next(5); level > 0; level--)
        {
            topic.Append('/').Append(Text());
        }

        return topic.ToString();
    }

    private string Text() => Pick(Words);

    private byte[] Bytes(int max)
    {
        byte[] bytes = new byte[random.Next(max)];
        random.NextBytes(bytes);
        return bytes;
    }

    private ushort PacketId() => (ushort)random.Next(1, 65_536);

    private T[] Many<T>(Func<T> next) => [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => next())];

    private T? Maybe<T>(T value)
        where T : struct => Chance(2) ? value : null;

    private T Pick<T>(params T[] values) => values[random.Next(values.Length)];

    private bool Chance(int oneIn) => random.Next(oneIn) == 0;
}
