using Microsoft.Extensions.Logging;

namespace Fabric.Kafka.Log;

/// <summary>A log as found on disk, made sound. All its bytes are durable.</summary>
internal sealed record RecoveredLog(
    SegmentList Segments, ProducerStates Producers, AbortedTransactions Aborted, long StartOffset);

/// <summary>
/// Opens a folder of segments and makes it sound. What a seal or a snapshot vouches for was durable once and is kept whatever
/// happens; what came after is kept up to the first batch that is not whole, because what follows a lost batch was never
/// acknowledged either.
/// </summary>
internal sealed class LogRecovery
{
    private readonly ILogFiles _files;
    private readonly string _folder;
    private readonly LogConfig _config;
    private readonly long _nowMs;
    private readonly ILogger _log;
    private readonly SegmentList _segments = new();
    private readonly List<SegmentSeal?> _seals = [];
    private long _durableOffset;

    private LogRecovery(ILogFiles files, string folder, LogConfig config, long nowMs, ILogger log)
    {
        _files = files;
        _folder = folder;
        _config = config;
        _nowMs = nowMs;
        _log = log;
    }

    private long EndOffset => _segments.Count == 0 ? 0 : _segments.Active.EndOffset;

    /// <exception cref="IOException">The folder cannot be read or written.</exception>
    public static RecoveredLog Run(ILogFiles files, string folder, LogConfig config, long nowMs, ILogger log)
    {
        var recovery = new LogRecovery(files, folder, config, nowMs, log);
        try
        {
            return recovery.Run();
        }
        catch
        {
            recovery.CloseFiles();
            throw;
        }
    }

    private RecoveredLog Run()
    {
        _files.CreateFolder(_folder);
        SegmentSwap.Recover(_files, _folder);
        long startOffset = StartOffsetFile.Read(_files, _folder);
        OpenSegments();
        ReadSegments();
        EnsureActive(startOffset);
        FlushTail();
        RemoveOrphans();

        startOffset = Math.Max(startOffset, _segments.First.BaseOffset);
        var replay = new ProducerReplay(_files, _folder, _segments, _seals, _nowMs);
        (ProducerStates producers, AbortedTransactions aborted) = replay.Run();
        SealRebuilt(aborted);
        aborted.RemoveBefore(startOffset);
        return new RecoveredLog(_segments, producers, aborted, startOffset);
    }

    private void OpenSegments()
    {
        var baseOffsets = new List<long>();
        foreach (string path in _files.List(_folder))
        {
            if (LogFileNames.TryParse(path, LogFileNames.LogExtension, out long baseOffset))
            {
                baseOffsets.Add(baseOffset);
            }

            if (LogFileNames.TryParse(path, LogFileNames.SnapshotExtension, out long snapshotOffset)
                && snapshotOffset > _durableOffset
                && ProducerSnapshot.TryRead(_files, path, snapshotOffset) is not null)
            {
                _durableOffset = snapshotOffset;
            }
        }

        baseOffsets.Sort();
        long coveredUntil = 0;
        foreach (long baseOffset in baseOffsets)
        {
            LogSegment segment = OpenSegment(baseOffset);
            SegmentSeal? seal = SegmentSeal.TryRead(_files, segment.IndexPath, baseOffset);
            seal = seal?.LogBytes == segment.File.File.Length ? seal : null;
            if (baseOffset < coveredUntil)
            {
                segment.File.Release();
                Remove(baseOffset);
                continue;
            }

            _segments.Add(segment);
            _seals.Add(seal);
            if (seal is not null)
            {
                coveredUntil = seal.EndOffset;
                _durableOffset = Math.Max(_durableOffset, seal.EndOffset);
            }
        }
    }

    private void ReadSegments()
    {
        for (int i = 0; i < _segments.Count; i++)
        {
            LogSegment segment = _segments[i];
            if (_seals[i] is { } seal)
            {
                segment.Adopt(seal);
                SetTimes(segment);
            }
            else if (i < _segments.Count - 1 && segment.BaseOffset < _durableOffset)
            {
                ReadDurable(i);
            }
            else
            {
                ReadTail(segment);
            }

            if (_seals[i] is null)
            {
                RemoveWhatDoesNotFollow(i);
            }
        }
    }

