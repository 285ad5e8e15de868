using Microsoft.Extensions.Logging;
using Ck = Confluent.Kafka;

namespace Fabric.Kafka.Clients;

/// <summary>librdkafka's own log lines, on the fabric's log.</summary>
internal static partial class ClientLog
{
    public static void Route(ILogger log, Ck.LogMessage message)
    {
        LogLevel level = (LogLevel)message.LevelAs(Ck.LogLevelType.MicrosoftExtensionsLogging);
        // A setting that concerns only the other kind of client: the same map serves both.
        level = message.Facility == "CONFWARN" ? LogLevel.Debug : level;
        Line(log, level, message.Name, message.Facility, message.Message);
    }

    [LoggerMessage(EventId = 3001, Message = "librdkafka {Client} {Facility}: {Text}")]
    private static partial void Line(ILogger log, LogLevel level, string client, string facility, string text);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Warning, Message = "Kafka client reports {Code}: {Reason}")]
    public static partial void Reported(ILogger log, string code, string reason);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Error, Message = "Kafka client is finished by {Code}: {Reason}")]
    public static partial void Fatal(ILogger log, string code, string reason);

    [LoggerMessage(EventId = 3004, Level = LogLevel.Warning,
        Message = "Leaving the group took longer than {Bound}: the consumer is abandoned and leaves by session timeout")]
    public static partial void CloseAbandoned(ILogger log, TimeSpan bound);

    [LoggerMessage(EventId = 3005, Level = LogLevel.Information, Message = "Topic {Topic} created with {Partitions} partitions")]
    public static partial void TopicCreated(ILogger log, string topic, int partitions);
}
