namespace Fabric.Devices.Mqtt.Packets;

/// <summary>UNSUBSCRIBE (§3.10): packet id, properties (MQTT 5), filters.</summary>
internal sealed record UnsubscribePacket(ushort PacketId, IReadOnlyList<string> Filters) : MqttPacket
{
    public override PacketType Type => PacketType.Unsubscribe;

    public MqttProperties? Properties { get; init; }

    protected override int FixedHeaderFlags => 2;

    public static UnsubscribePacket Decode(ref PacketReader reader, MqttProtocolVersion version)
    {
        ushort packetId = reader.ReadPacketId();
        MqttProperties? properties =
            version == MqttProtocolVersion.V5 ? PropertyCodec.Read(ref reader, PacketType.Unsubscribe) : null;
        var filters = new List<string>();
        while (reader.Remaining > 0)
        {
            filters.Add(SubscribePacket.ReadFilter(ref reader));
        }

        if (filters.Count == 0)
        {
            reader.Fail(Malformed.NoFilters);
        }

        return new UnsubscribePacket(packetId, filters) { Properties = properties };
    }

    protected override void EncodeBody(PacketBuffer buffer, MqttProtocolVersion version)
    {
        buffer.WriteUInt16(PacketId);
        if (version == MqttProtocolVersion.V5)
        {
            PropertyCodec.Write(buffer, Properties);
        }

        foreach (string filter in Filters)
        {
            buffer.WriteString(filter);
        }
    }
}
