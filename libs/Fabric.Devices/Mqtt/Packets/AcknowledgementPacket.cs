namespace Fabric.Devices.Mqtt.Packets;

/// <summary>
/// PUBACK, PUBREC, PUBREL, PUBCOMP (§3.4 to §3.7), which have one layout:
/// <code>
///   packet id        u16
///   reason code      u8, MQTT 5; absent means success
///   properties       MQTT 5; absent (with the remaining length below 4) means none
/// </code>
/// </summary>
internal sealed record AcknowledgementPacket(PacketType Kind, ushort PacketId, MqttReasonCode Reason) : MqttPacket
{
    public override PacketType Type => Kind;

    public MqttProperties? Properties { get; init; }

    protected override int FixedHeaderFlags => Kind == PacketType.Pubrel ? 2 : 0;

    public static AcknowledgementPacket Decode(ref PacketReader reader, PacketType type, MqttProtocolVersion version)
    {
        ushort packetId = reader.ReadPacketId();
        if (version != MqttProtocolVersion.V5 || reader.Remaining == 0)
        {
            return new AcknowledgementPacket(type, packetId, MqttReasonCode.Success);
        }

        var reason = (MqttReasonCode)reader.ReadByte();
        if (!IsKnown(type, reason))
        {
            reader.Fail(Malformed.ReasonCodeUnknown);
        }

        MqttProperties? properties = reader.Remaining > 0 ? PropertyCodec.Read(ref reader, type) : null;
        return new AcknowledgementPacket(type, packetId, reason) { Properties = properties };
    }

    /// <summary>The shortest form, without an object: used for whole runs of acknowledgements.</summary>
    public static void Encode(
        PacketBuffer buffer, PacketType type, ushort packetId, MqttReasonCode reason, MqttProtocolVersion version)
    {
        bool withReason = version == MqttProtocolVersion.V5 && reason != MqttReasonCode.Success;
        buffer.WriteByte((byte)((int)type << 4 | (type == PacketType.Pubrel ? 2 : 0)));
        buffer.WriteByte(withReason ? (byte)3 : (byte)2);
        buffer.WriteUInt16(packetId);
        if (withReason)
        {
            buffer.WriteByte((byte)reason);
        }
    }

    protected override void EncodeBody(PacketBuffer buffer, MqttProtocolVersion version)
    {
        buffer.WriteUInt16(PacketId);
        if (version != MqttProtocolVersion.V5 || (Reason == MqttReasonCode.Success && Properties is null))
        {
            return;
        }

        buffer.WriteByte((byte)Reason);
        if (Properties is not null)
        {
            PropertyCodec.Write(buffer, Properties);
        }
    }

    private static bool IsKnown(PacketType type, MqttReasonCode reason) => type switch
    {
        PacketType.Pubrel or PacketType.Pubcomp =>
            reason is MqttReasonCode.Success or MqttReasonCode.PacketIdentifierNotFound,
        _ => reason is MqttReasonCode.Success or MqttReasonCode.NoMatchingSubscribers
            or MqttReasonCode.UnspecifiedError or MqttReasonCode.ImplementationSpecificError
            or MqttReasonCode.NotAuthorized or MqttReasonCode.TopicNameInvalid or MqttReasonCode.PacketIdentifierInUse
            or MqttReasonCode.QuotaExceeded or MqttReasonCode.PayloadFormatInvalid,
    };
}
