using Fabric.Kafka.Broker;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Groups;

/// <summary>One record of a coordinator's log; without a value it deletes the key.</summary>
internal readonly record struct LogEntry(byte[] Key, byte[]? Value);

/// <summary>What replay hands over: the record's offset, its key, and its value unless it deletes.</summary>
internal delegate void LogEntryVisitor(long offset, ReadOnlySpan<byte> key, bool hasValue, ReadOnlySpan<byte> value);

/// <summary>
/// A coordinator's memory on disk: a compacted log of keyed records. What is appended together is one batch, and is there after
/// a crash either whole or not at all.
/// </summary>
/// <remarks>Runs on the loop. What was appended is confirmed in order.</remarks>
internal sealed class CoordinatorLog
{
    /// <summary>Small segments, so that compaction, which leaves the last one alone, keeps start-up short.</summary>
    private static readonly LogConfig Config = new()
    {
        CleanupPolicy = CleanupPolicy.Compact, SegmentBytes = 16 << 20, MaxMessageBytes = int.MaxValue, RetentionMs = -1,
    };

    private readonly IBrokerContext _context;
    private readonly PartitionLog _log;

    public CoordinatorLog(IBrokerContext context, string name)
    {
        _context = context;
        _log = context.InternalLog(name, Config);
    }

    /// <summary>Appends the entries as one batch and calls back when they are durable, never before this returns.</summary>
    /// <returns>The offset of the first; -1 when nothing was appended, and the callback says why.</returns>
    public long Append(IReadOnlyList<LogEntry> entries, Action<ErrorCode> then)
    {
        if (entries.Count == 0)
        {
            _context.ScheduleAt(_context.NowMs, () => then(ErrorCode.None));
            return -1;
        }

        var builder = new RecordBatchBuilder();
        foreach (LogEntry entry in entries)
        {
            builder.Add(entry.Key, entry.Value, _context.NowMs);
        }

        AppendResult result = _log.Append(builder.ToArray(), _context.NowMs);
        if (result.Error != ErrorCode.None)
        {
            _context.ScheduleAt(_context.NowMs, () => then(result.Error));
            return -1;
        }

        _context.LogAdvanced(_log);
        _context.WhenDurable(_log, result.LastOffset + 1, then);
        return result.BaseOffset;
    }

    /// <summary>Hands every record over, from the oldest on.</summary>
    public void Replay(LogEntryVisitor visit) => LogReader.ReadAll(_log, visit);
}
