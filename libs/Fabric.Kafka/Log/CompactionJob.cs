using System.Buffers;

namespace Fabric.Kafka.Log;

/// <summary>
/// One compaction of a log: reads sealed segments, which never change, and writes cleaned ones beside them, group by group. The
/// loop begins it and puts each cleaned group in place; cleaning may run on any one thread.
/// </summary>
internal sealed class CompactionJob : IDisposable
{
    private readonly ILogFiles _files;
    private readonly string _folder;
    private readonly LogConfig _config;
    private readonly IReadOnlyList<LogSegment> _sources;
    private readonly IReadOnlyList<AbortedTransaction> _aborted;
    private readonly KeyOffsets _latest;
    private readonly BatchCleaner _cleaner;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
    private int _nextSource;
    private bool _hasRead;

    /// <param name="sources">Sealed, consecutive from the log's first, all decided.</param>
    /// <param name="dirtyFromOffset">Up to there keys are unique already.</param>
    public CompactionJob(
        ILogFiles files, string folder, LogConfig config, IReadOnlyList<LogSegment> sources,
        IReadOnlyList<AbortedTransaction> aborted, long dirtyFromOffset, long nowMs)
    {
        _files = files;
        _folder = folder;
        _config = config;
        _sources = sources;
        _aborted = aborted;
        DirtyFromOffset = dirtyFromOffset;
        _latest = new KeyOffsets(config.CompactionKeyBytesMax);
        _cleaner = new BatchCleaner(_latest, new CompactionTransactions(aborted), nowMs, config.DeleteRetentionMs);
        foreach (LogSegment source in sources)
        {
            source.File.Hold();
        }
    }

    public long DirtyFromOffset { get; }

    /// <summary>Up to there keys are unique once all groups are in place.</summary>
    public long CleanToOffset { get; private set; }

    /// <summary>Every group was cleaned.</summary>
    public bool IsFinished { get; private set; }

    public long NextHorizonMs => _cleaner.NextHorizonMs;

    public long RemovedRecords => _cleaner.RemovedRecords;

    public IReadOnlySet<long> RemovedMarkers => _cleaner.RemovedMarkers;

    /// <summary>Cleans the next group. Null when there is none any more.</summary>
    /// <exception cref="IOException">The disk failed; nothing was changed.</exception>
    public CleanedGroup? CleanNext()
    {
        if (!_hasRead)
        {
            ReadKeys();
            _cleaner.KnownToOffset = CleanToOffset;
            _hasRead = true;
        }

        if (_nextSource >= _sources.Count || _sources[_nextSource].BaseOffset >= CleanToOffset)
        {
            IsFinished = true;
            return null;
        }

        int count = GroupSize(_nextSource);
        var group = new LogSegment[count];
        for (int i = 0; i < count; i++)
        {
            group[i] = _sources[_nextSource + i];
        }

        _nextSource += count;
        return Clean(group);
    }

