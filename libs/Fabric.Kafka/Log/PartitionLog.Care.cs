using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Log;

/// <content>What keeps a log from growing for ever: retention, deletion by request, compaction. All on the loop.</content>
internal sealed partial class PartitionLog
{
    private const int SnapshotsKept = 2;

    private long _compactedToOffset;
    private long _nextHorizonMs = long.MaxValue;
    private CompactionJob? _compaction;

    /// <summary>
    /// Removes whole segments that are too old (by the timestamps of their records) or too many, where the topic's policy is to
    /// delete, and forgets idle producers. Never touches what is not durable. A failing disk is logged; the next call goes on.
    /// </summary>
    public void ApplyRetention(long nowMs)
    {
        bool isWaitedFor = EndOffset > DurableOffset; // then a flush is due, and its failure makes the caller cut the log
        if (HasFailed && (isWaitedFor || !CutToDurable()))
        {
            return;
        }

        _producers.ForgetIdleSince(nowMs - Config.ProducerIdExpirationMs);
        try
        {
            if ((Config.CleanupPolicy & CleanupPolicy.Delete) != 0)
            {
                RollIfExpired(nowMs);
                RemoveFirst(CountExpired(nowMs), "older than retention.ms");
                RemoveFirst(CountBeyondSize(), "beyond retention.bytes");
            }

            RemoveFirst(CountBelow(StartOffset), "before the start offset");
            RemoveOldSnapshots();
        }
        catch (IOException e)
        {
            _log.CareFailed("Retention", Folder, e);
        }
    }

    /// <summary>
    /// Raises the start of the log, durably, and removes the segments below it. OffsetOutOfRange above the high watermark,
    /// KafkaStorageError when the disk failed; nothing happens at or below the start.
    /// </summary>
    public ErrorCode DeleteRecordsBefore(long offset)
    {
        if (offset > DurableOffset)
        {
            return ErrorCode.OffsetOutOfRange;
        }

        try
        {
            RaiseStart(offset);
            RemoveFirst(CountBelow(StartOffset), "deleted by request");
            return ErrorCode.None;
        }
        catch (IOException e)
        {
            _log.CareFailed("Deleting records", Folder, e);
            return offset <= StartOffset ? ErrorCode.None : ErrorCode.KafkaStorageError;
        }
    }

