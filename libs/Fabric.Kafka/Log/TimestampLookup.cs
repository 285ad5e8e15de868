using System.Buffers;

namespace Fabric.Kafka.Log;

/// <summary>An offset and the timestamp of its record.</summary>
internal readonly record struct TimestampedOffset(long Offset, long TimestampMs);

/// <summary>
/// Answers ListOffsets by time. The time index leads to the first batch that can hold the answer; inside a batch that can be
/// read, the record itself is found. For batches compressed with snappy, lz4 or zstd the answer is the batch's first record:
/// never later than the true one, so nobody misses a record.
/// </summary>
/// <param name="startOffset">First offset that counts.</param>
/// <param name="endOffset">First offset that does not count any more; a batch boundary.</param>
internal sealed class TimestampLookup(SegmentList segments, long startOffset, long endOffset)
{
    private readonly ArrayBufferWriter<byte> _unpacked = new();

    /// <summary>The first record with a timestamp at or after the given one; null when there is none.</summary>
    /// <exception cref="IOException">A segment cannot be read.</exception>
    public TimestampedOffset? FirstFrom(long timestampMs) => Find(timestampMs, isMaximum: false);

    /// <summary>The first record with the greatest timestamp; null when no record has one.</summary>
    /// <exception cref="IOException">A segment cannot be read.</exception>
    public TimestampedOffset? Maximum()
    {
        long maximum = RecordBatchHeader.NoTimestamp;
        for (int i = segments.FloorIndex(startOffset); i < segments.Count && segments[i].BaseOffset < endOffset; i++)
        {
            maximum = Math.Max(maximum, MaximumIn(segments[i]));
        }

        return maximum == RecordBatchHeader.NoTimestamp ? null : Find(maximum, isMaximum: true);
    }

    private TimestampedOffset? Find(long timestampMs, bool isMaximum)
    {
        for (int i = segments.FloorIndex(startOffset); i < segments.Count && segments[i].BaseOffset < endOffset; i++)
        {
            LogSegment segment = segments[i];
            if (segment.MaxTimestampMs >= timestampMs && FindIn(segment, timestampMs, isMaximum) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private long MaximumIn(LogSegment segment)
    {
        bool isWhole = segment.BaseOffset >= startOffset && segment.EndOffset <= endOffset;
        if (isWhole)
        {
            return segment.MaxTimestampMs;
        }

        IndexEntry from = segment.BaseOffset >= startOffset
            ? segment.Index.FloorByOffset(endOffset - segment.BaseOffset)
            : default;
        long maximum = from.Position == 0 ? RecordBatchHeader.NoTimestamp : from.MaxTimestampBeforeMs;
        using var walker = new BatchWalker(segment.File.File, from.Position, segment.SizeBytes);
        while (walker.MoveNext() && walker.Header.BaseOffset < endOffset)
        {
            if (walker.Header.LastOffset >= startOffset)
            {
                maximum = Math.Max(maximum, walker.Header.MaxTimestamp);
            }
        }

        segment.ThrowIfDamaged(walker);
        return maximum;
    }

    private TimestampedOffset? FindIn(LogSegment segment, long timestampMs, bool isMaximum)
    {
        IndexEntry from = segment.Index.FloorByTime(timestampMs);
        using var walker = new BatchWalker(segment.File.File, from.Position, segment.SizeBytes);
        while (walker.MoveNext() && walker.Header.BaseOffset < endOffset)
        {
            if (walker.Header.MaxTimestamp >= timestampMs
                && walker.Header.LastOffset >= startOffset
                && FindIn(segment, walker, timestampMs, isMaximum) is { } found)
            {
                return found;
            }
        }

        segment.ThrowIfDamaged(walker);
        return null;
    }

    private TimestampedOffset? FindIn(LogSegment segment, in BatchWalker walker, long timestampMs, bool isMaximum)
    {
        RecordBatchHeader header = walker.Header;
        long first = Math.Max(header.BaseOffset, startOffset);
        if (header.TimestampType == TimestampType.LogAppendTime)
        {
            return new TimestampedOffset(first, header.MaxTimestamp);
        }

        if (BatchPayload.IsReadable(header.Codec))
        {
            return FindRecord(segment, walker, timestampMs);
        }

        return isMaximum
            ? new TimestampedOffset(header.LastOffset, header.MaxTimestamp)
            : new TimestampedOffset(first, header.BaseTimestamp);
    }

    private TimestampedOffset? FindRecord(LogSegment segment, in BatchWalker walker, long timestampMs)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(walker.TotalBytes);
        try
        {
            Span<byte> batch = buffer.AsSpan(0, walker.TotalBytes);
            if (segment.File.File.Read(walker.Position, batch) < batch.Length)
            {
                throw new IOException($"'{segment.LogPath}' ends before byte {walker.NextPosition}, which was there before");
            }

            var header = new RecordBatchHeader(batch);
            if (!BatchPayload.TryOpen(batch, _unpacked, out ReadOnlySpan<byte> payload))
            {
                return new TimestampedOffset(Math.Max(header.BaseOffset, startOffset), header.BaseTimestamp);
            }

            RecordEnumerator records = RecordBatchRecords.Enumerate(header, payload);
            while (records.MoveNext())
            {
                if (records.Current.TimestampMs >= timestampMs && records.Current.Offset >= startOffset)
                {
                    return new TimestampedOffset(records.Current.Offset, records.Current.TimestampMs);
                }
            }

            return null; // its header promised more than its records hold
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