    public void Dispose()
    {
        foreach (LogSegment source in _sources)
        {
            source.File.Release();
        }

        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void ReadKeys()
    {
        var transactions = new CompactionTransactions(_aborted);
        var unpacked = new ArrayBufferWriter<byte>();
        foreach (LogSegment source in _sources)
        {
            CleanToOffset = source.EndOffset;
            using var walker = new BatchWalker(source.File.File, 0, source.SizeBytes);
            while (walker.MoveNext())
            {
                if (walker.Header.IsControl)
                {
                    transactions.End(walker.Header);
                }
                else if (!transactions.IsAborted(walker.Header) && walker.Header.LastOffset >= DirtyFromOffset)
                {
                    ReadKeys(Load(source, walker), unpacked);
                }

                if (_latest.IsFull)
                {
                    CleanToOffset = walker.Header.LastOffset + 1;
                    return;
                }
            }

            source.ThrowIfDamaged(walker);
        }
    }

    private void ReadKeys(ReadOnlySpan<byte> batch, ArrayBufferWriter<byte> unpacked)
    {
        if (!BatchPayload.TryOpen(batch, unpacked, out ReadOnlySpan<byte> payload))
        {
            return;
        }

        RecordEnumerator records = RecordBatchRecords.Enumerate(new RecordBatchHeader(batch), payload);
        while (records.MoveNext())
        {
            if (records.Current.HasKey)
            {
                _latest.Put(records.Current.Key, records.Current.Offset);
            }
        }
    }

    /// <summary>How many segments fit into one: compaction would otherwise leave many small ones.</summary>
    private int GroupSize(int first)
    {
        long bytes = _sources[first].SizeBytes;
        int count = 1;
        while (first + count < _sources.Count
            && _sources[first + count].BaseOffset < CleanToOffset
            && (bytes += _sources[first + count].SizeBytes) <= _config.SegmentBytes
            && _sources[first + count].EndOffset - _sources[first].BaseOffset <= int.MaxValue)
        {
            count++;
        }

        return count;
    }

    private CleanedGroup Clean(LogSegment[] group)
    {
        long baseOffset = group[0].BaseOffset;
        AbandonEarlier(baseOffset);
        ILogFile file = _files.Open(SegmentSwap.CleanedLog(_folder, baseOffset));
        var target = new LogSegment(_files, _folder, baseOffset, file);
        try
        {
            file.SetLength(0);
            bool isChanged = group.Length > 1;
            foreach (LogSegment source in group)
            {
                isChanged |= CopyCleaned(source, target);
                target.ExtendTo(source.EndOffset);
                target.LastAppendMs = source.LastAppendMs;
                target.FirstAppendMs ??= source.FirstAppendMs;
            }

            if (!isChanged)
            {
                target.File.Release();
                _files.Delete(SegmentSwap.CleanedLog(_folder, baseOffset));
                return new CleanedGroup(group, null);
            }

            file.Flush();
            var seal = new SegmentSeal(
                baseOffset, target.EndOffset, target.SizeBytes, target.MaxTimestampMs,
                AbortedStillThere(baseOffset, target.EndOffset), target.Index);
            SegmentSwap.Prepare(_files, _folder, seal);
            target.Adopt(seal);
            return new CleanedGroup(group, target);
        }
        catch
        {
            target.File.Release();
            throw;
        }
    }

    /// <summary>What an earlier, failed compaction left must not be taken for a part of this one.</summary>
    private void AbandonEarlier(long baseOffset)
    {
        if (_files.Exists(SegmentSwap.CleanedIndex(_folder, baseOffset)))
        {
            SegmentSwap.Abandon(_files, _folder, baseOffset);
        }
    }

    private bool CopyCleaned(LogSegment source, LogSegment target)
    {
        bool isChanged = false;
        using var walker = new BatchWalker(source.File.File, 0, source.SizeBytes);
        while (walker.MoveNext())
        {
            ReadOnlySpan<byte> batch = Load(source, walker);
            CleanedBatch outcome = _cleaner.Clean(batch, out byte[] rewritten);
            isChanged |= outcome != CleanedBatch.Unchanged;
            if (outcome != CleanedBatch.Removed)
            {
                Write(target, outcome == CleanedBatch.Rewritten ? rewritten : batch);
            }
        }

        source.ThrowIfDamaged(walker);
        return isChanged;
    }

    private void Write(LogSegment target, ReadOnlySpan<byte> batch)
    {
        target.File.File.Write(target.SizeBytes, batch);
        target.Appended(new RecordBatchHeader(batch), _config.IndexIntervalBytes);
    }

    private ReadOnlySpan<byte> Load(LogSegment source, in BatchWalker walker)
    {
        if (_buffer.Length < walker.TotalBytes)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(walker.TotalBytes);
        }

        Span<byte> batch = _buffer.AsSpan(0, walker.TotalBytes);
        return source.File.File.Read(walker.Position, batch) == batch.Length
            ? batch
            : throw new IOException($"'{source.LogPath}' ends before byte {walker.NextPosition}, which was there before");
    }

    private AbortedTransaction[] AbortedStillThere(long fromOffset, long endOffset) =>
        _aborted.Where(aborted => aborted.LastOffset >= fromOffset && aborted.LastOffset < endOffset
            && !_cleaner.RemovedMarkers.Contains(aborted.LastOffset)).ToArray();
}

/// <summary>Segments, and the one that is to take their place; null when nothing in them has to go.</summary>
internal sealed record CleanedGroup(IReadOnlyList<LogSegment> Sources, LogSegment? Target);
