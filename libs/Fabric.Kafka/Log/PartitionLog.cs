using Fabric.Kafka.Protocol;
using Microsoft.Extensions.Logging;

namespace Fabric.Kafka.Log;

/// <summary>
/// The log of one partition: record batches in the order of their offsets, in segments of a folder of its own, exactly as they
/// arrived except for the offset (and the time, where the topic wants that of the append).
/// </summary>
/// <remarks>
/// <para>Everything runs on the loop, except <see cref="Flush"/>, which a flushing thread calls beside it, and reading from a
/// <see cref="FetchSlice"/>.</para>
/// <para>Invariants: offsets are given once, and bytes that a reader could have seen never change:
/// StartOffset &lt;= LastStableOffset &lt;= DurableOffset &lt;= EndOffset, and readers stay below the durable offset.</para>
/// </remarks>
internal sealed partial class PartitionLog : IDisposable
{
    /// <summary>There is one node, so leadership never changes: the epoch in every batch and every answer.</summary>
    public const int LeaderEpoch = 0;

    private readonly ILogFiles _files;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly SegmentFlusher _flusher;
    private readonly List<EndedTransaction> _endedNotDurable = [];
    private SegmentList _segments = new();
    private ProducerStates _producers = new();
    private AbortedTransactions _aborted = new();
    private bool _isTailUncertain;

    private PartitionLog(string folder, LogConfig config, TimeProvider clock, ILogger log, ILogFiles files)
    {
        Folder = folder;
        Config = config;
        _files = files;
        _clock = clock;
        _log = log;
        _flusher = new SegmentFlusher(files, folder, log);
    }

    public string Folder { get; }

    /// <summary>May be replaced at any time; what it bounds follows with the next append, retention or compaction.</summary>
    public LogConfig Config { get; set; }

    /// <summary>First offset that can be read.</summary>
    public long StartOffset { get; private set; }

    /// <summary>The offset that the next record gets.</summary>
    public long EndOffset => _segments.Active.EndOffset;

    /// <summary>Everything below it survives a power cut: the high watermark.</summary>
    public long DurableOffset { get; private set; }

    /// <summary>Everything below it is durable and decided: what readers of committed records may see.</summary>
    public long LastStableOffset
    {
        get
        {
            long offset = Math.Min(DurableOffset, _producers.FirstOpenOffset);
            foreach (EndedTransaction ended in _endedNotDurable)
            {
                offset = Math.Min(offset, ended.FirstOffset);
            }

            return Math.Max(offset, StartOffset);
        }
    }

    /// <summary>Bytes in all segments, without indexes.</summary>
    public long SizeBytes => _segments.SizeBytes;

    /// <summary>A flush failed: nothing is appended until <see cref="CutToDurable"/> succeeded.</summary>
    public bool HasFailed => _flusher.HasFailed;

    /// <summary>
    /// Opens a log, or makes one. What a crash left half-written is cut off at the last whole batch; lost indexes and producers are
    /// rebuilt; everything that is left is durable.
    /// </summary>
    /// <exception cref="KafkaException">LOG_STORAGE: the folder cannot be read or written.</exception>
    public static PartitionLog Open(string directory, LogConfig config, TimeProvider clock, ILogger log) =>
        Open(directory, config, clock, log, DiskLogFiles.Instance);

    internal static PartitionLog Open(
        string directory, LogConfig config, TimeProvider clock, ILogger log, ILogFiles files)
    {
        var opened = new PartitionLog(directory, config, clock, log, files);
        try
        {
            opened.Recover();
            return opened;
        }
        catch (IOException e)
        {
            throw new KafkaException(
                "LOG_STORAGE", $"Cannot open a partition log: {e.Message}", directory, isRetriable: true, innerException: e);
        }
    }

