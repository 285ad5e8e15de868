namespace Fabric.Devices.Mqtt.Packets;

/// <summary>SUBACK (§3.9): packet id, properties (MQTT 5), one reason code for each filter, in the order of the SUBSCRIBE.</summary>
internal sealed record SubackPacket(ushort PacketId, IReadOnlyList<MqttReasonCode> Reasons) : MqttPacket
{
    public override PacketType Type => PacketType.Suback;

    public MqttProperties? Properties { get; init; }

    public static SubackPacket Decode(ref PacketReader reader, MqttProtocolVersion version)
    {
        ushort packetId = reader.ReadPacketId();
        MqttProperties? properties =
            version == MqttProtocolVersion.V5 ? PropertyCodec.Read(ref reader, PacketType.Suback) : null;
        return new SubackPacket(packetId, ReasonList.Read(ref reader, IsKnown)) { Properties = properties };
    }

    protected override void EncodeBody(PacketBuffer buffer, MqttProtocolVersion version)
    {
        buffer.WriteUInt16(PacketId);
        if (version == MqttProtocolVersion.V5)
        {
            PropertyCodec.Write(buffer, Properties);
        }

        ReasonList.Write(buffer, Reasons);
    }

    private static bool IsKnown(MqttReasonCode reason) =>
        reason is <= MqttReasonCode.GrantedQoS2 or >= MqttReasonCode.UnspecifiedError;
}

/// <summary>UNSUBACK (§3.11). In MQTT 3.1.1 it is the packet id alone.</summary>
internal sealed record UnsubackPacket(ushort PacketId, IReadOnlyList<MqttReasonCode> Reasons) : MqttPacket
{
    public override PacketType Type => PacketType.Unsuback;

    public MqttProperties? Properties { get; init; }

    public static UnsubackPacket Decode(ref PacketReader reader, MqttProtocolVersion version)
    {
        ushort packetId = reader.ReadPacketId();
        if (version != MqttProtocolVersion.V5)
        {
            return new UnsubackPacket(packetId, []);
        }

        MqttProperties? properties = PropertyCodec.Read(ref reader, PacketType.Unsuback);
        return new UnsubackPacket(packetId, ReasonList.Read(ref reader, IsKnown)) { Properties = properties };
    }

    protected override void EncodeBody(PacketBuffer buffer, MqttProtocolVersion version)
    {
        buffer.WriteUInt16(PacketId);
        if (version == MqttProtocolVersion.V5)
        {
            PropertyCodec.Write(buffer, Properties);
            ReasonList.Write(buffer, Reasons);
        }
    }

    private static bool IsKnown(MqttReasonCode reason) => reason is MqttReasonCode.Success
        or MqttReasonCode.NoSubscriptionExisted or >= MqttReasonCode.UnspecifiedError;
}

/// <summary>The run of reason codes that ends SUBACK and UNSUBACK.</summary>
file static class ReasonList
{
    public static MqttReasonCode[] Read(ref PacketReader reader, Func<MqttReasonCode, bool> isKnown)
    {
        ReadOnlySpan<byte> codes = reader.Take(reader.Remaining);
        var reasons = new MqttReasonCode[codes.Length];
        for (int index = 0; index < codes.Length; index++)
        {
            reasons[index] = (MqttReasonCode)codes[index];
            if (!isKnown(reasons[index]))
            {
                reader.Fail(Malformed.ReasonCodeUnknown);
            }
        }

        if (codes.IsEmpty)
        {
            reader.Fail(Malformed.NoReasonCodes);
        }

        return reasons;
    }

    public static void Write(PacketBuffer buffer, IReadOnlyList<MqttReasonCode> reasons)
    {
        foreach (MqttReasonCode reason in reasons)
        {
            buffer.WriteByte((byte)reason);
        }
    }
}
