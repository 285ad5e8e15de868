namespace Fabric.Devices.Mqtt.Packets;

/// <summary>
/// CONNACK (§3.2): flags (bit 0: session present), reason code, properties in MQTT 5. Return codes 1 to 5 of MQTT 3.1.1 (§3.2.2.3
/// there) are translated.
/// </summary>
internal sealed record ConnackPacket(bool SessionPresent, MqttReasonCode Reason) : MqttPacket
{
    // MQTT 3.1.1 table 3.1, by return code.
    private static readonly MqttReasonCode[] ReturnCodes =
    [
        MqttReasonCode.Success, MqttReasonCode.UnsupportedProtocolVersion, MqttReasonCode.ClientIdentifierNotValid,
        MqttReasonCode.ServerUnavailable, MqttReasonCode.BadUserNameOrPassword, MqttReasonCode.NotAuthorized,
    ];

    public override PacketType Type => PacketType.Connack;

    public MqttProperties? Properties { get; init; }

    public static ConnackPacket Decode(ref PacketReader reader, MqttProtocolVersion version)
    {
        byte flags = reader.ReadByte();
        byte code = reader.ReadByte();
        MqttReasonCode reason = version == MqttProtocolVersion.V5 ? (MqttReasonCode)code
            : code < ReturnCodes.Length ? ReturnCodes[code]
            : MqttReasonCode.UnspecifiedError;

        // Brokers of version 3.1.1 answer a CONNECT of version 5 in their own layout: two bytes and code 1. §3.2 leaves no room
        // for that; reading it lets the user see "unsupported protocol version" instead of "malformed".
        bool isOldRefusal = version == MqttProtocolVersion.V5 && reader.Remaining == 0 && code is > 0 and < 6;
        MqttProperties? properties = null;
        if (isOldRefusal)
        {
            reason = ReturnCodes[code];
        }
        else if (version == MqttProtocolVersion.V5)
        {
            properties = PropertyCodec.Read(ref reader, PacketType.Connack);
        }

        bool known = reason == MqttReasonCode.Success || IsRefusal(reason);
        if (flags > 1 || (flags == 1 && reason != MqttReasonCode.Success))
        {
            reader.Fail(Malformed.ConnackFlags);
        }
        else if (!known)
        {
            reader.Fail(Malformed.ReasonCodeUnknown);
        }

        return new ConnackPacket(flags == 1, reason) { Properties = properties };
    }

    protected override void EncodeBody(PacketBuffer buffer, MqttProtocolVersion version)
    {
        buffer.WriteByte(SessionPresent ? (byte)1 : (byte)0);
        if (version == MqttProtocolVersion.V5)
        {
            buffer.WriteByte((byte)Reason);
            PropertyCodec.Write(buffer, Properties);
        }
        else
        {
            buffer.WriteByte((byte)Math.Max(Array.IndexOf(ReturnCodes, Reason), 0));
        }
    }

    // Table 3-1 of MQTT 5.0, read generously: any refusal is a refusal.
    private static bool IsRefusal(MqttReasonCode reason) => reason >= MqttReasonCode.UnspecifiedError;
}