    /// <summary>
    /// Appends a batch that passed <see cref="RecordBatchCheck"/>, writing its offset into it. The bytes are in the page cache
    /// when this returns, and durable after the next flush. After an error nothing was appended.
    /// </summary>
    /// <param name="batch">One batch; changed in place, not kept.</param>
    public AppendResult Append(Memory<byte> batch, long nowMs)
    {
        Span<byte> bytes = batch.Span;
        ErrorCode error = CheckAppend(new RecordBatchHeader(bytes), out ProducerBatch? duplicate);
        if (error != ErrorCode.None)
        {
            return AppendResult.Failed(error);
        }

        bool isAppendTime = Config.MessageTimestampType == TimestampType.LogAppendTime;
        if (duplicate is { } first)
        {
            long firstTime = isAppendTime ? first.TimestampMs : RecordBatchHeader.NoTimestamp;
            return new AppendResult(ErrorCode.None, first.BaseOffset, first.LastOffset, firstTime, IsDuplicate: true);
        }

        if (isAppendTime)
        {
            RecordBatchHeader.StampLogAppendTime(bytes, nowMs);
        }

        if (!TryWrite(bytes, nowMs))
        {
            return AppendResult.Failed(ErrorCode.KafkaStorageError);
        }

        var header = new RecordBatchHeader(bytes);
        _producers.Appended(header, nowMs);
        return new AppendResult(
            ErrorCode.None,
            header.BaseOffset,
            header.LastOffset,
            isAppendTime ? nowMs : RecordBatchHeader.NoTimestamp,
            IsDuplicate: false);
    }

    /// <summary>Ends a producer's transaction in this partition: writes a commit or abort marker, even if none was open.</summary>
    public AppendResult AppendControl(
        long producerId, short producerEpoch, bool commit, int coordinatorEpoch, long nowMs)
    {
        ErrorCode error = _producers.CheckMarker(producerId, producerEpoch, coordinatorEpoch);
        if (error != ErrorCode.None)
        {
            return AppendResult.Failed(error);
        }

        byte[] batch = ControlRecord.Build(producerId, producerEpoch, commit, coordinatorEpoch, nowMs);
        if (!TryWrite(batch, nowMs))
        {
            return AppendResult.Failed(ErrorCode.KafkaStorageError);
        }

        var header = new RecordBatchHeader(batch);
        if (_producers.Ended(header, commit, coordinatorEpoch, nowMs) is { } ended)
        {
            _endedNotDurable.Add(ended);
            if (!commit)
            {
                _aborted.Add(new AbortedTransaction(
                    producerId,
                    ended.FirstOffset,
                    ended.MarkerOffset,
                    Math.Min(_producers.FirstOpenOffset, ended.MarkerOffset + 1)));
            }
        }

        return new AppendResult(
            ErrorCode.None, header.BaseOffset, header.LastOffset, RecordBatchHeader.NoTimestamp, IsDuplicate: false);
    }

    /// <summary>
    /// Finds whole batches from the one that contains <paramref name="offset"/> on, all in one segment, without copying them.
    /// Empty at the end of what may be read.
    /// </summary>
    /// <param name="maxBytes">Bound on the bytes of all batches.</param>
    /// <param name="atLeastOne">The first batch is given even if it is larger than that.</param>
    /// <param name="committedOnly">Stay below the last stable offset, and list aborted transactions.</param>
    public FetchSlice Read(long offset, int maxBytes, bool atLeastOne, bool committedOnly)
    {
        if (offset < StartOffset || offset > EndOffset)
        {
            return FetchSlice.Failed(ErrorCode.OffsetOutOfRange);
        }

        try
        {
            long bound = committedOnly ? LastStableOffset : DurableOffset;
            return ReadBelow(bound, offset, maxBytes, atLeastOne, committedOnly) ?? FetchSlice.Empty(offset);
        }
        catch (IOException e)
        {
            _log.ReadFailed(Folder, offset, e);
            return FetchSlice.Failed(ErrorCode.KafkaStorageError);
        }
    }

    /// <summary>
    /// The first record with a timestamp at or after the given one, below the high watermark or, for committed records, below the
    /// last stable offset; null when there is none or the disk failed. See <see cref="TimestampLookup"/> for compressed batches.
    /// </summary>
    public TimestampedOffset? OffsetForTimestamp(long timestampMs, bool committedOnly = false) =>
        Lookup(committedOnly, lookup => lookup.FirstFrom(timestampMs));

    /// <summary>The first record with the greatest timestamp, bounded likewise; null when no record has one.</summary>
    public TimestampedOffset? OffsetOfMaxTimestamp(bool committedOnly = false) =>
        Lookup(committedOnly, static lookup => lookup.Maximum());

