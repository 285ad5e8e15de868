namespace Fabric.Devices.Mqtt;

/// <summary>What a client has counted since it was made. A snapshot.</summary>
public readonly record struct MqttClientCounters
{
    /// <summary>Messages put into the inbox.</summary>
    public long MessagesReceived { get; init; }

    /// <summary>Their payload bytes.</summary>
    public long PayloadBytesReceived { get; init; }

    /// <summary>PUBACK and PUBREC sent for messages that the reader acknowledged.</summary>
    public long AcknowledgementsSent { get; init; }

    /// <summary>Messages whose acknowledgement could not be sent because their connection was gone; the broker repeats them.</summary>
    public long AcknowledgementsDropped { get; init; }

    /// <summary>QoS 2 messages that came again after they were acknowledged, answered and not handed out.</summary>
    public long RepeatsSuppressed { get; init; }

    /// <summary>Connections that CONNACK accepted.</summary>
    public long Connections { get; init; }

    /// <summary>Times a session that should have been there was not.</summary>
    public long SessionsLost { get; init; }

    /// <summary>Times the socket was left unread because the inbox was full.</summary>
    public long Suspensions { get; init; }

    /// <summary>
    /// Messages that came beyond our receive maximum: taken all the same, since some brokers (mosquitto 2.0) overrun it. What
    /// is unacknowledged is therefore bounded by the inbox and the reader, not by the receive maximum alone.
    /// </summary>
    public long ReceiveMaximumOverruns { get; init; }

    /// <summary>PUBACK, PUBREC, PUBCOMP, PUBREL, SUBACK or UNSUBACK for something we do not know.</summary>
    public long StrayAcknowledgements { get; init; }

    /// <summary>Messages at QoS 1 and 2 received over this connection and not acknowledged yet.</summary>
    public int Unacknowledged { get; init; }
}
