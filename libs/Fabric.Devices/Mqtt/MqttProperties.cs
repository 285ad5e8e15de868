namespace Fabric.Devices.Mqtt;

/// <summary>
/// The properties of one packet (MQTT 5.0 §2.2.2), all of them in one class: null or empty where the packet has none. Which
/// packet may carry which is checked when a packet is decoded. MQTT 3.1.1 has no properties.
/// </summary>
public sealed class MqttProperties
{
    /// <summary>True: the payload is UTF-8 text.</summary>
    public bool? PayloadIsUtf8 { get; set; }

    /// <summary>Seconds.</summary>
    public uint? MessageExpiryInterval { get; set; }

    public string? ContentType { get; set; }

    public string? ResponseTopic { get; set; }

    public ReadOnlyMemory<byte>? CorrelationData { get; set; }

    /// <summary>Of each matching subscription that has one, 1 to 268,435,455.</summary>
    public IReadOnlyList<int> SubscriptionIdentifiers { get; set; } = [];

    /// <summary>Seconds; 0xFFFFFFFF means never.</summary>
    public uint? SessionExpiryInterval { get; set; }

    public string? AssignedClientIdentifier { get; set; }

    /// <summary>Seconds.</summary>
    public ushort? ServerKeepAlive { get; set; }

    public string? AuthenticationMethod { get; set; }

    public ReadOnlyMemory<byte>? AuthenticationData { get; set; }

    public bool? RequestProblemInformation { get; set; }

    /// <summary>Seconds.</summary>
    public uint? WillDelayInterval { get; set; }

    public bool? RequestResponseInformation { get; set; }

    public string? ResponseInformation { get; set; }

    public string? ServerReference { get; set; }

    public string? ReasonString { get; set; }

    public ushort? ReceiveMaximum { get; set; }

    public ushort? TopicAliasMaximum { get; set; }

    public ushort? TopicAlias { get; set; }

    public byte? MaximumQoS { get; set; }

    public bool? RetainAvailable { get; set; }

    /// <summary>In the order of the packet; names may repeat.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> UserProperties { get; set; } = [];

    /// <summary>Bytes.</summary>
    public uint? MaximumPacketSize { get; set; }

    public bool? WildcardSubscriptionAvailable { get; set; }

    public bool? SubscriptionIdentifierAvailable { get; set; }

    public bool? SharedSubscriptionAvailable { get; set; }
}
