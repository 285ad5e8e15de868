namespace Fabric.Devices.Mqtt;

/// <summary>A message to publish. The payload is read until the outcome is known: do not change it before.</summary>
public sealed record MqttPublication
{
    /// <summary>A topic name: no wildcards.</summary>
    public required string Topic { get; init; }

    public ReadOnlyMemory<byte> Payload { get; init; }

    public QualityOfService QoS { get; init; } = QualityOfService.AtLeastOnce;

    public bool Retain { get; init; }

    /// <summary>MQTT 5; topic alias and subscription identifiers are the client's own business and must be absent.</summary>
    public MqttProperties? Properties { get; init; }
}

/// <summary>What became of a publication.</summary>
public enum MqttPublishStatus
{
    /// <summary>QoS 0: handed to the socket. QoS 1: PUBACK. QoS 2: PUBCOMP.</summary>
    Published,

    /// <summary>The broker said no, or its limits did before anything was sent.</summary>
    Refused,

    /// <summary>QoS 0 while there is no connection: not sent.</summary>
    NotConnected,

    /// <summary>The client was stopped before the broker answered: it may have arrived or not.</summary>
    Unknown,
}

/// <summary>What became of a publication, and the reason code that came with it.</summary>
public readonly record struct MqttPublishOutcome(MqttPublishStatus Status, MqttReasonCode Reason)
{
    public bool IsPublished => Status == MqttPublishStatus.Published;
}
