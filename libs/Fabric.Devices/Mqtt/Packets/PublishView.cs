namespace Fabric.Devices.Mqtt.Packets;

/// <summary>
/// A PUBLISH (§3.3) in place: spans over the body it was read from, no copies.
/// <code>
///   topic name       UTF-8 string; in MQTT 5 empty when a topic alias stands for it
///   packet id        u16, only at QoS 1 and 2
///   properties       MQTT 5 only
///   payload          the rest
/// </code>
/// </summary>
internal ref struct PublishView
{
    public ReadOnlySpan<byte> Topic;
    public ReadOnlySpan<byte> Payload;

    /// <summary>Without their length; checked.</summary>
    public ReadOnlySpan<byte> Properties;

    /// <summary>0: none.</summary>
    public ushort TopicAlias;

    /// <summary>0 at QoS 0.</summary>
    public ushort PacketId;

    public byte Flags;

    public readonly QualityOfService QoS => (QualityOfService)(Flags >> 1 & 3);

    public readonly bool Dup => (Flags & 8) != 0;

    public readonly bool Retain => (Flags & 1) != 0;

    /// <summary>
    /// Reads a whole body whose flags <see cref="FrameHeader"/> has checked. The topic is checked only for its length and
    /// alias: whoever interns it checks text and wildcards once (<see cref="CheckTopic"/>).
    /// </summary>
    public static Malformed TryRead(
        byte flags, ReadOnlySpan<byte> body, MqttProtocolVersion version, out PublishView view)
    {
        view = default;
        view.Flags = flags;
        var reader = new PacketReader(body);
        view.Topic = reader.ReadBinary();
        view.PacketId = view.QoS == QualityOfService.AtMostOnce ? (ushort)0 : reader.ReadPacketId();
        if (version == MqttProtocolVersion.V5)
        {
            view.Properties = ReadProperties(ref reader, out view.TopicAlias);
        }

        if (view.Topic.IsEmpty && view.TopicAlias == 0)
        {
            reader.Fail(Malformed.TopicEmpty);
        }

        view.Payload = reader.Take(reader.Remaining);
        return reader.Malformed;
    }

    /// <summary>What §4.7.3 asks of a topic name: UTF-8 without U+0000, without wildcards.</summary>
    public static Malformed CheckTopic(ReadOnlySpan<byte> topic) =>
        topic.IndexOfAny((byte)'+', (byte)'#') >= 0 ? Malformed.TopicHasWildcard : PacketReader.CheckUtf8(topic);

    private static ReadOnlySpan<byte> ReadProperties(scoped ref PacketReader reader, out ushort topicAlias)
    {
        topicAlias = 0;
        int length = reader.ReadVariableInteger();
        if (length > reader.Remaining)
        {
            reader.Fail(Malformed.PropertyOverrun);
            return default;
        }

        ReadOnlySpan<byte> properties = reader.Take(length);
        if (length > 0)
        {
            topicAlias = Check(properties, ref reader);
        }

        return properties;
    }

    private static ushort Check(ReadOnlySpan<byte> properties, scoped ref PacketReader reader)
    {
        ushort topicAlias = 0;
        var walker = new PropertyWalker(properties, PacketType.Publish);
        for (PropertyId id = walker.Next(); id != PropertyId.None; id = walker.Next())
        {
            if (id == PropertyId.TopicAlias)
            {
                topicAlias = (ushort)walker.Number;
            }
        }

        if (walker.Malformed != Malformed.None)
        {
            reader.Fail(walker.Malformed);
        }

        return topicAlias;
    }
}
