namespace Fabric.Devices.Mqtt;

/// <summary>One topic filter to subscribe to, with its options (MQTT 5.0 §3.8.3). In MQTT 3.1.1 only the QoS is sent.</summary>
/// <param name="Filter">A topic filter; <c>$share/GROUP/FILTER</c> for a shared subscription.</param>
public sealed record MqttSubscription(string Filter)
{
    /// <summary>The highest QoS to deliver at. Default: at least once.</summary>
    public QualityOfService QoS { get; init; } = QualityOfService.AtLeastOnce;

    /// <summary>Do not deliver what this client published. Not allowed with a shared subscription.</summary>
    public bool NoLocal { get; init; }

    /// <summary>Keep the retain flag as the publisher set it.</summary>
    public bool RetainAsPublished { get; init; }

    /// <summary>Default: retained messages come only when the subscription is new, so that a reconnect does not repeat them.</summary>
    public RetainHandling RetainHandling { get; init; } = RetainHandling.SendIfNew;
}

/// <summary>What the broker said to one subscription: the granted QoS, or why not (MQTT 5.0 §3.9.3).</summary>
public sealed record MqttSubscriptionOutcome(string Filter, MqttReasonCode Reason)
{
    public bool IsGranted => Reason <= MqttReasonCode.GrantedQoS2;
}