    /// <summary>Whether that producer has a transaction open in this partition, and where it began.</summary>
    public bool HasOpenTransaction(long producerId, out long firstOffset)
    {
        firstOffset = _producers.Find(producerId)?.TransactionFirstOffset ?? ProducerState.NoTransaction;
        return firstOffset != ProducerState.NoTransaction;
    }

    /// <summary>For the flushing thread, when it will flush other logs before this one: lets the disk begin.</summary>
    public void StartFlush() => _flusher.StartFlush();

    /// <summary>
    /// Makes everything appended before the call durable; for the flushing thread. Returns the end offset that this covers, to be
    /// given to <see cref="MarkDurable"/> on the loop.
    /// </summary>
    /// <exception cref="IOException">
    /// It failed, and will until <see cref="CutToDurable"/> succeeded on the loop. Nothing that waits may be acknowledged.
    /// </exception>
    public long Flush()
    {
        try
        {
            return _flusher.Flush();
        }
        catch (IOException e)
        {
            _log.FlushFailed(Folder, DurableOffset, e);
            throw;
        }
    }

    /// <summary>Raises the high watermark, on the loop, after a flush that covered it.</summary>
    public void MarkDurable(long endOffset)
    {
        DurableOffset = Math.Max(DurableOffset, Math.Min(endOffset, EndOffset));
        _endedNotDurable.RemoveAll(ended => ended.MarkerOffset < DurableOffset);
    }

    /// <summary>
    /// After a failed flush: cuts off everything that is not known to be durable, opens the log anew and lets it take appends again.
    /// False when the disk does not let it yet; call again later.
    /// </summary>
    public bool CutToDurable()
    {
        lock (_flusher.Flushing)
        {
            long endOffset = EndOffset;
            try
            {
                CutFiles(DurableOffset);
                Recover();
            }
            catch (IOException e)
            {
                _log.CutToDurableFailed(Folder, DurableOffset, e);
                return false;
            }

            _log.CutToDurable(Folder, endOffset, DurableOffset);
            return true;
        }
    }

    public void Dispose()
    {
        lock (_flusher.Flushing)
        {
            _flusher.Reset(0);
            ReleaseFiles(_segments);
            _segments = new SegmentList();
        }
    }

    private static void ReleaseFiles(SegmentList segments)
    {
        for (int i = 0; i < segments.Count; i++)
        {
            segments[i].File.Release();
        }
    }

    private void Recover()
    {
        RecoveredLog found = LogRecovery.Run(
            _files, Folder, Config, _clock.GetUtcNow().ToUnixTimeMilliseconds(), _log);
        ReleaseFiles(_segments);
        (_segments, _producers, _aborted, StartOffset) = found;
        _endedNotDurable.Clear();
        _isTailUncertain = false;
        ForgetCompaction();
        DurableOffset = EndOffset;
        _flusher.Reset(EndOffset);
    }

    private void CutFiles(long durableOffset)
    {
        for (int i = _segments.Count - 1; i > 0 && _segments[i].BaseOffset >= durableOffset; i--)
        {
            _files.Delete(_segments[i].IndexPath);
            _files.Delete(_segments[i].LogPath);
        }

        LogSegment last = _segments[_segments.FloorIndex(durableOffset - 1)];
        if (last.File.File.Length < last.SizeBytes)
        {
            return; // an earlier attempt cut it and failed after that
        }

        long position = durableOffset <= last.BaseOffset ? 0
            : last.Find(durableOffset)?.Position ?? last.SizeBytes;
        if (position < last.File.File.Length)
        {
            _files.Delete(last.IndexPath);
            last.File.File.SetLength(position);
        }
    }

    private ErrorCode CheckAppend(RecordBatchHeader header, out ProducerBatch? duplicate)
    {
        duplicate = null;
        if (_flusher.HasFailed)
        {
            return ErrorCode.KafkaStorageError;
        }

        if (header.TotalBytes > Config.MaxMessageBytes)
        {
            return ErrorCode.MessageTooLarge;
        }

        if (header.TotalBytes > Config.SegmentBytes)
        {
            return ErrorCode.RecordListTooLarge;
        }

        if (header.TimestampType != TimestampType.CreateTime && Config.MessageTimestampType == TimestampType.CreateTime)
        {
            return ErrorCode.InvalidTimestamp;
        }

        return _producers.Check(header, out duplicate);
    }

