namespace Fabric.Devices.Mqtt.Packets;

/// <summary>
/// SUBSCRIBE (§3.8): packet id, properties (MQTT 5), then filters, each followed by its options:
/// <code>
///   options   reserved 7..6 | retain handling 5..4 | retain as published 3 | no local 2 | QoS 1..0   (3.1.1: QoS alone)
/// </code>
/// </summary>
internal sealed record SubscribePacket(ushort PacketId, IReadOnlyList<MqttSubscription> Subscriptions) : MqttPacket
{
    public override PacketType Type => PacketType.Subscribe;

    public MqttProperties? Properties { get; init; }

    protected override int FixedHeaderFlags => 2;

    public static SubscribePacket Decode(ref PacketReader reader, MqttProtocolVersion version)
    {
        ushort packetId = reader.ReadPacketId();
        MqttProperties? properties =
            version == MqttProtocolVersion.V5 ? PropertyCodec.Read(ref reader, PacketType.Subscribe) : null;
        var subscriptions = new List<MqttSubscription>();
        while (reader.Remaining > 0)
        {
            string filter = ReadFilter(ref reader);
            subscriptions.Add(ReadOptions(ref reader, filter, version));
        }

        if (subscriptions.Count == 0)
        {
            reader.Fail(Malformed.NoFilters);
        }

        return new SubscribePacket(packetId, subscriptions) { Properties = properties };
    }

    /// <summary>A topic filter of §4.7, checked.</summary>
    public static string ReadFilter(ref PacketReader reader)
    {
        string filter = reader.ReadString();
        if (!reader.Failed && !MqttTopicFilter.IsValid(filter))
        {
            reader.Fail(Malformed.FilterInvalid);
        }

        return filter;
    }

    protected override void EncodeBody(PacketBuffer buffer, MqttProtocolVersion version)
    {
        buffer.WriteUInt16(PacketId);
        if (version == MqttProtocolVersion.V5)
        {
            PropertyCodec.Write(buffer, Properties);
        }

        foreach (MqttSubscription subscription in Subscriptions)
        {
            buffer.WriteString(subscription.Filter);
            buffer.WriteByte(Options(subscription, version));
        }
    }

    private static byte Options(MqttSubscription subscription, MqttProtocolVersion version) =>
        version != MqttProtocolVersion.V5
            ? (byte)subscription.QoS
            : (byte)((int)subscription.QoS
                | (subscription.NoLocal ? 4 : 0)
                | (subscription.RetainAsPublished ? 8 : 0)
                | (int)subscription.RetainHandling << 4);

    private static MqttSubscription ReadOptions(ref PacketReader reader, string filter, MqttProtocolVersion version)
    {
        int options = reader.ReadByte();
        int reserved = version == MqttProtocolVersion.V5 ? 0xC0 : 0xFC;
        bool noLocal = (options & 4) != 0;
        bool wrong = (options & reserved) != 0 || (options & 3) == 3 || (options & 0x30) == 0x30
            || (noLocal && MqttTopicFilter.IsShared(filter));
        if (wrong)
        {
            reader.Fail(Malformed.SubscriptionOptions);
        }

        return new MqttSubscription(filter)
        {
            QoS = (QualityOfService)(options & 3),
            NoLocal = noLocal,
            RetainAsPublished = (options & 8) != 0,
            RetainHandling = (RetainHandling)(options >> 4 & 3),
        };
    }
}
