using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Groups;

/// <summary>Reads a coordinator's log from one end to the other, before anybody is served.</summary>
internal static class LogReader
{
    private const int ReadBytes = 1 << 20;

    /// <exception cref="KafkaException">The log cannot be read; the broker must not start with half its memory.</exception>
    public static void ReadAll(PartitionLog log, LogEntryVisitor visit)
    {
        for (long offset = log.StartOffset; offset < log.EndOffset;)
        {
            using FetchSlice slice = log.Read(offset, ReadBytes, atLeastOne: true, committedOnly: false);
            if (slice.Error == ErrorCode.None && slice.Length == 0)
            {
                return; // compaction took the rest
            }

            if (slice.Error != ErrorCode.None)
            {
                throw new KafkaException(
                    "COORDINATOR_LOG_UNREADABLE", $"Expected records up to offset {log.EndOffset}, found {slice.Error.Name()}",
                    $"offset {offset}");
            }

            Visit(slice.ToArray(), offset, visit);
            offset = slice.EndOffset;
        }
    }

    private static void Visit(ReadOnlySpan<byte> batches, long fromOffset, LogEntryVisitor visit)
    {
        while (!batches.IsEmpty)
        {
            int length = (int)new RecordBatchHeader(batches).TotalBytes;
            foreach (RecordView record in RecordBatchRecords.Enumerate(batches[..length]))
            {
                if (record.Offset >= fromOffset && record.HasKey)
                {
                    visit(record.Offset, record.Key, record.HasValue, record.Value);
                }
            }

            batches = batches[length..];
        }
    }
}
