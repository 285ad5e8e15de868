using System.Buffers;

namespace Fabric.Kafka.Log;

/// <summary>What compaction makes of a batch.</summary>
internal enum CleanedBatch
{
    Unchanged,
    Rewritten,
    Removed,
}

/// <summary>
/// Decides which records of a batch stay. Goes: a record whose key has a later one; a tombstone or an unneeded marker whose
/// delete horizon has passed; what was aborted. The horizon is set by the first compaction that meets the tombstone (KIP-534).
/// Batches that cannot be read stay as they are, and so do tombstones behind one: it may hold what they delete.
/// </summary>
internal sealed class BatchCleaner(KeyOffsets latest, CompactionTransactions transactions, long nowMs, long deleteRetentionMs)
{
    private const long Never = long.MaxValue;

    private readonly ArrayBufferWriter<byte> _unpacked = new();
    private bool _hasMetUnreadable;

    /// <summary>Markers that went, by offset.</summary>
    public HashSet<long> RemovedMarkers { get; } = [];

    /// <summary>The earliest time at which something that stays for now may go.</summary>
    public long NextHorizonMs { get; private set; } = Never;

    public long RemovedRecords { get; private set; }

    /// <summary>Up to there the keys are known. A tombstone beyond may have something older before it, and stays.</summary>
    public long KnownToOffset { get; set; }

    /// <param name="batch">A whole batch.</param>
    /// <param name="rewritten">What takes its place, when the answer says so.</param>
    public CleanedBatch Clean(ReadOnlySpan<byte> batch, out byte[] rewritten)
    {
        rewritten = [];
        var header = new RecordBatchHeader(batch);
        if (header.IsControl)
        {
            return CleanMarker(batch, header, out rewritten);
        }

        if (transactions.IsAborted(header))
        {
            RemovedRecords += header.RecordCount;
            return CleanedBatch.Removed;
        }

        if (!BatchPayload.TryOpen(batch, _unpacked, out ReadOnlySpan<byte> payload) || !IsWellFormed(header, payload))
        {
            _hasMetUnreadable = true;
            transactions.Kept(header);
            return CleanedBatch.Unchanged;
        }

        return CleanRecords(header, payload, out rewritten);
    }

    private static bool IsWellFormed(RecordBatchHeader header, ReadOnlySpan<byte> payload)
    {
        RecordEnumerator records = RecordBatchRecords.Enumerate(header, payload);
        while (records.MoveNext())
        {
        }

        return !records.IsMalformed;
    }

    private static RecordBatchBuilder BuilderLike(RecordBatchHeader header, long? horizonMs) => new()
    {
        ProducerId = header.ProducerId,
        ProducerEpoch = header.ProducerEpoch,
        BaseSequence = header.BaseSequence,
        Codec = header.Codec,
        Flags = (short)(header.Attributes & ~(RecordBatchHeader.CodecMask | RecordBatchHeader.DeleteHorizonBit)),
        DeleteHorizonMs = horizonMs,
    };

    private CleanedBatch CleanMarker(ReadOnlySpan<byte> batch, RecordBatchHeader header, out byte[] rewritten)
    {
        rewritten = [];
        if (!transactions.End(header))
        {
            return CleanedBatch.Unchanged;
        }

        if (header.DeleteHorizonMs <= nowMs)
        {
            RemovedMarkers.Add(header.BaseOffset);
            return CleanedBatch.Removed;
        }

        NoteHorizon(header.DeleteHorizonMs ?? nowMs + deleteRetentionMs);
        if (header.DeleteHorizonMs is not null)
        {
            return CleanedBatch.Unchanged;
        }

        RecordBatchBuilder builder = BuilderLike(header, nowMs + deleteRetentionMs);
        RecordEnumerator records = RecordBatchRecords.Enumerate(batch);
        while (records.MoveNext())
        {
            builder.AddAt((int)(records.Current.Offset - header.BaseOffset), records.Current);
        }

        rewritten = builder.ToArray(header.BaseOffset, header.LastOffsetDelta);
        return CleanedBatch.Rewritten;
    }

    private CleanedBatch CleanRecords(RecordBatchHeader header, ReadOnlySpan<byte> payload, out byte[] rewritten)
    {
        rewritten = [];
        int kept = 0;
        bool keepsTombstone = false;
        RecordEnumerator records = RecordBatchRecords.Enumerate(header, payload);
        while (records.MoveNext())
        {
            if (Stays(header, records.Current))
            {
                kept++;
                keepsTombstone |= records.Current.HasKey && !records.Current.HasValue;
            }
        }

        RemovedRecords += header.RecordCount - kept;
        if (kept == 0)
        {
            return CleanedBatch.Removed;
        }

        transactions.Kept(header);
        long? horizonMs = keepsTombstone ? header.DeleteHorizonMs ?? nowMs + deleteRetentionMs : null;
        NoteHorizon(horizonMs ?? Never);
        if (kept == header.RecordCount && horizonMs == header.DeleteHorizonMs)
        {
            return CleanedBatch.Unchanged;
        }

        RecordBatchBuilder builder = BuilderLike(header, horizonMs);
        records = RecordBatchRecords.Enumerate(header, payload);
        while (records.MoveNext())
        {
            if (Stays(header, records.Current))
            {
                builder.AddAt((int)(records.Current.Offset - header.BaseOffset), records.Current);
            }
        }

        rewritten = builder.ToArray(header.BaseOffset, header.LastOffsetDelta);
        return CleanedBatch.Rewritten;
    }

    private bool Stays(RecordBatchHeader header, in RecordView record)
    {
        if (!record.HasKey)
        {
            return true;
        }

        bool isSuperseded = latest.IsSuperseded(record.Key, record.Offset);
        bool isExpiredTombstone = !record.HasValue && header.DeleteHorizonMs <= nowMs
            && record.Offset < KnownToOffset && !_hasMetUnreadable;
        return !isSuperseded && !isExpiredTombstone;
    }

    /// <summary>A horizon that passed already is kept back by something unreadable: no reason to come again.</summary>
    private void NoteHorizon(long horizonMs)
    {
        if (horizonMs > nowMs)
        {
            NextHorizonMs = Math.Min(NextHorizonMs, horizonMs);
        }
    }
}
