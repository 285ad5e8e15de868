using Microsoft.Extensions.Logging;

namespace Fabric.Streams.Tasks;

internal static partial class TaskLog
{
    [LoggerMessage(EventId = 5001, Level = LogLevel.Warning,
        Message = "Task {Task}: record {Partition} offset {Offset} refused by {Node} ({Rule}, {Error})")]
    public static partial void Rejected(
        ILogger log, TaskId task, string partition, long offset, string node, RejectionRule rule, string error);

    [LoggerMessage(EventId = 5002, Level = LogLevel.Error, Message = "Task {Task}: closing {Node} failed")]
    public static partial void CloseFailed(ILogger log, TaskId task, string node, Exception failed);

    [LoggerMessage(EventId = 5003, Level = LogLevel.Information,
        Message = "Task {Task}: store {Store} restored with {Records} records of {Partition}")]
    public static partial void StoreRestored(ILogger log, TaskId task, string store, long records, string partition);

    [LoggerMessage(EventId = 5004, Level = LogLevel.Warning,
        Message = "Task {Task}: table record {Partition} offset {Offset} is unreadable and skipped ({Error})")]
    public static partial void TableRecordSkipped(ILogger log, TaskId task, string partition, long offset, string error);
}