    /// <summary>What nobody vouches for: kept up to the first batch that is not whole.</summary>
    private void ReadTail(LogSegment segment)
    {
        using var scanner = new SegmentScanner(segment.File.File, segment.BaseOffset, long.MaxValue, isGapless: true);
        Read(segment, scanner);
        if (scanner.Damage is not null)
        {
            long cutBytes = segment.File.File.Length - segment.SizeBytes;
            _log.TailCut(segment.LogPath, scanner.Damage, segment.SizeBytes, cutBytes, segment.EndOffset);
            segment.File.File.SetLength(segment.SizeBytes);
        }
    }

    /// <summary>
    /// What was durable, but whose seal is gone: scanned, and if there is damage, rewritten with every batch that is whole. It may
    /// have been compacted, so offsets may have holes; it reaches to the next segment whatever is left in it.
    /// </summary>
    private void ReadDurable(int index)
    {
        LogSegment segment = _segments[index];
        long nextOffset = _segments[index + 1].BaseOffset;
        long endOffset = EndOfWhatMayStandIn(index);
        using (var scanner = new SegmentScanner(segment.File.File, segment.BaseOffset, endOffset, isGapless: false))
        {
            Read(segment, scanner);
            if (scanner.Damage is not null)
            {
                segment = Salvage(segment, scanner, endOffset);
                _segments.Replace(index, 1, segment);
            }
        }

        segment.ExtendTo(segment.EndOffset > nextOffset ? endOffset : nextOffset);
        SetTimes(segment);
        _log.IndexRebuilt(segment.IndexPath);
    }

    /// <summary>The next segment's first offset, unless that is an empty file which a failed roll may have left while this one grew past it.</summary>
    private long EndOfWhatMayStandIn(int index)
    {
        int next = index + 1;
        while (next < _segments.Count - 1 && _seals[next] is null && _segments[next].File.File.Length == 0)
        {
            next++;
        }

        return _segments[next].BaseOffset;
    }

    private LogSegment Salvage(LogSegment damaged, SegmentScanner scanner, long endOffset)
    {
        _log.DurableSegmentDamaged(
            damaged.LogPath, scanner.Damage ?? "", scanner.NextPosition, scanner.NextOffset, endOffset);
        string cleanedPath = SegmentSwap.CleanedLog(_folder, damaged.BaseOffset);
        using (ILogFile cleaned = _files.Open(cleanedPath))
        {
            cleaned.SetLength(0);
            long written = CopyRange(damaged.File.File, 0, cleaned, 0, scanner.NextPosition);
            while (scanner.TrySkipDamage())
            {
                while (scanner.MoveNext())
                {
                    damaged.Appended(scanner.Header, _config.IndexIntervalBytes);
                    written = CopyRange(damaged.File.File, scanner.Position, cleaned, written, scanner.TotalBytes);
                }
            }

            cleaned.Flush();
        }

        // The index of the damaged one was kept in step with what was copied.
        SegmentSwap.Prepare(_files, _folder, new SegmentSeal(
            damaged.BaseOffset, endOffset, damaged.SizeBytes, damaged.MaxTimestampMs, [], damaged.Index));
        SegmentSwap.Commit(_files, _folder, damaged.BaseOffset, []);
        damaged.File.Release();
        LogSegment whole = OpenSegment(damaged.BaseOffset);
        using var again = new SegmentScanner(whole.File.File, whole.BaseOffset, endOffset, isGapless: false);
        Read(whole, again);
        return whole;
    }

