namespace Fabric.Devices.Mqtt;

/// <summary>The message that the broker publishes for us when the connection ends without a DISCONNECT (MQTT 5.0 §3.1.2.5).</summary>
public sealed record MqttWill
{
    /// <summary>A topic name: no wildcards, at most 65,535 bytes of UTF-8.</summary>
    public required string Topic { get; init; }

    /// <summary>At most 65,535 bytes.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    public QualityOfService QoS { get; init; }

    public bool Retain { get; init; }

    /// <summary>MQTT 5: will delay, expiry, content type, response topic, correlation data, user properties.</summary>
    public MqttProperties? Properties { get; init; }
}
