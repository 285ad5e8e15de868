using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>What the broker allows on this connection (MQTT 5.0 §3.2.2.3); the defaults are those of the specification.</summary>
internal sealed record ServerLimits
{
    /// <summary>
    /// MQTT 3.1.1 cannot say how much a broker takes at once, and mosquitto hangs up on more than 20 publications of QoS 2 in
    /// flight (its <c>max_inflight_messages</c>): 20 is what it, and Paho, use by default.
    /// </summary>
    private const int ReceiveMaximumOfV311 = 20;

    public int ReceiveMaximum { get; init; } = ushort.MaxValue;

    public QualityOfService MaximumQoS { get; init; } = QualityOfService.ExactlyOnce;

    public bool RetainAvailable { get; init; } = true;

    public long PacketBytesMax { get; init; } = FrameHeader.BodyBytesMax;

    public int TopicAliasMaximum { get; init; }

    public static ServerLimits From(MqttProtocolVersion version, MqttProperties? connack) => new()
    {
        ReceiveMaximum = version == MqttProtocolVersion.V311
            ? ReceiveMaximumOfV311
            : connack?.ReceiveMaximum ?? ushort.MaxValue,
        MaximumQoS = connack?.MaximumQoS is { } qos ? (QualityOfService)qos : QualityOfService.ExactlyOnce,
        RetainAvailable = connack?.RetainAvailable ?? true,
        PacketBytesMax = connack?.MaximumPacketSize ?? FrameHeader.BodyBytesMax,
        TopicAliasMaximum = connack?.TopicAliasMaximum ?? 0,
    };

    /// <summary>Why the broker would refuse this publication; Success when it would not.</summary>
    public MqttReasonCode Check(MqttPublication publication) =>
        publication.QoS > MaximumQoS ? MqttReasonCode.QoSNotSupported
        : publication.Retain && !RetainAvailable ? MqttReasonCode.RetainNotSupported
        : MqttReasonCode.Success;
}
