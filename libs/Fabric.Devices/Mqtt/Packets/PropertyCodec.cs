using System.Text;

namespace Fabric.Devices.Mqtt.Packets;

/// <summary>Between the properties on the wire and <see cref="MqttProperties"/>.</summary>
internal static class PropertyCodec
{
    /// <summary>Reads length and properties; null when there are none. Violations are left in <paramref name="packet"/>.</summary>
    public static MqttProperties? Read(ref PacketReader packet, PacketType place)
    {
        var walker = new PropertyWalker(ref packet, place);
        return Collect(ref walker, ref packet);
    }

    /// <summary>Reads properties that were checked before, without their length.</summary>
    public static MqttProperties? Read(ReadOnlySpan<byte> properties, PacketType place)
    {
        var none = new PacketReader([]);
        var walker = new PropertyWalker(properties, place);
        return Collect(ref walker, ref none);
    }

    /// <summary>Writes length and properties, in the order of the identifiers.</summary>
    public static void Write(PacketBuffer buffer, MqttProperties? properties)
    {
        if (properties is null)
        {
            buffer.WriteByte(0);
            return;
        }

        int start = buffer.BeginLength();
        WriteMessage(buffer, properties);
        WriteConnection(buffer, properties);
        WriteLimits(buffer, properties);
        foreach ((string name, string value) in properties.UserProperties)
        {
            buffer.WriteByte((byte)PropertyId.UserProperty);
            buffer.WriteString(name);
            buffer.WriteString(value);
        }

        buffer.EndLength(start);
    }

    private static MqttProperties? Collect(scoped ref PropertyWalker walker, scoped ref PacketReader packet)
    {
        MqttProperties? properties = null;
        for (PropertyId id = walker.Next(); id != PropertyId.None; id = walker.Next())
        {
            Set(properties ??= new MqttProperties(), id, ref walker);
        }

        if (walker.Malformed != Malformed.None)
        {
            packet.Fail(walker.Malformed);
        }

        return properties;
    }

    private static void Set(MqttProperties into, PropertyId id, ref PropertyWalker at)
    {
        switch (id)
        {
            case PropertyId.PayloadFormatIndicator: into.PayloadIsUtf8 = at.Number == 1; break;
            case PropertyId.MessageExpiryInterval: into.MessageExpiryInterval = at.Number; break;
            case PropertyId.ContentType: into.ContentType = Text(at.Value); break;
            case PropertyId.ResponseTopic: into.ResponseTopic = Text(at.Value); break;
            case PropertyId.CorrelationData: into.CorrelationData = at.Value.ToArray(); break;
            case PropertyId.SubscriptionIdentifier:
                AddSubscriptionIdentifier(into, (int)at.Number);
                break;
            case PropertyId.SessionExpiryInterval: into.SessionExpiryInterval = at.Number; break;
            case PropertyId.AssignedClientIdentifier: into.AssignedClientIdentifier = Text(at.Value); break;
            case PropertyId.ServerKeepAlive: into.ServerKeepAlive = (ushort)at.Number; break;
            case PropertyId.AuthenticationMethod: into.AuthenticationMethod = Text(at.Value); break;
            case PropertyId.AuthenticationData: into.AuthenticationData = at.Value.ToArray(); break;
            case PropertyId.RequestProblemInformation: into.RequestProblemInformation = at.Number == 1; break;
            case PropertyId.WillDelayInterval: into.WillDelayInterval = at.Number; break;
            case PropertyId.RequestResponseInformation: into.RequestResponseInformation = at.Number == 1; break;
            case PropertyId.ResponseInformation: into.ResponseInformation = Text(at.Value); break;
            case PropertyId.ServerReference: into.ServerReference = Text(at.Value); break;
            case PropertyId.ReasonString: into.ReasonString = Text(at.Value); break;
            case PropertyId.ReceiveMaximum: into.ReceiveMaximum = (ushort)at.Number; break;
            case PropertyId.TopicAliasMaximum: into.TopicAliasMaximum = (ushort)at.Number; break;
            case PropertyId.TopicAlias: into.TopicAlias = (ushort)at.Number; break;
            case PropertyId.MaximumQoS: into.MaximumQoS = (byte)at.Number; break;
            case PropertyId.RetainAvailable: into.RetainAvailable = at.Number == 1; break;
            case PropertyId.UserProperty: AddUserProperty(into, ref at); break;
            case PropertyId.MaximumPacketSize: into.MaximumPacketSize = at.Number; break;
            case PropertyId.WildcardSubscriptionAvailable: into.WildcardSubscriptionAvailable = at.Number == 1; break;
            case PropertyId.SubscriptionIdentifierAvailable: into.SubscriptionIdentifierAvailable = at.Number == 1; break;
            default: into.SharedSubscriptionAvailable = at.Number == 1; break;
        }
    }

