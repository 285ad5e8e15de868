using Microsoft.Extensions.Logging;

namespace Fabric.Streams.Runtime;

internal static partial class RuntimeLog
{
    [LoggerMessage(EventId = 5101, Level = LogLevel.Information, Message = "{Thread}: assigned {Tasks}")]
    public static partial void Assigned(ILogger log, string thread, string tasks);

    [LoggerMessage(EventId = 5102, Level = LogLevel.Information, Message = "{Thread}: revoked {Partitions}")]
    public static partial void Revoked(ILogger log, string thread, string partitions);

    [LoggerMessage(EventId = 5103, Level = LogLevel.Warning,
        Message = "{Thread}: lost {Partitions} without being asked; what was in flight is dropped")]
    public static partial void Lost(ILogger log, string thread, string partitions);

    [LoggerMessage(EventId = 5104, Level = LogLevel.Warning,
        Message = "{Thread}: transaction given up ({Code}: {Reason}); going back to the committed offsets")]
    public static partial void Aborted(ILogger log, string thread, string code, string reason);

    [LoggerMessage(EventId = 5105, Level = LogLevel.Error, Message = "{Thread}: opening clients anew in {Wait}")]
    public static partial void Rebuilding(ILogger log, string thread, TimeSpan wait, Exception cause);

    [LoggerMessage(EventId = 5106, Level = LogLevel.Critical, Message = "{Thread}: given up")]
    public static partial void Failed(ILogger log, string thread, Exception cause);

    [LoggerMessage(EventId = 5107, Level = LogLevel.Error, Message = "{Thread}: one turn takes {Elapsed}, allowed are {Bound}")]
    public static partial void Stalled(ILogger log, string thread, TimeSpan elapsed, TimeSpan bound);

    [LoggerMessage(EventId = 5108, Level = LogLevel.Error,
        Message = "{Thread}: records {From} to {To} of {Partition} are gone before they were processed (retention)")]
    public static partial void Gap(ILogger log, string thread, string partition, long from, long to);

    [LoggerMessage(EventId = 5109, Level = LogLevel.Warning, Message = "{Thread}: reading failed ({Code}: {Reason}), trying again")]
    public static partial void ReadFailed(ILogger log, string thread, string code, string reason);

    [LoggerMessage(EventId = 5110, Level = LogLevel.Information, Message = "{Application} is {State}: {Cause}")]
    public static partial void State(ILogger log, string application, StreamsState state, string cause);

    [LoggerMessage(EventId = 5111, Level = LogLevel.Warning, Message = "Deleting processed repartition records failed")]
    public static partial void PurgeFailed(ILogger log, Exception cause);

    [LoggerMessage(EventId = 5112, Level = LogLevel.Error,
        Message = "Global table {Store}: record {Partition} offset {Offset} is unreadable and skipped ({Error})")]
    public static partial void GlobalRecordSkipped(ILogger log, string store, string partition, long offset, string error);

    [LoggerMessage(EventId = 5113, Level = LogLevel.Warning, Message = "Global tables: reading failed, trying again in {Wait}")]
    public static partial void GlobalReadFailed(ILogger log, TimeSpan wait, Exception cause);
}
