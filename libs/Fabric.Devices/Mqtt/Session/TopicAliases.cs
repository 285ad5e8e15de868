using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>
/// Topic aliases towards the broker (MQTT 5.0 §3.3.2.3.4): the first topics of a connection get one each, as many as the broker
/// takes; their later messages carry the number alone. Not thread-safe.
/// </summary>
internal sealed class TopicAliases
{
    private readonly Dictionary<string, ushort> _aliases = new(StringComparer.Ordinal);

    /// <summary>The packet as it goes out. <paramref name="commit"/> remembers a new alias once the packet is really sent.</summary>
    public PublishPacket Apply(PublishPacket packet, int aliasMaximum, out Action? commit)
    {
        commit = null;
        if (aliasMaximum == 0)
        {
            return packet;
        }

        if (_aliases.TryGetValue(packet.Topic, out ushort alias))
        {
            return packet with { Topic = "", Properties = With(packet.Properties, alias) };
        }

        if (_aliases.Count >= aliasMaximum)
        {
            return packet;
        }

        ushort next = (ushort)(_aliases.Count + 1);
        commit = () => _aliases.Add(packet.Topic, next);
        return packet with { Properties = With(packet.Properties, next) };
    }

    private static MqttProperties With(MqttProperties? given, ushort alias) => new()
    {
        TopicAlias = alias,
        PayloadIsUtf8 = given?.PayloadIsUtf8,
        MessageExpiryInterval = given?.MessageExpiryInterval,
        ContentType = given?.ContentType,
        ResponseTopic = given?.ResponseTopic,
        CorrelationData = given?.CorrelationData,
        UserProperties = given?.UserProperties ?? [],
    };
}