    private static void AddSubscriptionIdentifier(MqttProperties into, int identifier)
    {
        List<int> list = into.SubscriptionIdentifiers as List<int> ?? [];
        list.Add(identifier);
        into.SubscriptionIdentifiers = list;
    }

    private static void AddUserProperty(MqttProperties into, ref PropertyWalker at)
    {
        List<KeyValuePair<string, string>> list = into.UserProperties as List<KeyValuePair<string, string>> ?? [];
        list.Add(new(Text(at.Value), Text(at.PairValue)));
        into.UserProperties = list;
    }

    private static void WriteMessage(PacketBuffer buffer, MqttProperties from)
    {
        Flag(buffer, PropertyId.PayloadFormatIndicator, from.PayloadIsUtf8);
        UInt32(buffer, PropertyId.MessageExpiryInterval, from.MessageExpiryInterval);
        Text(buffer, PropertyId.ContentType, from.ContentType);
        Text(buffer, PropertyId.ResponseTopic, from.ResponseTopic);
        Binary(buffer, PropertyId.CorrelationData, from.CorrelationData);
        foreach (int identifier in from.SubscriptionIdentifiers)
        {
            buffer.WriteByte((byte)PropertyId.SubscriptionIdentifier);
            buffer.WriteVariableInteger(identifier);
        }
    }

    private static void WriteConnection(PacketBuffer buffer, MqttProperties from)
    {
        UInt32(buffer, PropertyId.SessionExpiryInterval, from.SessionExpiryInterval);
        Text(buffer, PropertyId.AssignedClientIdentifier, from.AssignedClientIdentifier);
        UInt16(buffer, PropertyId.ServerKeepAlive, from.ServerKeepAlive);
        Text(buffer, PropertyId.AuthenticationMethod, from.AuthenticationMethod);
        Binary(buffer, PropertyId.AuthenticationData, from.AuthenticationData);
        Flag(buffer, PropertyId.RequestProblemInformation, from.RequestProblemInformation);
        UInt32(buffer, PropertyId.WillDelayInterval, from.WillDelayInterval);
        Flag(buffer, PropertyId.RequestResponseInformation, from.RequestResponseInformation);
        Text(buffer, PropertyId.ResponseInformation, from.ResponseInformation);
        Text(buffer, PropertyId.ServerReference, from.ServerReference);
        Text(buffer, PropertyId.ReasonString, from.ReasonString);
    }

    private static void WriteLimits(PacketBuffer buffer, MqttProperties from)
    {
        UInt16(buffer, PropertyId.ReceiveMaximum, from.ReceiveMaximum);
        UInt16(buffer, PropertyId.TopicAliasMaximum, from.TopicAliasMaximum);
        UInt16(buffer, PropertyId.TopicAlias, from.TopicAlias);
        Flag(buffer, PropertyId.MaximumQoS, from.MaximumQoS is { } qos ? qos == 1 : null);
        Flag(buffer, PropertyId.RetainAvailable, from.RetainAvailable);
        UInt32(buffer, PropertyId.MaximumPacketSize, from.MaximumPacketSize);
        Flag(buffer, PropertyId.WildcardSubscriptionAvailable, from.WildcardSubscriptionAvailable);
        Flag(buffer, PropertyId.SubscriptionIdentifierAvailable, from.SubscriptionIdentifierAvailable);
        Flag(buffer, PropertyId.SharedSubscriptionAvailable, from.SharedSubscriptionAvailable);
    }

    private static void Flag(PacketBuffer buffer, PropertyId id, bool? value)
    {
        if (value is { } flag)
        {
            buffer.WriteByte((byte)id);
            buffer.WriteByte(flag ? (byte)1 : (byte)0);
        }
    }

    private static void UInt16(PacketBuffer buffer, PropertyId id, ushort? value)
    {
        if (value is { } number)
        {
            buffer.WriteByte((byte)id);
            buffer.WriteUInt16(number);
        }
    }

    private static void UInt32(PacketBuffer buffer, PropertyId id, uint? value)
    {
        if (value is { } number)
        {
            buffer.WriteByte((byte)id);
            buffer.WriteUInt32(number);
        }
    }

    private static void Text(PacketBuffer buffer, PropertyId id, string? value)
    {
        if (value is not null)
        {
            buffer.WriteByte((byte)id);
            buffer.WriteString(value);
        }
    }

    private static void Binary(PacketBuffer buffer, PropertyId id, ReadOnlyMemory<byte>? value)
    {
        if (value is { } bytes)
        {
            buffer.WriteByte((byte)id);
            buffer.WriteBinary(bytes.Span);
        }
    }

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);
}
