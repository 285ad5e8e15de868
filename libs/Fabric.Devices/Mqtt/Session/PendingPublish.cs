using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>How far a publication of QoS 1 or 2 has come.</summary>
internal enum PublishStep : byte
{
    /// <summary>Not sent: no connection, or the broker's receive maximum is used up.</summary>
    Waiting,

    /// <summary>Sent; PUBACK or PUBREC is due.</summary>
    Sent,

    /// <summary>QoS 2: PUBREL sent, PUBCOMP is due.</summary>
    Released,
}

/// <summary>A publication of QoS 1 or 2 until its outcome is known.</summary>
internal sealed class PendingPublish(PublishPacket packet)
{
    private readonly TaskCompletionSource<MqttPublishOutcome> _done =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PublishPacket Packet { get; } = packet;

    public PublishStep Step { get; set; }

    /// <summary>Sent before, over a session that the broker kept: goes out with DUP.</summary>
    public bool IsRepeat { get; set; }

    public Task<MqttPublishOutcome> Outcome => _done.Task;

    public void Finish(MqttPublishStatus status, MqttReasonCode reason) =>
        _done.TrySetResult(new MqttPublishOutcome(status, reason));
}
