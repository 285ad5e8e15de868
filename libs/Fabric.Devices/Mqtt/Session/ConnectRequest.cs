using System.Text;
using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>CONNECT out of the options, and what to make of the answer (MQTT 5.0 §3.1, §3.2).</summary>
internal static class ConnectRequest
{
    public static ConnectPacket From(MqttClientOptions options, MqttProtocolVersion version) => new()
    {
        Version = version,
        ClientId = options.ClientId,
        CleanStart = !options.PersistentSession,
        KeepAliveSeconds = (ushort)Math.Ceiling(options.KeepAlive.TotalSeconds),
        UserName = options.UserName,
        Password = options.Password is { } password ? (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(password.Reveal()) : null,
        Will = options.Will,
        Properties = version == MqttProtocolVersion.V5 ? Properties(options) : null,
    };

    /// <summary>Why the first packet from the broker does not open a connection; null when it does.</summary>
    public static MqttCause? Judge(MqttPacket packet) => packet switch
    {
        ConnackPacket { Reason: MqttReasonCode.Success } => null,
        ConnackPacket refused => new MqttCause(
            MqttCauseKind.ConnectRefused, refused.Reason, "the broker refused the connection" + Said(refused.Properties))
        {
            ServerReference = refused.Properties?.ServerReference,
        },
        AuthPacket => new MqttCause(
            MqttCauseKind.EnhancedAuthentication, MqttReasonCode.BadAuthenticationMethod,
            "the broker asks for enhanced authentication (AUTH), which is not supported"),
        _ => new MqttCause(
            MqttCauseKind.ProtocolError, MqttReasonCode.ProtocolError, $"the broker answered CONNECT with {packet.Type}"),
    };

    /// <summary>The broker's own words, if it sent any.</summary>
    public static string Said(MqttProperties? properties) =>
        properties?.ReasonString is { Length: > 0 } reason ? $": {reason}" : "";

    private static MqttProperties Properties(MqttClientOptions options) => new()
    {
        SessionExpiryInterval = SessionExpiry(options),
        ReceiveMaximum = (ushort)options.ReceiveMaximum,
        MaximumPacketSize = (uint)options.PacketBytesMax,
        TopicAliasMaximum = (ushort)options.TopicAliasMaximum,
    };

    private static uint SessionExpiry(MqttClientOptions options) =>
        !options.PersistentSession ? 0
        : options.SessionExpiry == MqttClientOptions.NeverExpires ? uint.MaxValue
        : (uint)Math.Ceiling(options.SessionExpiry.TotalSeconds);
}
