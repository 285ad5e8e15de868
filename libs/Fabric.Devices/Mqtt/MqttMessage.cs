using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Mqtt;

/// <summary>
/// One application message, as it came. <see cref="Payload"/> and the properties stand in the client's own memory and are valid
/// until the next call of <see cref="MqttClient.ReadBatchAsync"/>; whoever keeps them longer copies them.
/// </summary>
public readonly struct MqttMessage
{
    private readonly ReadOnlyMemory<byte> _properties;
    private readonly byte _flags;

    internal MqttMessage(
        string topic, ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> properties, long sequence, int generation,
        ushort packetId, byte flags, bool inResumedSession)
    {
        Topic = topic;
        Payload = payload;
        _properties = properties;
        Sequence = sequence;
        Generation = generation;
        PacketId = packetId;
        _flags = flags;
        InResumedSession = inResumedSession;
    }

    /// <summary>One string object for each topic, over all its messages.</summary>
    public string Topic { get; }

    /// <summary>The client's memory: valid until the next read.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Rises by one with every message of this client, over all connections, from 1. What <see cref="MqttClient.Acknowledge"/> takes.</summary>
    public long Sequence { get; }

    /// <summary>Number of the connection it came over, from 1.</summary>
    public int Generation { get; }

    /// <summary>0 at QoS 0. Unique only while unacknowledged.</summary>
    public ushort PacketId { get; }

    /// <summary>The QoS of this delivery, which is at most what was granted.</summary>
    public QualityOfService QoS => (QualityOfService)(_flags >> 1 & 3);

    /// <summary>The broker sent this packet before, over this connection's session, and does not know whether it arrived.</summary>
    public bool Dup => (_flags & 8) != 0;

    /// <summary>It was kept by the broker for new subscribers, and is not a new event.</summary>
    public bool Retain => (_flags & 1) != 0;

    /// <summary>Whether the connection resumed a session that the broker had kept.</summary>
    public bool InResumedSession { get; }

    /// <summary>Whether <see cref="ReadProperties"/> would find any.</summary>
    public bool HasProperties => !_properties.IsEmpty;

    /// <summary>The properties of an MQTT 5 message, read on demand and owned by the caller; null when there are none.</summary>
    public MqttProperties? ReadProperties() =>
        _properties.IsEmpty ? null : PropertyCodec.Read(_properties.Span, PacketType.Publish);

    /// <summary>Without topic and payload: either may name a person.</summary>
    public override string ToString() => $"message {Sequence}: {Payload.Length} bytes, {QoS}, connection {Generation}";
}
