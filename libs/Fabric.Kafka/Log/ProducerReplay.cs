using System.Buffers;

namespace Fabric.Kafka.Log;

/// <summary>
/// Rebuilds producers and aborted transactions on start: the newest snapshot, and from there the batch headers. Segments whose
/// seal was lost are replayed too, from the snapshot before them, because only their markers know what was aborted in them.
/// </summary>
internal sealed class ProducerReplay(
    ILogFiles files, string folder, SegmentList segments, IReadOnlyList<SegmentSeal?> seals, long nowMs)
{
    private const int ControlBatchBytesMax = 4096;

    private readonly List<AbortedTransaction> _replayed = [];
    private ProducerStates _states = new();

    public (ProducerStates Producers, AbortedTransactions Aborted) Run()
    {
        long endOffset = segments.Active.EndOffset;
        (long Offset, ProducerStates States)? newest = NewestSnapshot(endOffset);
        (long Offset, ProducerStates States)? first = NewestSnapshot(FirstUnsealedOffset());
        _states = first?.States ?? _states;
        long from = first?.Offset ?? 0;
        if (newest is { } stop && stop.Offset > from)
        {
            // Up to the newest snapshot only markers matter; from there on it knows more than a replay could.
            Replay(from, stop.Offset);
            _states = stop.States;
            from = stop.Offset;
        }

        Replay(from, endOffset);
        return (_states, Assemble());
    }

    private long FirstUnsealedOffset()
    {
        for (int i = 0; i < segments.Count; i++)
        {
            if (seals[i] is null)
            {
                return segments[i].BaseOffset;
            }
        }

        return segments.Active.EndOffset;
    }

    private (long Offset, ProducerStates States)? NewestSnapshot(long atMost)
    {
        var offsets = new List<long>();
        foreach (string path in files.List(folder))
        {
            if (LogFileNames.TryParse(path, LogFileNames.SnapshotExtension, out long offset) && offset <= atMost)
            {
                offsets.Add(offset);
            }
        }

        offsets.Sort();
        for (int i = offsets.Count - 1; i >= 0; i--)
        {
            if (ProducerSnapshot.TryRead(files, LogFileNames.Snapshot(folder, offsets[i]), offsets[i]) is { } states)
            {
                return (offsets[i], states);
            }
        }

        return null;
    }

    private void Replay(long fromOffset, long toOffset)
    {
        for (int i = segments.FloorIndex(fromOffset); i < segments.Count && segments[i].BaseOffset < toOffset; i++)
        {
            LogSegment segment = segments[i];
            long position = segment.Index.FloorByOffset(fromOffset - segment.BaseOffset).Position;
            using var walker = new BatchWalker(segment.File.File, position, segment.SizeBytes);
            while (walker.MoveNext() && walker.Header.BaseOffset < toOffset)
            {
                if (walker.Header.BaseOffset >= fromOffset && walker.Header.HasProducer)
                {
                    Replay(segment, walker);
                }
            }

            segment.ThrowIfDamaged(walker);
        }
    }

    private void Replay(LogSegment segment, in BatchWalker walker)
    {
        if (!walker.Header.IsControl)
        {
            _states.Appended(walker.Header, nowMs);
            return;
        }

        byte[] batch = ArrayPool<byte>.Shared.Rent(ControlBatchBytesMax);
        try
        {
            int length = Math.Min(walker.TotalBytes, ControlBatchBytesMax);
            if (segment.File.File.Read(walker.Position, batch.AsSpan(0, length)) == length
                && ControlRecord.TryRead(batch.AsSpan(0, length), out bool isCommit, out int coordinatorEpoch))
            {
                Ended(_states.Ended(walker.Header, isCommit, coordinatorEpoch, nowMs));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(batch);
        }
    }

    private void Ended(EndedTransaction? ended)
    {
        if (ended is { IsCommit: false } aborted)
        {
            _replayed.Add(new AbortedTransaction(
                aborted.ProducerId,
                aborted.FirstOffset,
                aborted.MarkerOffset,
                Math.Min(_states.FirstOpenOffset, aborted.MarkerOffset + 1)));
        }
    }

    /// <summary>In the order of their markers: what seals say of their segments, what the replay found in the others.</summary>
    private AbortedTransactions Assemble()
    {
        var all = new AbortedTransactions();
        for (int i = 0; i < segments.Count; i++)
        {
            LogSegment segment = segments[i];
            IEnumerable<AbortedTransaction> own = seals[i]?.Aborted ?? _replayed.Where(aborted =>
                aborted.LastOffset >= segment.BaseOffset && aborted.LastOffset < segment.EndOffset);
            foreach (AbortedTransaction aborted in own)
            {
                all.Add(aborted);
            }
        }

        return all;
    }
}
