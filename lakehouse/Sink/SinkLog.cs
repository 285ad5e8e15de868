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

    [LoggerMessage(4007, LogLevel.Warning, "{Path} is in no commit and could not be removed; it costs only its space")]
    public static partial void OrphanLeft(ILogger log, string path, FabricException exception);

    [LoggerMessage(4008, LogLevel.Warning, "{Table} goes on as {Next}: {Why}")]
    public static partial void TableContinued(ILogger log, string table, string next, string why);

    [LoggerMessage(4009, LogLevel.Information, "Lineage of {Node}'s commits up to version {Version} was told again")]
    public static partial void LineageRepeated(ILogger log, string node, long version);

    [LoggerMessage(4010, LogLevel.Information, "New columns: {Columns}")]
    public static partial void ColumnsAdded(ILogger log, string columns);
}
