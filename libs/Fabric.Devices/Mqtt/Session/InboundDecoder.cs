using System.Buffers;
using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>How a pass over received bytes ended.</summary>
internal enum InboundStatus
{
    /// <summary>The rest is part of a packet: more bytes are needed.</summary>
    More,

    /// <summary>The inbox is full; the rest starts with a PUBLISH.</summary>
    Full,

    /// <summary>See <see cref="InboundDecoder.Violation"/>.</summary>
    Malformed,
}

/// <summary>
/// From received bytes to messages in the session's inbox and control packets to the client. Runs over whole reads under the
/// session's lock. A PUBLISH that lies in one segment is read in place and its payload copied once; one that spans segments is
/// copied whole into the inbox's memory and read there.
/// </summary>
internal sealed class InboundDecoder(
    MqttClientOptions options, InboundSession inbound, MqttConnection connection, Action<MqttPacket> onControl)
{
    private const int TopicsMax = 1 << 16;

    private readonly TopicTable _topics = new(TopicsMax);
    private readonly string?[] _aliases = new string?[options.TopicAliasMaximum + 1];

    /// <summary>What the broker did wrong; None so far.</summary>
    public Malformed Violation { get; private set; }

    /// <summary>Consumes whole packets from the front of <paramref name="bytes"/>.</summary>
    public InboundStatus Decode(ref ReadOnlySequence<byte> bytes)
    {
        InboundStatus? status = null;
        lock (inbound.Sync)
        {
            while (status is null)
            {
                status = DecodeSegment(ref bytes) ?? DecodeAcrossSegments(ref bytes);
            }

            inbound.Wake();
        }

        connection.Flush();
        return status.Value;
    }

    // Everything that lies whole in the first segment; null when the next packet does not.
    private InboundStatus? DecodeSegment(ref ReadOnlySequence<byte> bytes)
    {
        ReadOnlySpan<byte> span = bytes.FirstSpan;
        int at = 0;
        InboundStatus? status = null;
        while (status is null)
        {
            ReadOnlySpan<byte> rest = span[at..];
            FrameStatus frame = FrameHeader.TryRead(rest, options.PacketBytesMax, out FrameHeader header, out Malformed malformed);
            if (frame == FrameStatus.Malformed)
            {
                status = Fail(malformed);
            }
            else if (frame == FrameStatus.More || rest.Length < header.PacketLength)
            {
                break;
            }
            else if (header.Type == PacketType.Publish && !inbound.HasRoom)
            {
                status = InboundStatus.Full;
            }
            else
            {
                status = Handle(header, rest.Slice(header.HeaderLength, header.BodyLength), default);
                at += header.PacketLength;
            }
        }

        bytes = bytes.Slice(at);
        return status;
    }

    private InboundStatus? DecodeAcrossSegments(ref ReadOnlySequence<byte> bytes)
    {
        FrameStatus frame = FrameHeader.TryRead(bytes, options.PacketBytesMax, out FrameHeader header, out Malformed malformed);
        if (frame == FrameStatus.Malformed)
        {
            return Fail(malformed);
        }

        if (frame == FrameStatus.More || bytes.Length < header.PacketLength)
        {
            return InboundStatus.More;
        }

        bool isPublish = header.Type == PacketType.Publish;
        if (isPublish && !inbound.HasRoom)
        {
            return InboundStatus.Full;
        }

        ReadOnlySequence<byte> body = bytes.Slice(header.HeaderLength, header.BodyLength);
        Memory<byte> whole = isPublish ? inbound.Take(header.BodyLength) : new byte[header.BodyLength];
        body.CopyTo(whole.Span);
        InboundStatus? status = Handle(header, whole.Span, whole);
        bytes = bytes.Slice(header.PacketLength);
        return status;
    }

    // owned: the body in the inbox's own memory, if it stands there already.
    private InboundStatus? Handle(FrameHeader header, ReadOnlySpan<byte> body, ReadOnlyMemory<byte> owned)
    {
        if (header.Type == PacketType.Publish)
        {
            return HandlePublish(header.Flags, body, owned);
        }

        MqttPacket? packet = PacketDecoder.Decode(header, body, connection.Version, out Malformed malformed);
        if (packet is null)
        {
            return Fail(malformed);
        }

        if (packet is AcknowledgementPacket { Kind: PacketType.Pubrel } release)
        {
            AnswerPubrel(release.PacketId);
        }
        else if (header.Type == PacketType.Pingresp)
        {
            if (inbound.EndFence())
            {
                connection.SendPing(inbound);
            }
        }
        else
        {
            onControl(packet);
        }

        return null;
    }

    private InboundStatus? HandlePublish(byte flags, ReadOnlySpan<byte> body, ReadOnlyMemory<byte> owned)
    {
        Malformed malformed = PublishView.TryRead(flags, body, connection.Version, out PublishView view);
        string topic = "";
        if (malformed == Malformed.None)
        {
            malformed = ResolveTopic(view, out topic);
        }

        if (malformed != Malformed.None)
        {
            return Fail(malformed);
        }

        if (inbound.IsRepeat(view.PacketId, view.QoS))
        {
            connection.Send(new AcknowledgementPacket(PacketType.Pubrec, view.PacketId, MqttReasonCode.Success));
            return null;
        }

        ReadOnlyMemory<byte> payload = Keep(view.Payload, owned, body.Length - view.Payload.Length);
        ReadOnlyMemory<byte> properties = view.Properties.IsEmpty
            ? default
            : Keep(view.Properties, owned, body.Length - view.Payload.Length - view.Properties.Length);
        inbound.Add(topic, payload, properties, view.PacketId, flags);
        return null;
    }

    private ReadOnlyMemory<byte> Keep(ReadOnlySpan<byte> part, ReadOnlyMemory<byte> owned, int offset)
    {
        if (!owned.IsEmpty)
        {
            return owned.Slice(offset, part.Length);
        }

        Memory<byte> copy = inbound.Take(part.Length);
        part.CopyTo(copy.Span);
        return copy;
    }

    private Malformed ResolveTopic(in PublishView view, out string topic)
    {
        topic = "";
        if (view.TopicAlias >= _aliases.Length)
        {
            return Malformed.TopicAliasInvalid;
        }

        if (view.Topic.IsEmpty)
        {
            topic = _aliases[view.TopicAlias] ?? "";
            return topic.Length == 0 ? Malformed.TopicAliasInvalid : Malformed.None;
        }

        Malformed malformed = _topics.TryIntern(view.Topic, out topic);
        if (malformed == Malformed.None && view.TopicAlias > 0)
        {
            _aliases[view.TopicAlias] = topic;
        }

        return malformed;
    }

    private void AnswerPubrel(ushort packetId)
    {
        MqttReasonCode reason = inbound.Release(packetId)
            ? MqttReasonCode.Success
            : MqttReasonCode.PacketIdentifierNotFound;
        connection.Send(new AcknowledgementPacket(PacketType.Pubcomp, packetId, reason));
    }

    private InboundStatus Fail(Malformed malformed)
    {
        Violation = malformed;
        return InboundStatus.Malformed;
    }
}
