using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>What the broker allows on this connection (MQTT 5.0 §3.2.2.3); the defaults are those of the specification.</summary>
internal sealed record ServerLimits
{
    public int ReceiveMaximum { get; init; } = ushort.MaxValue;

    public QualityOfService MaximumQoS { get; init; } = QualityOfService.ExactlyOnce;

    public bool RetainAvailable { get; init; } = true;

    public long PacketBytesMax { get; init; } = FrameHeader.BodyBytesMax;

    public int TopicAliasMaximum { get; init; }

    public static ServerLimits From(MqttProperties? connack) => connack is null ? new ServerLimits() : new ServerLimits
    {
        ReceiveMaximum = connack.ReceiveMaximum ?? ushort.MaxValue,
        MaximumQoS = connack.MaximumQoS is { } qos ? (QualityOfService)qos : QualityOfService.ExactlyOnce,
        RetainAvailable = connack.RetainAvailable ?? true,
        PacketBytesMax = connack.MaximumPacketSize ?? FrameHeader.BodyBytesMax,
        TopicAliasMaximum = connack.TopicAliasMaximum ?? 0,
    };

    /// <summary>Why the broker would refuse this publication; Success when it would not.</summary>
    public MqttReasonCode Check(MqttPublication publication) =>
        publication.QoS > MaximumQoS ? MqttReasonCode.QoSNotSupported
        : publication.Retain && !RetainAvailable ? MqttReasonCode.RetainNotSupported
        : MqttReasonCode.Success;
}
