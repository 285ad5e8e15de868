using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Log;

/// <summary>How an append went.</summary>
/// <param name="Error">None also for a duplicate.</param>
/// <param name="BaseOffset">Offset of the batch's first record: the original one for a duplicate; -1 after an error.</param>
/// <param name="LastOffset">Offset of its last record. It is durable once the log's durable offset is above it.</param>
/// <param name="LogAppendTimeMs">The time given to the records; -1 where the topic keeps the time of their making.</param>
/// <param name="IsDuplicate">The batch was in the log already and nothing was written.</param>
internal readonly record struct AppendResult(
    ErrorCode Error, long BaseOffset, long LastOffset, long LogAppendTimeMs, bool IsDuplicate)
{
    public static AppendResult Failed(ErrorCode error) => new(error, -1, -1, RecordBatchHeader.NoTimestamp, false);
}
