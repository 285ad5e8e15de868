using Fabric.Core;
using Microsoft.Extensions.Logging;

namespace Fabric.Lakehouse.Sink;

internal static partial class SinkLog
{
    [LoggerMessage(4001, LogLevel.Warning, "Flushing {Rows} rows failed; they are read again from the topic")]
    public static partial void FlushFailed(ILogger log, long rows, FabricException exception);

    [LoggerMessage(4002, LogLevel.Information, "Another sink was first ({Why}); {Rows} rows are dropped and read again")]
    public static partial void CommitDropped(ILogger log, string why, long rows);

    [LoggerMessage(4003, LogLevel.Warning, "The checkpoint of version {Version} was not written; a later commit tries again")]
    public static partial void CheckpointFailed(ILogger log, long version, Exception exception);

    [LoggerMessage(4004, LogLevel.Warning, "A record does not fit the table and goes to quarantine")]
    public static partial void RecordQuarantined(ILogger log, FabricException exception);

    [LoggerMessage(4005, LogLevel.Warning, "The session ended and begins again in {RetryAfterMs} ms")]
    public static partial void SessionFailed(ILogger log, FabricException exception, double retryAfterMs);

    [LoggerMessage(4006, LogLevel.Warning, "Offsets {First} to {Last} of {Partition} expired before they were read")]
    public static partial void OffsetsExpired(ILogger log, TopicPartition partition, long first, long last);
}
