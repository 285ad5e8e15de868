using System.Text;

namespace Fabric.Devices.Mqtt.Packets;

/// <summary>A PUBLISH (§3.3) that owns its bytes; the layout is drawn at <see cref="PublishView"/>.</summary>
internal sealed record PublishPacket : MqttPacket
{
    public override PacketType Type => PacketType.Publish;

    /// <summary>Empty only with a topic alias.</summary>
    public required string Topic { get; init; }

    public ReadOnlyMemory<byte> Payload { get; init; }

    public QualityOfService QoS { get; init; }

    public bool Dup { get; init; }

    public bool Retain { get; init; }

    public ushort PacketId { get; init; }

    public MqttProperties? Properties { get; init; }

    protected override int FixedHeaderFlags => (Dup ? 8 : 0) | (int)QoS << 1 | (Retain ? 1 : 0);

    public static PublishPacket? Decode(ref PacketReader reader, byte flags, MqttProtocolVersion version)
    {
        ReadOnlySpan<byte> body = reader.Take(reader.Remaining);
        Malformed malformed = PublishView.TryRead(flags, body, version, out PublishView view);
        if (malformed == Malformed.None)
        {
            malformed = PublishView.CheckTopic(view.Topic);
        }

        if (malformed != Malformed.None)
        {
            reader.Fail(malformed);
            return null;
        }

        return new PublishPacket
        {
            Topic = Encoding.UTF8.GetString(view.Topic),
            Payload = view.Payload.ToArray(),
            QoS = view.QoS,
            Dup = view.Dup,
            Retain = view.Retain,
            PacketId = view.PacketId,
            Properties = PropertyCodec.Read(view.Properties, PacketType.Publish),
        };
    }

    /// <summary>Header, topic, packet id and properties: everything but the payload, which is written where it stands.</summary>
    public void EncodeWithoutPayload(PacketBuffer buffer, MqttProtocolVersion version, PacketBuffer scratch)
    {
        scratch.Clear();
        EncodeVariableHeader(scratch, version);
        buffer.WriteByte((byte)((int)Type << 4 | FixedHeaderFlags));
        buffer.WriteVariableInteger(checked(scratch.Length + Payload.Length));
        buffer.WriteRaw(scratch.WrittenSpan);
    }

    protected override void EncodeBody(PacketBuffer buffer, MqttProtocolVersion version)
    {
        EncodeVariableHeader(buffer, version);
        buffer.WriteRaw(Payload.Span);
    }

    private void EncodeVariableHeader(PacketBuffer buffer, MqttProtocolVersion version)
    {
        buffer.WriteString(Topic);
        if (QoS != QualityOfService.AtMostOnce)
        {
            buffer.WriteUInt16(PacketId);
        }

        if (version == MqttProtocolVersion.V5)
        {
            PropertyCodec.Write(buffer, Properties);
        }
    }
}
