using Microsoft.Extensions.Logging;

namespace Fabric.Kafka.Log;

/// <summary>What a partition log tells an operator. Ids are stable.</summary>
internal static partial class LogEvents
{
    [LoggerMessage(1100, LogLevel.Warning,
        "'{Path}': {Damage} at byte {Position}; cut {CutBytes} bytes there, kept offsets up to {EndOffset}")]
    public static partial void TailCut(this ILogger log, string path, string damage, long position, long cutBytes, long endOffset);

    [LoggerMessage(1101, LogLevel.Warning, "'{Path}' does not follow on offset {EndOffset}, where the log ends before it, and was removed")]
    public static partial void SegmentDoesNotFollow(this ILogger log, string path, long endOffset);

    [LoggerMessage(1102, LogLevel.Error,
        "'{Path}' was durable and is damaged now: {Damage} at byte {Position}. Whole batches after it are kept; offsets between {FromOffset} and {ToOffset} may be lost")]
    public static partial void DurableSegmentDamaged(
        this ILogger log, string path, string damage, long position, long fromOffset, long toOffset);

    [LoggerMessage(1103, LogLevel.Information, "'{Path}' was missing or damaged and is written anew")]
    public static partial void IndexRebuilt(this ILogger log, string path);

    [LoggerMessage(1104, LogLevel.Error, "Append of {Bytes} bytes to '{Path}' failed; nothing was appended")]
    public static partial void AppendFailed(this ILogger log, string path, int bytes, Exception error);

    [LoggerMessage(1105, LogLevel.Error,
        "Flushing '{Folder}' failed; nothing is appended until it was cut back to durable offset {DurableOffset}")]
    public static partial void FlushFailed(this ILogger log, string folder, long durableOffset, Exception error);

    [LoggerMessage(1106, LogLevel.Warning, "'{Folder}' was cut from offset {EndOffset} to durable offset {DurableOffset} and takes appends again")]
    public static partial void CutToDurable(this ILogger log, string folder, long endOffset, long durableOffset);

    [LoggerMessage(1107, LogLevel.Error, "'{Folder}' cannot be cut back to durable offset {DurableOffset} yet")]
    public static partial void CutToDurableFailed(this ILogger log, string folder, long durableOffset, Exception error);

    [LoggerMessage(1108, LogLevel.Warning, "'{Path}' could not be written; it is rebuilt when needed")]
    public static partial void SideFileFailed(this ILogger log, string path, Exception error);

    [LoggerMessage(1109, LogLevel.Error, "Reading offset {Offset} of '{Folder}' failed")]
    public static partial void ReadFailed(this ILogger log, string folder, long offset, Exception error);

    [LoggerMessage(1110, LogLevel.Information, "Removed '{Path}' with offsets before {EndOffset}: {Reason}")]
    public static partial void SegmentRemoved(this ILogger log, string path, long endOffset, string reason);

    [LoggerMessage(1111, LogLevel.Information,
        "Compacted '{Folder}' from offset {FromOffset} to {ToOffset}: {RemovedRecords} records and {RemovedBytes} bytes went")]
    public static partial void Compacted(
        this ILogger log, string folder, long fromOffset, long toOffset, long removedRecords, long removedBytes);

    [LoggerMessage(1112, LogLevel.Error, "{Task} of '{Folder}' failed and is tried again later")]
    public static partial void CareFailed(this ILogger log, string task, string folder, Exception error);
}
