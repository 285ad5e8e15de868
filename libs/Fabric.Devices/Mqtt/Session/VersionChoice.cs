using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>
/// Which protocol version the next CONNECT speaks. A configured one is kept. Otherwise MQTT 5 is tried, and 3.1.1 at once after it
/// when the broker does not take it:
/// <list type="bullet">
/// <item>it says so (return code 1, or reason 0x84 of §3.2.2.2): that holds until it says the same of 3.1.1;</item>
/// <item>it hangs up on CONNECT, or answers what is not MQTT 5, as brokers that know only 3.1.1 do, and as one that is going
/// away may: 3.1.1 then holds only once the broker has accepted it, and never with a broker that has spoken MQTT 5 to us.</item>
/// </list>
/// </summary>
/// <remarks>Used by the connection loop alone. Carried from connection to connection: it is what remembers.</remarks>
internal sealed class VersionChoice(MqttClientOptions options)
{
    private readonly bool _mayFallBack =
        options.Version is null && (options.Password is null || options.UserName is not null);

    private bool _isProven;

    /// <summary>What the next CONNECT speaks.</summary>
    public MqttProtocolVersion Current { get; private set; } = options.Version ?? MqttProtocolVersion.V5;

    /// <summary>The broker accepted <see cref="Current"/>.</summary>
    public void Accepted() => _isProven = true;

    /// <summary>
    /// There was no connection, for this cause. True: the other version is to be tried at once.
    /// </summary>
    public bool Failed(MqttCause cause)
    {
        if (!_mayFallBack)
        {
            return false;
        }

        bool isRefused = cause is { Kind: MqttCauseKind.ConnectRefused, Reason: MqttReasonCode.UnsupportedProtocolVersion };
        bool isSuspect = !_isProven && cause.Kind is MqttCauseKind.ConnectUnanswered or MqttCauseKind.ProtocolError;
        if (Current == MqttProtocolVersion.V5 && (isRefused || isSuspect))
        {
            (Current, _isProven) = (MqttProtocolVersion.V311, isRefused);
            return true;
        }

        // A refusal of 3.1.1 undoes what was remembered; what was only a suspicion falls with the first failure of any kind.
        if (Current == MqttProtocolVersion.V311 && (isRefused || !_isProven))
        {
            (Current, _isProven) = (MqttProtocolVersion.V5, false);
        }

        return false;
    }
}
