namespace Fabric.Devices.Mqtt.Packets;

/// <summary>What was wrong with bytes that are not a packet. Each value is one check of the decoder.</summary>
internal enum Malformed : byte
{
    None = 0,
    ReservedPacketType,
    FixedHeaderFlags,
    RemainingLengthTooLong,
    PacketTooLarge,
    Truncated,
    TrailingBytes,
    VariableIntegerTooLong,
    TextNotUtf8,
    TextHasNul,
    ProtocolName,
    ProtocolVersion,
    ConnectFlags,
    ConnackFlags,
    ClientIdMissing,
    QualityOfServiceReserved,
    DupWithoutAcknowledgement,
    PacketIdZero,
    TopicEmpty,
    TopicHasWildcard,
    FilterInvalid,
    SubscriptionOptions,
    NoFilters,
    NoReasonCodes,
    ReasonCodeUnknown,
    PropertyUnknown,
    PropertyNotAllowedHere,
    PropertyTwice,
    PropertyOverrun,
    PropertyValue,
    TopicAliasInvalid,
}

/// <summary>How a malformed packet is reported to the peer (MQTT 5.0 §4.13).</summary>
internal static class MalformedReasons
{
    /// <summary>The reason code for a DISCONNECT that answers <paramref name="malformed"/>.</summary>
    public static MqttReasonCode ToReasonCode(this Malformed malformed) => malformed switch
    {
        Malformed.PacketTooLarge => MqttReasonCode.PacketTooLarge,
        Malformed.ProtocolVersion => MqttReasonCode.UnsupportedProtocolVersion,
        Malformed.TopicAliasInvalid => MqttReasonCode.TopicAliasInvalid,
        Malformed.FilterInvalid => MqttReasonCode.TopicFilterInvalid,
        Malformed.TopicHasWildcard => MqttReasonCode.TopicNameInvalid,
        Malformed.TopicEmpty or Malformed.PropertyTwice or Malformed.PropertyNotAllowedHere or Malformed.PropertyValue
            or Malformed.NoFilters or Malformed.NoReasonCodes or Malformed.PacketIdZero => MqttReasonCode.ProtocolError,
        _ => MqttReasonCode.MalformedPacket,
    };
}
