namespace Fabric.Kafka.Log;

/// <summary>
/// One file of a log: batches from <see cref="BaseOffset"/> on, one after another. The last segment of a log takes appends; the
/// others are sealed once their bytes are durable and never change again, except that compaction replaces them.
/// </summary>
/// <remarks>Owned by the loop. The flushing thread seals it, after the loop stopped appending to it.</remarks>
internal sealed class LogSegment
{
    private readonly ILogFiles _files;
    private readonly string _folder;
    private readonly WeakReference<SegmentIndex> _sealedIndex = new(new SegmentIndex());
    private volatile SegmentIndex? _ownIndex = new();
    private volatile bool _hasSealFailed;
    private long _lastIndexedPosition;

    public LogSegment(ILogFiles files, string folder, long baseOffset, ILogFile file)
    {
        _files = files;
        _folder = folder;
        BaseOffset = baseOffset;
        EndOffset = baseOffset;
        LogPath = LogFileNames.Log(folder, baseOffset);
        IndexPath = LogFileNames.Index(folder, baseOffset);
        File = new SegmentFile(file);
    }

    public long BaseOffset { get; }

    public string LogPath { get; }

    public string IndexPath { get; }

    public SegmentFile File { get; }

    public long SizeBytes { get; private set; }

    /// <summary>First offset after the segment.</summary>
    public long EndOffset { get; private set; }

    /// <summary>Greatest timestamp of its records; -1 when none has one.</summary>
    public long MaxTimestampMs { get; private set; } = RecordBatchHeader.NoTimestamp;

    /// <summary>When its first batch was appended; null while it is empty. After a restart: the time of its first batch, at most the time of the restart.</summary>
    public long? FirstAppendMs { get; set; }

    /// <summary>When its last batch was appended, or the log was opened.</summary>
    public long LastAppendMs { get; set; }

    /// <summary>The index is on disk and the bytes are durable.</summary>
    public bool IsSealed => _ownIndex is null;

    /// <summary>The index, or the snapshot of the producers after this segment, could not be written.</summary>
    public bool HasSealFailed
    {
        get => _hasSealFailed;
        set => _hasSealFailed = value;
    }

    /// <summary>In memory while the segment is open; afterwards read when wanted and kept while memory allows.</summary>
    /// <exception cref="IOException">Neither the index nor the segment can be read.</exception>
    public SegmentIndex Index
    {
        get
        {
            if (_ownIndex is { } own)
            {
                return own;
            }

            if (!_sealedIndex.TryGetTarget(out SegmentIndex? index))
            {
                index = SegmentSeal.TryRead(_files, IndexPath, BaseOffset)?.Index ?? Reindex();
                _sealedIndex.SetTarget(index);
            }

            return index;
        }
    }

    /// <summary>Notes a batch that was written at the end of the file.</summary>
    public void Appended(RecordBatchHeader header, int indexIntervalBytes)
    {
        SegmentIndex index = _ownIndex ?? throw new InvalidOperationException($"Segment {BaseOffset} is sealed");
        if (index.Count == 0 || SizeBytes - _lastIndexedPosition >= indexIntervalBytes)
        {
            index.Add(new IndexEntry((int)(header.BaseOffset - BaseOffset), (int)SizeBytes, MaxTimestampMs));
            _lastIndexedPosition = SizeBytes;
        }

        SizeBytes += header.TotalBytes;
        EndOffset = header.LastOffset + 1;
        MaxTimestampMs = Math.Max(MaxTimestampMs, header.MaxTimestamp);
    }

    /// <summary>Notes that offsets up to there belong to this segment, though compaction left no records of them.</summary>
    public void ExtendTo(long endOffset) => EndOffset = Math.Max(EndOffset, endOffset);

    /// <summary>Takes what a seal says instead of scanning the file.</summary>
    public void Adopt(SegmentSeal seal)
    {
        SizeBytes = seal.LogBytes;
        EndOffset = seal.EndOffset;
        MaxTimestampMs = seal.MaxTimestampMs;
        Unload(seal.Index);
    }

    /// <summary>Writes the index. The bytes are durable and nothing is appended any more.</summary>
    /// <exception cref="IOException">The index could not be written; the segment is as good as before and stays unsealed.</exception>
    public void Seal(AbortedTransaction[] aborted)
    {
        SegmentIndex index = Index;
        new SegmentSeal(BaseOffset, EndOffset, SizeBytes, MaxTimestampMs, aborted, index).Write(_files, IndexPath);
        Unload(index);
    }

    /// <summary>The first batch that ends at or after <paramref name="offset"/>; null when there is none here.</summary>
    /// <exception cref="IOException">The segment cannot be read, or is damaged.</exception>
    public BatchPlace? Find(long offset)
    {
        IndexEntry from = Index.FloorByOffset(offset - BaseOffset);
        using var walker = new BatchWalker(File.File, from.Position, SizeBytes);
        while (walker.MoveNext())
        {
            if (walker.Header.LastOffset >= offset)
            {
                return new BatchPlace(
                    walker.Position, walker.TotalBytes, walker.Header.BaseOffset, walker.Header.LastOffset);
            }
        }

        ThrowIfDamaged(walker);
        return null;
    }

    /// <summary>The end of the last whole batch that begins below an offset and ends at or before a position.</summary>
    /// <param name="start">A batch that does both.</param>
    /// <exception cref="IOException">The segment cannot be read, or is damaged.</exception>
    public (long Position, long Offset) EndWithin(BatchPlace start, long positionLimit, long offsetLimit)
    {
        if (positionLimit >= SizeBytes && offsetLimit >= EndOffset)
        {
            return (SizeBytes, EndOffset);
        }

        SegmentIndex index = Index;
        IndexEntry byPosition = index.FloorByPosition(positionLimit);
        IndexEntry byOffset = index.FloorByOffset(offsetLimit - BaseOffset);
        long from = Math.Max(start.Position, Math.Min(byPosition.Position, byOffset.Position));
        (long Position, long Offset) end = from == start.Position
            ? (start.Position, start.BaseOffset)
            : (from, BaseOffset + (from == byPosition.Position ? byPosition : byOffset).RelativeOffset);
        using var walker = new BatchWalker(File.File, from, SizeBytes);
        while (walker.MoveNext() && walker.NextPosition <= positionLimit && walker.Header.BaseOffset < offsetLimit)
        {
            end = (walker.NextPosition, walker.Header.LastOffset + 1);
        }

        ThrowIfDamaged(walker);
        return end;
    }

    public void ThrowIfDamaged(BatchWalker walker)
    {
        if (walker.IsDamaged)
        {
            throw new IOException($"'{LogPath}' changed after it was checked: no batch at byte {walker.NextPosition}");
        }
    }

    private SegmentIndex Reindex()
    {
        var again = new LogSegment(_files, _folder, BaseOffset, File.File);
        using var walker = new BatchWalker(File.File, 0, SizeBytes);
        while (walker.MoveNext())
        {
            again.Appended(walker.Header, new LogConfig().IndexIntervalBytes);
        }

        ThrowIfDamaged(walker);
        return again._ownIndex!;
    }

    private void Unload(SegmentIndex index)
    {
        _sealedIndex.SetTarget(index);
        _ownIndex = null;
    }
}

/// <summary>Where a batch stands in its segment.</summary>
internal readonly record struct BatchPlace(long Position, int TotalBytes, long BaseOffset, long LastOffset);
