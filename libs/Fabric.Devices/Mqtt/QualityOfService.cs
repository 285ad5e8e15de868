namespace Fabric.Devices.Mqtt;

/// <summary>How often a message may arrive (MQTT 5.0 §4.3).</summary>
public enum QualityOfService : byte
{
    /// <summary>QoS 0: at most once; nothing is acknowledged and nothing is repeated.</summary>
    AtMostOnce = 0,

    /// <summary>QoS 1: at least once; PUBACK.</summary>
    AtLeastOnce = 1,

    /// <summary>QoS 2: exactly once between the two ends; PUBREC, PUBREL, PUBCOMP.</summary>
    ExactlyOnce = 2,
}