    private bool TryWrite(Span<byte> batch, long nowMs)
    {
        RecordBatchHeader.WriteBaseOffset(batch, EndOffset);
        RecordBatchHeader.WriteLeaderEpoch(batch, LeaderEpoch);
        var header = new RecordBatchHeader(batch);
        try
        {
            if (_flusher.HasFailed)
            {
                return false;
            }

            CutUncertainTail();
            if (IsSegmentFull(header, nowMs))
            {
                Roll();
            }

            _isTailUncertain = true; // until the write is known to be whole
            _segments.Active.File.File.Write(_segments.Active.SizeBytes, batch);
            _isTailUncertain = false;
        }
        catch (IOException e)
        {
            _log.AppendFailed(_segments.Active.LogPath, batch.Length, e);
            return false;
        }

        LogSegment active = _segments.Active;
        active.Appended(header, Config.IndexIntervalBytes);
        active.FirstAppendMs ??= nowMs;
        active.LastAppendMs = nowMs;
        _flusher.Appended(active, active.EndOffset);
        return true;
    }

    /// <summary>Takes away what a failed write may have left, so that no start can take it for a batch.</summary>
    private void CutUncertainTail()
    {
        if (_isTailUncertain)
        {
            _segments.Active.File.File.SetLength(_segments.Active.SizeBytes);
            _isTailUncertain = false;
        }
    }

    private bool IsSegmentFull(RecordBatchHeader next, long nowMs)
    {
        LogSegment active = _segments.Active;
        return active.SizeBytes > 0
            && (active.SizeBytes + next.TotalBytes > Config.SegmentBytes
                || nowMs - active.FirstAppendMs >= Config.SegmentMs
                || next.LastOffset - active.BaseOffset > int.MaxValue);
    }

    /// <summary>Closes the active segment and begins the next.</summary>
    private void Roll()
    {
        LogSegment full = _segments.Active;
        ILogFile file = OpenEmpty(LogFileNames.Log(Folder, full.EndOffset));
        _segments.Add(new LogSegment(_files, Folder, full.EndOffset, file));
        _flusher.Closed(
            full,
            _aborted.WithMarkerIn(full.BaseOffset, full.EndOffset),
            ProducerSnapshot.Encode(_producers, full.EndOffset));
    }

    private ILogFile OpenEmpty(string path)
    {
        ILogFile file = _files.Open(path);
        try
        {
            if (file.Length > 0)
            {
                file.SetLength(0);
            }

            return file;
        }
        catch (IOException)
        {
            file.Dispose();
            throw;
        }
    }

    private TimestampedOffset? Lookup(bool committedOnly, Func<TimestampLookup, TimestampedOffset?> find)
    {
        try
        {
            long bound = committedOnly ? LastStableOffset : DurableOffset;
            return find(new TimestampLookup(_segments, StartOffset, bound));
        }
        catch (IOException e)
        {
            _log.ReadFailed(Folder, StartOffset, e);
            return null;
        }
    }

    private FetchSlice? ReadBelow(long bound, long offset, int maxBytes, bool atLeastOne, bool committedOnly)
    {
        if (offset >= bound)
        {
            return null;
        }

        for (int i = _segments.FloorIndex(offset); i < _segments.Count && _segments[i].BaseOffset < bound; i++)
        {
            if (_segments[i].Find(offset) is { } start)
            {
                return start.BaseOffset < bound
                    ? Slice(_segments[i], start, bound, offset, maxBytes, atLeastOne, committedOnly)
                    : null;
            }
        }

        return null;
    }

    private FetchSlice? Slice(
        LogSegment segment, BatchPlace start, long bound, long offset, int maxBytes, bool atLeastOne, bool committedOnly)
    {
        if (start.TotalBytes > maxBytes && !atLeastOne)
        {
            return null;
        }

        long limit = start.Position + Math.Max(maxBytes, start.TotalBytes);
        (long end, long endOffset) = segment.EndWithin(start, limit, bound);
        return FetchSlice.Of(
            segment.File,
            start.Position,
            (int)(end - start.Position),
            endOffset,
            committedOnly ? _aborted.Overlapping(offset, endOffset) : []);
    }
}
