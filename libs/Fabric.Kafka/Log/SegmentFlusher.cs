using Microsoft.Extensions.Logging;

namespace Fabric.Kafka.Log;

/// <summary>
/// What of a log is not durable yet, and making it so. The loop reports; the flushing thread flushes. Once a flush has failed
/// every further one fails, until the log was cut back: the kernel forgets after reporting a failed write once.
/// </summary>
internal sealed class SegmentFlusher(ILogFiles files, string folder, ILogger log)
{
    private readonly Lock _sync = new();
    private readonly Lock _flushing = new();
    private readonly List<LogSegment> _unflushed = [];
    private readonly Queue<ClosedSegment> _closed = new();
    private long _endOffset;
    private bool _isFolderDirty;
    private volatile bool _hasFailed;

    public bool HasFailed => _hasFailed;

    /// <summary>Held while a flush runs: whoever swaps files or cuts the log takes it first.</summary>
    public Lock Flushing => _flushing;

    public void Appended(LogSegment segment, long endOffset)
    {
        lock (_sync)
        {
            _endOffset = endOffset;
            if (_unflushed.Count == 0 || _unflushed[^1] != segment)
            {
                segment.File.Hold();
                _unflushed.Add(segment);
            }
        }
    }

    /// <summary>The segment takes no more appends: once durable, it is sealed and the snapshot of the producers after it written.</summary>
    public void Closed(LogSegment segment, AbortedTransaction[] aborted, byte[] snapshot)
    {
        lock (_sync)
        {
            _closed.Enqueue(new ClosedSegment(segment, aborted, snapshot));
            _isFolderDirty = true;
        }
    }

    public void FolderChanged()
    {
        lock (_sync)
        {
            _isFolderDirty = true;
        }
    }

    /// <summary>Forgets everything: the log was opened anew from what is on disk.</summary>
    public void Reset(long endOffset)
    {
        lock (_sync)
        {
            ReleaseUnflushed();
            _closed.Clear();
            _endOffset = endOffset;
            _isFolderDirty = false;
            _hasFailed = false;
        }
    }

    /// <summary>Nothing is appended or flushed until the log was opened anew.</summary>
    public void Fail() => _hasFailed = true;

    /// <summary>Lets the disk begin with what <see cref="Flush"/> will wait for. On the flushing thread, like it.</summary>
    public void StartFlush()
    {
        lock (_flushing)
        {
            LogSegment[] segments;
            lock (_sync)
            {
                segments = _unflushed.ToArray();
            }

            foreach (LogSegment segment in segments)
            {
                segment.File.File.StartFlush();
            }
        }
    }

    /// <summary>Makes everything appended before the call durable and returns the end offset that this covers.</summary>
    /// <exception cref="IOException">It failed now or before; nothing beyond the last success may be relied on.</exception>
    public long Flush()
    {
        lock (_flushing)
        {
            if (_hasFailed)
            {
                throw new IOException($"An earlier flush of '{folder}' failed and the log was not cut back yet");
            }

            try
            {
                return FlushAll();
            }
            catch (IOException)
            {
                _hasFailed = true;
                throw;
            }
        }
    }

    private long FlushAll()
    {
        LogSegment[] segments;
        ClosedSegment[] closed;
        long endOffset;
        bool isFolderDirty;
        lock (_sync)
        {
            segments = _unflushed.ToArray();
            _unflushed.Clear();
            closed = _closed.ToArray();
            endOffset = _endOffset;
            isFolderDirty = _isFolderDirty;
            _isFolderDirty = false;
        }

        try
        {
            foreach (LogSegment segment in segments)
            {
                segment.File.File.Flush();
            }

            if (isFolderDirty)
            {
                files.FlushFolder(folder);
            }
        }
        finally
        {
            foreach (LogSegment segment in segments)
            {
                segment.File.Release();
            }
        }

        foreach (ClosedSegment segment in closed)
        {
            Seal(segment);
        }

        return endOffset;
    }

    private void Seal(ClosedSegment closed)
    {
        string path = LogFileNames.Snapshot(folder, closed.Segment.EndOffset);
        try
        {
            // In this order: a sealed segment may be deleted, and then only the snapshot knows who wrote it.
            ProducerSnapshot.Write(files, path, closed.Snapshot);
            path = closed.Segment.IndexPath;
            closed.Segment.Seal(closed.Aborted);
        }
        catch (IOException e)
        {
            // Not worth failing an append for: both can be rebuilt from the segments.
            closed.Segment.HasSealFailed = true;
            log.SideFileFailed(path, e);
        }

        lock (_sync)
        {
            _closed.TryDequeue(out _);
        }
    }

    private void ReleaseUnflushed()
    {
        foreach (LogSegment segment in _unflushed)
        {
            segment.File.Release();
        }

        _unflushed.Clear();
    }

    private sealed record ClosedSegment(LogSegment Segment, AbortedTransaction[] Aborted, byte[] Snapshot);
}
