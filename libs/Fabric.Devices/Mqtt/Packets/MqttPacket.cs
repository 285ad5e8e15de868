namespace Fabric.Devices.Mqtt.Packets;

/// <summary>One packet as an object. The hot path reads PUBLISH through <see cref="PublishView"/> instead.</summary>
internal abstract record MqttPacket
{
    public abstract PacketType Type { get; }

    /// <summary>Appends the packet, fixed header included.</summary>
    public void Encode(PacketBuffer buffer, MqttProtocolVersion version)
    {
        buffer.WriteByte((byte)((int)Type << 4 | FixedHeaderFlags));
        int start = buffer.BeginLength();
        EncodeBody(buffer, version);
        buffer.EndLength(start);
    }

    protected virtual int FixedHeaderFlags => 0;

    protected abstract void EncodeBody(PacketBuffer buffer, MqttProtocolVersion version);
}

/// <summary>PINGREQ (§3.12): no body.</summary>
internal sealed record PingreqPacket : MqttPacket
{
    public static readonly PingreqPacket Instance = new();

    public override PacketType Type => PacketType.Pingreq;

    protected override void EncodeBody(PacketBuffer buffer, MqttProtocolVersion version)
    {
    }
}

/// <summary>PINGRESP (§3.13): no body.</summary>
internal sealed record PingrespPacket : MqttPacket
{
    public static readonly PingrespPacket Instance = new();

    public override PacketType Type => PacketType.Pingresp;

    protected override void EncodeBody(PacketBuffer buffer, MqttProtocolVersion version)
    {
    }
}
