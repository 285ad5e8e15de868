namespace Fabric.Devices.Mqtt;

/// <summary>Why there is no connection.</summary>
public enum MqttCauseKind
{
    /// <summary>Name not found, connection refused, reset or closed by the other side.</summary>
    Network,

    /// <summary>The other side's certificate was not accepted, or ours was not.</summary>
    Tls,

    /// <summary>
    /// The broker hung up on CONNECT instead of answering it. Brokers that know only another protocol version do that, and any
    /// broker that is just going away.
    /// </summary>
    ConnectUnanswered,

    /// <summary>No CONNACK in time.</summary>
    ConnectTimeout,

    /// <summary>CONNACK with a reason.</summary>
    ConnectRefused,

    /// <summary>DISCONNECT from the broker.</summary>
    DisconnectedByServer,

    /// <summary>A PINGREQ was not answered: the line is half open.</summary>
    KeepAliveTimeout,

    /// <summary>The broker sent what the specification forbids.</summary>
    ProtocolError,

    /// <summary>The broker asks for enhanced authentication (AUTH), which this client does not do.</summary>
    EnhancedAuthentication,

    /// <summary>We were told to stop.</summary>
    Stopped,
}

/// <summary>Why a connection was not made or was lost.</summary>
/// <param name="Reason">The broker's or our own reason code; null when there was none.</param>
/// <param name="Detail">For a person. Never a secret, a topic or a payload.</param>
public sealed record MqttCause(MqttCauseKind Kind, MqttReasonCode? Reason, string Detail)
{
    /// <summary>Where the broker says we should go (MQTT 5.0 §4.11). Reported, never followed.</summary>
    public string? ServerReference { get; init; }

    /// <summary>Whether trying again is useless until somebody changes something. It is tried again all the same, slowly.</summary>
    public bool NeedsPerson => Kind is MqttCauseKind.Tls or MqttCauseKind.EnhancedAuthentication
        || (Kind is MqttCauseKind.ConnectRefused or MqttCauseKind.DisconnectedByServer && IsForAPerson(Reason));

    public override string ToString() => Reason is { } reason ? $"{Kind}: {Detail} ({reason})" : $"{Kind}: {Detail}";

    private static bool IsForAPerson(MqttReasonCode? reason) => reason is
        MqttReasonCode.UnsupportedProtocolVersion or MqttReasonCode.ClientIdentifierNotValid
        or MqttReasonCode.BadUserNameOrPassword or MqttReasonCode.NotAuthorized or MqttReasonCode.Banned
        or MqttReasonCode.BadAuthenticationMethod or MqttReasonCode.UseAnotherServer or MqttReasonCode.ServerMoved
        or MqttReasonCode.TopicNameInvalid or MqttReasonCode.RetainNotSupported or MqttReasonCode.QoSNotSupported;
}