    private static long CopyRange(ILogFile from, long position, ILogFile to, long toPosition, long length)
    {
        byte[] buffer = new byte[(int)Math.Min(1 << 20, Math.Max(1, length))];
        while (length > 0)
        {
            int read = from.Read(position, buffer.AsSpan(0, (int)Math.Min(buffer.Length, length)));
            if (read == 0)
            {
                throw new IOException("A segment became shorter while it was copied");
            }

            to.Write(toPosition, buffer.AsSpan(0, read));
            position += read;
            toPosition += read;
            length -= read;
        }

        return toPosition;
    }

    private void Read(LogSegment segment, SegmentScanner scanner)
    {
        while (scanner.MoveNext())
        {
            segment.Appended(scanner.Header, _config.IndexIntervalBytes);
            segment.FirstAppendMs ??= TimeOrNow(scanner.Header.MaxTimestamp);
        }

        segment.LastAppendMs = _nowMs;
    }

    private long TimeOrNow(long timestampMs) =>
        timestampMs == RecordBatchHeader.NoTimestamp ? _nowMs : Math.Min(_nowMs, timestampMs);

    private void SetTimes(LogSegment segment)
    {
        segment.FirstAppendMs ??= TimeOrNow(segment.MaxTimestampMs);
        segment.LastAppendMs = _nowMs;
    }

    /// <summary>Everything beyond a cut, or the empty file that a failed roll left while its predecessor went on growing.</summary>
    private void RemoveWhatDoesNotFollow(int index)
    {
        long endOffset = _segments[index].EndOffset;
        while (_segments.Count > index + 1 && _segments[index + 1].BaseOffset != endOffset)
        {
            bool isBeyondCut = _segments[index + 1].BaseOffset > endOffset;
            int victim = isBeyondCut ? _segments.Count - 1 : index + 1;
            LogSegment segment = _segments[victim];
            _log.SegmentDoesNotFollow(segment.LogPath, endOffset);
            segment.File.Release();
            Remove(segment.BaseOffset);
            _segments.RemoveAt(victim);
            _seals.RemoveAt(victim);
        }
    }

    /// <summary>The last segment must be one that can take appends, at or after the start offset.</summary>
    private void EnsureActive(long startOffset)
    {
        if (_segments.Count == 0 || _seals[^1] is not null || EndOffset < startOffset)
        {
            _segments.Add(OpenSegment(Math.Max(startOffset, EndOffset)));
            _seals.Add(null);
            _segments.Active.LastAppendMs = _nowMs;
        }
    }

    private void FlushTail()
    {
        for (int i = 0; i < _segments.Count; i++)
        {
            if (_seals[i] is null)
            {
                _segments[i].File.File.Flush();
            }
        }

        _files.FlushFolder(_folder);
    }

    private void SealRebuilt(AbortedTransactions aborted)
    {
        for (int i = 0; i < _segments.Count - 1; i++)
        {
            if (_seals[i] is null)
            {
                _segments[i].Seal(aborted.WithMarkerIn(_segments[i].BaseOffset, _segments[i].EndOffset));
            }
        }
    }

    /// <summary>Seals without a segment, and producers of offsets that the log does not reach.</summary>
    private void RemoveOrphans()
    {
        foreach (string path in _files.List(_folder))
        {
            bool isOrphan = LogFileNames.TryParse(path, LogFileNames.IndexExtension, out long baseOffset)
                ? !_files.Exists(LogFileNames.Log(_folder, baseOffset))
                : LogFileNames.TryParse(path, LogFileNames.SnapshotExtension, out long offset) && offset > EndOffset;
            if (isOrphan)
            {
                _files.Delete(path);
            }
        }
    }

    private LogSegment OpenSegment(long baseOffset) =>
        new(_files, _folder, baseOffset, _files.Open(LogFileNames.Log(_folder, baseOffset)));

    private void Remove(long baseOffset)
    {
        _files.Delete(LogFileNames.Index(_folder, baseOffset));
        _files.Delete(LogFileNames.Log(_folder, baseOffset));
    }

    private void CloseFiles()
    {
        for (int i = 0; i < _segments.Count; i++)
        {
            _segments[i].File.Release();
        }
    }
}
