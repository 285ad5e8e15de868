namespace Fabric.Devices.Mqtt;

/// <summary>Whether retained messages are sent when a subscription is made (MQTT 5.0 §3.8.3.1). MQTT 3.1.1 always sends them.</summary>
public enum RetainHandling : byte
{
    /// <summary>Every time, so every reconnect repeats them.</summary>
    SendAlways = 0,

    /// <summary>Only when the subscription did not exist yet.</summary>
    SendIfNew = 1,

    /// <summary>Never.</summary>
    DoNotSend = 2,
}
