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
}
