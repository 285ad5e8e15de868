using System.Buffers;

namespace Fabric.Devices.Mqtt.Packets;

/// <summary>From bytes to packets, of every type, in both directions. A pure function; see <see cref="FrameHeader"/> for the layout.</summary>
internal static class PacketDecoder
{
    /// <summary>
    /// Decodes the packet at the start of <paramref name="bytes"/>. <paramref name="consumed"/> is its length when Done and 0
    /// otherwise. The packet owns copies of everything.
    /// </summary>
    public static FrameStatus TryDecode(
        in ReadOnlySequence<byte> bytes, MqttProtocolVersion version, int packetBytesMax,
        out MqttPacket? packet, out int consumed, out Malformed malformed)
    {
        packet = null;
        consumed = 0;
        FrameStatus status = FrameHeader.TryRead(bytes, packetBytesMax, out FrameHeader header, out malformed);
        if (status != FrameStatus.Done)
        {
            return status;
        }

        if (bytes.Length < header.PacketLength)
        {
            return FrameStatus.More;
        }

        ReadOnlySequence<byte> body = bytes.Slice(header.HeaderLength, header.BodyLength);
        packet = Decode(header, body.IsSingleSegment ? body.FirstSpan : body.ToArray(), version, out malformed);
        consumed = packet is null ? 0 : header.PacketLength;
        return packet is null ? FrameStatus.Malformed : FrameStatus.Done;
    }

    /// <summary>Decodes a whole body; null when it is malformed.</summary>
    public static MqttPacket? Decode(
        FrameHeader header, ReadOnlySpan<byte> body, MqttProtocolVersion version, out Malformed malformed)
    {
        var reader = new PacketReader(body);
        MqttPacket? packet = header.Type switch
        {
            PacketType.Connect => ConnectPacket.Decode(ref reader),
            PacketType.Connack => ConnackPacket.Decode(ref reader, version),
            PacketType.Publish => PublishPacket.Decode(ref reader, header.Flags, version),
            PacketType.Puback or PacketType.Pubrec or PacketType.Pubrel or PacketType.Pubcomp =>
                AcknowledgementPacket.Decode(ref reader, header.Type, version),
            PacketType.Subscribe => SubscribePacket.Decode(ref reader, version),
            PacketType.Suback => SubackPacket.Decode(ref reader, version),
            PacketType.Unsubscribe => UnsubscribePacket.Decode(ref reader, version),
            PacketType.Unsuback => UnsubackPacket.Decode(ref reader, version),
            PacketType.Pingreq => PingreqPacket.Instance,
            PacketType.Pingresp => PingrespPacket.Instance,
            PacketType.Disconnect => DisconnectPacket.Decode(ref reader, version),
            PacketType.Auth when version == MqttProtocolVersion.V5 => AuthPacket.Decode(ref reader),
            _ => null,
        };
        if (packet is null && !reader.Failed)
        {
            reader.Fail(Malformed.ReservedPacketType);
        }

        reader.ExpectEnd();
        malformed = reader.Malformed;
        return reader.Failed ? null : packet;
    }
}
