namespace Fabric.Devices.Mqtt.Packets;

/// <summary>Kind of each property and the packets it may stand in: the table of MQTT 5.0 §2.2.2.2, row by row.</summary>
internal static class PropertyTable
{
    /// <summary>Stands for the will properties inside CONNECT, which have a list of their own (§3.1.3.2).</summary>
    public const PacketType Will = 0;

    private const int IdMax = (int)PropertyId.SharedSubscriptionAvailable;

    private const int AnyAcknowledgement = 1 << (int)PacketType.Connack | 1 << (int)PacketType.Puback
        | 1 << (int)PacketType.Pubrec | 1 << (int)PacketType.Pubrel | 1 << (int)PacketType.Pubcomp
        | 1 << (int)PacketType.Suback | 1 << (int)PacketType.Unsuback | 1 << (int)PacketType.Disconnect
        | 1 << (int)PacketType.Auth;

    private static readonly PropertyKind[] Kinds = new PropertyKind[IdMax + 1];
    private static readonly int[] Places = new int[IdMax + 1];

    static PropertyTable()
    {
        Message(PropertyId.PayloadFormatIndicator, PropertyKind.Flag);
        Message(PropertyId.MessageExpiryInterval, PropertyKind.UInt32);
        Message(PropertyId.ContentType, PropertyKind.Utf8);
        Message(PropertyId.ResponseTopic, PropertyKind.Utf8);
        Message(PropertyId.CorrelationData, PropertyKind.Binary);
        Row(PropertyId.SubscriptionIdentifier, PropertyKind.VariableInteger, PacketType.Publish, PacketType.Subscribe);
        Row(PropertyId.SessionExpiryInterval, PropertyKind.UInt32,
            PacketType.Connect, PacketType.Connack, PacketType.Disconnect);
        Row(PropertyId.AssignedClientIdentifier, PropertyKind.Utf8, PacketType.Connack);
        Row(PropertyId.ServerKeepAlive, PropertyKind.UInt16, PacketType.Connack);
        Row(PropertyId.AuthenticationMethod, PropertyKind.Utf8, PacketType.Connect, PacketType.Connack, PacketType.Auth);
        Row(PropertyId.AuthenticationData, PropertyKind.Binary, PacketType.Connect, PacketType.Connack, PacketType.Auth);
        Row(PropertyId.RequestProblemInformation, PropertyKind.Flag, PacketType.Connect);
        Row(PropertyId.WillDelayInterval, PropertyKind.UInt32, Will);
        Row(PropertyId.RequestResponseInformation, PropertyKind.Flag, PacketType.Connect);
        Row(PropertyId.ResponseInformation, PropertyKind.Utf8, PacketType.Connack);
        Row(PropertyId.ServerReference, PropertyKind.Utf8, PacketType.Connack, PacketType.Disconnect);
        Kinds[(int)PropertyId.ReasonString] = PropertyKind.Utf8;
        Places[(int)PropertyId.ReasonString] = AnyAcknowledgement;
        Row(PropertyId.ReceiveMaximum, PropertyKind.UInt16, PacketType.Connect, PacketType.Connack);
        Row(PropertyId.TopicAliasMaximum, PropertyKind.UInt16, PacketType.Connect, PacketType.Connack);
        Row(PropertyId.TopicAlias, PropertyKind.UInt16, PacketType.Publish);
        Row(PropertyId.MaximumQoS, PropertyKind.Flag, PacketType.Connack);
        Row(PropertyId.RetainAvailable, PropertyKind.Flag, PacketType.Connack);
        Kinds[(int)PropertyId.UserProperty] = PropertyKind.Pair;
        Places[(int)PropertyId.UserProperty] = ~0;
        Row(PropertyId.MaximumPacketSize, PropertyKind.UInt32, PacketType.Connect, PacketType.Connack);
        Row(PropertyId.WildcardSubscriptionAvailable, PropertyKind.Flag, PacketType.Connack);
        Row(PropertyId.SubscriptionIdentifierAvailable, PropertyKind.Flag, PacketType.Connack);
        Row(PropertyId.SharedSubscriptionAvailable, PropertyKind.Flag, PacketType.Connack);
    }

    /// <summary>Unknown for an identifier that the specification does not have.</summary>
    public static PropertyKind KindOf(int id) => (uint)id <= IdMax ? Kinds[id] : PropertyKind.Unknown;

    public static bool IsAllowed(PropertyId id, PacketType place) => (Places[(int)id] >> (int)place & 1) != 0;

    /// <summary>User properties may repeat anywhere; subscription identifiers only where a server sends several.</summary>
    public static bool MayRepeat(PropertyId id, PacketType place) =>
        id == PropertyId.UserProperty || (id == PropertyId.SubscriptionIdentifier && place == PacketType.Publish);

    private static void Message(PropertyId id, PropertyKind kind) => Row(id, kind, PacketType.Publish, Will);

    private static void Row(PropertyId id, PropertyKind kind, params PacketType[] places)
    {
        Kinds[(int)id] = kind;
        foreach (PacketType place in places)
        {
            Places[(int)id] |= 1 << (int)place;
        }
    }
}