    /// <summary>Removes everything, producers included, and goes on at an offset that was never given.</summary>
    /// <param name="newStart">At least <see cref="EndOffset"/>.</param>
    /// <exception cref="KafkaException">LOG_STORAGE: the disk failed; a restart finishes it.</exception>
    public void TruncateFull(long newStart)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(newStart, EndOffset);
        lock (_flusher.Flushing)
        {
            try
            {
                StartOffsetFile.Write(_files, Folder, newStart);
                for (int i = _segments.Count - 1; i >= 0; i--)
                {
                    _files.Delete(_segments[i].IndexPath);
                    _files.Delete(_segments[i].LogPath);
                }

                RemoveSnapshots(keep: 0);
                Recover();
            }
            catch (IOException e)
            {
                throw new KafkaException(
                    "LOG_STORAGE", $"Cannot empty a partition log: {e.Message}", Folder, isRetriable: true, innerException: e);
            }
        }
    }

    /// <summary>Compacts what is worth it, in one go, on the loop. A failing disk is logged; nothing is lost.</summary>
    public void Compact(long nowMs)
    {
        using CompactionJob? job = BeginCompaction(nowMs);
        if (job is null)
        {
            return;
        }

        try
        {
            while (job.CleanNext() is { } group && PutCleaned(job, group))
            {
            }
        }
        catch (IOException e)
        {
            _log.CareFailed("Compaction", Folder, e);
        }

        EndCompaction(job);
    }

    /// <summary>
    /// Begins a compaction whose reading and writing (<see cref="CompactionJob.CleanNext"/>) may run on another thread; each group is
    /// then put in place on the loop by <see cref="PutCleaned"/>, and at last <see cref="EndCompaction"/> is called and the job
    /// disposed. Null when there is nothing worth it, or one is running.
    /// </summary>
    public CompactionJob? BeginCompaction(long nowMs)
    {
        if (!Config.IsCompacted || HasFailed || _compaction is not null)
        {
            return null;
        }

        var sources = new List<LogSegment>();
        long cleanBytes = 0, dirtyBytes = 0;
        for (int i = 0; i < _segments.Count - 1 && IsCleanable(_segments[i], nowMs); i++)
        {
            sources.Add(_segments[i]);
            bool isDirty = _segments[i].EndOffset > _compactedToOffset;
            (cleanBytes, dirtyBytes) = isDirty
                ? (cleanBytes, dirtyBytes + _segments[i].SizeBytes)
                : (cleanBytes + _segments[i].SizeBytes, dirtyBytes);
        }

        bool isDirtyEnough = dirtyBytes > 0
            && dirtyBytes >= Config.MinCleanableDirtyRatio * (cleanBytes + dirtyBytes);
        if (!isDirtyEnough && (sources.Count == 0 || nowMs < _nextHorizonMs))
        {
            return null;
        }

        long endOffset = sources[^1].EndOffset;
        return _compaction = new CompactionJob(
            _files, Folder, Config, sources, _aborted.Overlapping(sources[0].BaseOffset, endOffset),
            _compactedToOffset, nowMs);
    }

    /// <summary>Puts a cleaned group in the place of its segments. False when the log changed meanwhile: the job is void.</summary>
    /// <exception cref="IOException">The disk failed; the log was opened anew from what is there.</exception>
    public bool PutCleaned(CompactionJob job, CleanedGroup group)
    {
        if (group.Target is not { } target)
        {
            return true;
        }

        int first = _segments.IndexOf(group.Sources[0]);
        int last = _segments.IndexOf(group.Sources[^1]);
        if (_compaction != job || first < 0 || last - first != group.Sources.Count - 1)
        {
            target.File.Release();
            SegmentSwap.Abandon(_files, Folder, group.Sources[0].BaseOffset);
            return false;
        }

        try
        {
            SegmentSwap.Commit(_files, Folder, target.BaseOffset, CoveredBaseOffsets(group));
        }
        catch (IOException)
        {
            target.File.Release();
            ReopenAfterFailedSwap();
            throw;
        }

        long removedBytes = group.Sources.Sum(static source => source.SizeBytes) - target.SizeBytes;
        _segments.Replace(first, group.Sources.Count, target);
        foreach (LogSegment source in group.Sources)
        {
            source.File.Release();
        }

        _aborted.RemoveMarkers(job.RemovedMarkers);
        _log.Compacted(Folder, target.BaseOffset, target.EndOffset, job.RemovedRecords, removedBytes);
        return true;
    }

    /// <summary>Takes note of how far a job came.</summary>
    public void EndCompaction(CompactionJob job)
    {
        if (_compaction != job)
        {
            return;
        }

        _compaction = null;
        if (job.IsFinished)
        {
            _compactedToOffset = job.CleanToOffset;
            _nextHorizonMs = job.NextHorizonMs;
        }
    }

    private static IEnumerable<long> CoveredBaseOffsets(CleanedGroup group) =>
        group.Sources.Skip(1).Select(static source => source.BaseOffset);

    private void ForgetCompaction()
    {
        _compaction = null;
        _compactedToOffset = 0;
        _nextHorizonMs = long.MaxValue;
    }

    private void ReopenAfterFailedSwap()
    {
        lock (_flusher.Flushing)
        {
            try
            {
                Recover();
            }
            catch (IOException e)
            {
                _flusher.Fail(); // names and contents may differ now: nothing more until it was opened anew
                _log.CutToDurableFailed(Folder, DurableOffset, e);
            }
        }
    }

    private bool IsCleanable(LogSegment segment, long nowMs) =>
        segment.IsSealed
        && segment.EndOffset <= LastStableOffset
        && (Config.MinCompactionLagMs <= 0 || LastTimeOf(segment) < nowMs - Config.MinCompactionLagMs);

    private static long LastTimeOf(LogSegment segment) =>
        segment.MaxTimestampMs != RecordBatchHeader.NoTimestamp ? segment.MaxTimestampMs : segment.LastAppendMs;

    private bool IsExpired(LogSegment segment, long nowMs) =>
        Config.RetentionMs >= 0 && LastTimeOf(segment) < nowMs - Config.RetentionMs;

    /// <summary>Durable, and what it says about producers stands in a snapshot, unless the disk has no room for one.</summary>
    private bool IsRemovable(LogSegment segment) =>
        segment.EndOffset <= DurableOffset && (segment.IsSealed || segment.HasSealFailed);

    /// <summary>When everything is too old, the active segment is closed so that it can go too.</summary>
    private void RollIfExpired(long nowMs)
    {
        if (_segments.Active.SizeBytes > 0
            && EndOffset <= DurableOffset
            && CountExpired(nowMs) == _segments.Count - 1
            && IsExpired(_segments.Active, nowMs))
        {
            CutUncertainTail();
            Roll();
            Flush(); // all is durable already: this seals it, which nobody else may come to do
        }
    }

    private int CountExpired(long nowMs)
    {
        int count = 0;
        while (count < _segments.Count - 1 && IsRemovable(_segments[count]) && IsExpired(_segments[count], nowMs))
        {
            count++;
        }

        return count;
    }

    private int CountBeyondSize()
    {
        long excess = Config.RetentionBytes < 0 ? 0 : SizeBytes - Config.RetentionBytes;
        int count = 0;
        while (count < _segments.Count - 1
            && IsRemovable(_segments[count])
            && excess >= _segments[count].SizeBytes
            && excess > 0)
        {
            excess -= _segments[count++].SizeBytes;
        }

        return count;
    }

    private int CountBelow(long offset)
    {
        int count = 0;
        while (count < _segments.Count - 1 && IsRemovable(_segments[count]) && _segments[count].EndOffset <= offset)
        {
            count++;
        }

        return count;
    }

    /// <summary>Before anything goes, readers stay above it, and the names of later segments and of snapshots are durable.</summary>
    private void RemoveFirst(int count, string reason)
    {
        if (count == 0)
        {
            return;
        }

        RaiseStart(_segments[count].BaseOffset);
        _files.FlushFolder(Folder);
        for (; count > 0; count--)
        {
            LogSegment first = _segments.First;
            _files.Delete(first.IndexPath);
            _files.Delete(first.LogPath);
            _segments.RemoveAt(0);
            first.File.Release();
            _log.SegmentRemoved(first.LogPath, first.EndOffset, reason);
        }

        _flusher.FolderChanged();
    }

    private void RaiseStart(long offset)
    {
        if (offset > StartOffset)
        {
            StartOffsetFile.Write(_files, Folder, offset);
            StartOffset = offset;
            _aborted.RemoveBefore(offset);
        }
    }

    private void RemoveOldSnapshots() => RemoveSnapshots(SnapshotsKept);

    private void RemoveSnapshots(int keep)
    {
        var offsets = new List<long>();
        foreach (string path in _files.List(Folder))
        {
            if (LogFileNames.TryParse(path, LogFileNames.SnapshotExtension, out long offset))
            {
                offsets.Add(offset);
            }
        }

        offsets.Sort();
        if (offsets.Count > keep)
        {
            _files.FlushFolder(Folder); // the ones that stay must be there before the others go
        }

        for (int i = 0; i < offsets.Count - keep; i++)
        {
            _files.Delete(LogFileNames.Snapshot(Folder, offsets[i]));
        }
    }
}
