namespace Fabric.Devices.Mqtt.Packets;

/// <summary>DISCONNECT (§3.14): reason code and properties in MQTT 5, both absent for a normal end; empty in MQTT 3.1.1.</summary>
internal sealed record DisconnectPacket(MqttReasonCode Reason) : MqttPacket
{
    public override PacketType Type => PacketType.Disconnect;

    public MqttProperties? Properties { get; init; }

    public static DisconnectPacket Decode(ref PacketReader reader, MqttProtocolVersion version)
    {
        if (version != MqttProtocolVersion.V5 || reader.Remaining == 0)
        {
            return new DisconnectPacket(MqttReasonCode.Success);
        }

        var reason = (MqttReasonCode)reader.ReadByte();
        bool known = reason is MqttReasonCode.Success or MqttReasonCode.DisconnectWithWill
            or (>= MqttReasonCode.UnspecifiedError and <= MqttReasonCode.WildcardSubscriptionsNotSupported);
        if (!known)
        {
            reader.Fail(Malformed.ReasonCodeUnknown);
        }

        MqttProperties? properties = reader.Remaining > 0 ? PropertyCodec.Read(ref reader, PacketType.Disconnect) : null;
        return new DisconnectPacket(reason) { Properties = properties };
    }

    protected override void EncodeBody(PacketBuffer buffer, MqttProtocolVersion version) =>
        ReasonAndProperties.Write(buffer, version, Reason, Properties);
}

/// <summary>AUTH (§3.15), MQTT 5 only: part of an enhanced authentication.</summary>
internal sealed record AuthPacket(MqttReasonCode Reason) : MqttPacket
{
    public override PacketType Type => PacketType.Auth;

    public MqttProperties? Properties { get; init; }

    public static AuthPacket Decode(ref PacketReader reader)
    {
        if (reader.Remaining == 0)
        {
            return new AuthPacket(MqttReasonCode.Success);
        }

        var reason = (MqttReasonCode)reader.ReadByte();
        bool known = reason is MqttReasonCode.Success or MqttReasonCode.ContinueAuthentication
            or MqttReasonCode.ReAuthenticate;
        if (!known)
        {
            reader.Fail(Malformed.ReasonCodeUnknown);
        }

        MqttProperties? properties = reader.Remaining > 0 ? PropertyCodec.Read(ref reader, PacketType.Auth) : null;
        return new AuthPacket(reason) { Properties = properties };
    }

    protected override void EncodeBody(PacketBuffer buffer, MqttProtocolVersion version) =>
        ReasonAndProperties.Write(buffer, version, Reason, Properties);
}

file static class ReasonAndProperties
{
    public static void Write(
        PacketBuffer buffer, MqttProtocolVersion version, MqttReasonCode reason, MqttProperties? properties)
    {
        if (version != MqttProtocolVersion.V5 || (reason == MqttReasonCode.Success && properties is null))
        {
            return;
        }

        buffer.WriteByte((byte)reason);
        if (properties is not null)
        {
            PropertyCodec.Write(buffer, properties);
        }
    }
}
