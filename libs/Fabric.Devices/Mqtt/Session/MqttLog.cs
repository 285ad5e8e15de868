using Microsoft.Extensions.Logging;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>Log events of the MQTT client: stable ids 4100 to 4199; never a topic, a payload or a secret.</summary>
internal static partial class MqttLog
{
    public static void StateChanged(ILogger logger, string clientId, MqttConnectionState state)
    {
        switch (state)
        {
            case MqttConnectionState.Connected { SessionLost: true } connected:
                SessionLost(logger, clientId, connected.Generation);
                break;
            case MqttConnectionState.Connected connected:
                Connected(logger, clientId, connected.Generation, connected.Version, connected.SessionPresent);
                break;
            case MqttConnectionState.FellBack fellBack:
                FellBack(logger, clientId, fellBack.Cause, fellBack.Version);
                break;
            case MqttConnectionState.Subscribed subscribed:
                Subscribed(
                    logger, clientId, subscribed.Outcomes.Count(outcome => outcome.IsGranted),
                    subscribed.Outcomes.Count(outcome => !outcome.IsGranted));
                break;
            case MqttConnectionState.Reconnecting lost:
                Lost(logger, clientId, lost.Cause, lost.NextAttemptAt);
                break;
            case MqttConnectionState.Refused refused:
                Refused(logger, clientId, refused.Cause, refused.NextAttemptAt);
                break;
            case MqttConnectionState.Stopped:
                Stopped(logger, clientId);
                break;
            default:
                Trying(logger, clientId);
                break;
        }
    }

    [LoggerMessage(4100, LogLevel.Debug, "MQTT client {ClientId}: connecting")]
    private static partial void Trying(ILogger logger, string clientId);

    [LoggerMessage(4101, LogLevel.Information, "MQTT client {ClientId}: connection {Generation} is up in version {Version}, session present: {SessionPresent}")]
    private static partial void Connected(
        ILogger logger, string clientId, int generation, MqttProtocolVersion version, bool sessionPresent);

    [LoggerMessage(4102, LogLevel.Warning, "MQTT client {ClientId}: connection {Generation} is up, but the broker lost our session: messages may be missing")]
    private static partial void SessionLost(ILogger logger, string clientId, int generation);

    [LoggerMessage(4103, LogLevel.Information, "MQTT client {ClientId}: {Granted} subscriptions granted, {Refused} refused")]
    private static partial void Subscribed(ILogger logger, string clientId, int granted, int refused);

    [LoggerMessage(4104, LogLevel.Warning, "MQTT client {ClientId}: no connection, {Cause}; next attempt at {NextAttemptAt:O}")]
    private static partial void Lost(ILogger logger, string clientId, MqttCause cause, DateTimeOffset nextAttemptAt);

    [LoggerMessage(4105, LogLevel.Error, "MQTT client {ClientId}: refused, {Cause}; somebody must change something; next attempt at {NextAttemptAt:O}")]
    private static partial void Refused(ILogger logger, string clientId, MqttCause cause, DateTimeOffset nextAttemptAt);

    [LoggerMessage(4107, LogLevel.Warning, "MQTT client {ClientId}: {Cause}; trying again with version {Version}")]
    private static partial void FellBack(ILogger logger, string clientId, MqttCause cause, MqttProtocolVersion version);

    [LoggerMessage(4106, LogLevel.Information, "MQTT client {ClientId}: stopped")]
    private static partial void Stopped(ILogger logger, string clientId);
}
