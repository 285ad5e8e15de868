using System.Buffers.Binary;

namespace Fabric.Kafka.Log;

/// <summary>
/// What is written beside a segment that takes no more appends, after its bytes are durable: its index, and the proof that the
/// segment need not be scanned on the next start. Body of a <see cref="CheckedFile"/>, little-endian:
/// <code>
/// baseOffset i64 | endOffset i64 | logBytes i64 | maxTimestamp i64 | abortedCount i32 | entryCount i32
/// aborted { producerId i64, firstOffset i64, lastOffset i64, lastStableOffset i64 }
/// entries { relativeOffset i32, position i32, maxTimestampBefore i64 }
/// </code>
/// </summary>
/// <param name="EndOffset">First offset after the segment: also covers what compaction took away at its end.</param>
/// <param name="LogBytes">Length of the segment's file; another length means that the seal is of another file.</param>
internal sealed record SegmentSeal(
    long BaseOffset, long EndOffset, long LogBytes, long MaxTimestampMs, AbortedTransaction[] Aborted, SegmentIndex Index)
{
    private const uint Magic = 0x58444946; // "FIDX"
    private const ushort Version = 1;
    private const int FixedBytes = 40;
    private const int AbortedBytes = 32;
    private const int EntryBytes = 16;

    public void Write(ILogFiles files, string path)
    {
        ReadOnlySpan<IndexEntry> entries = Index.Entries;
        byte[] body = new byte[FixedBytes + (Aborted.Length * AbortedBytes) + (entries.Length * EntryBytes)];
        Span<byte> rest = body;
        PutLong(ref rest, BaseOffset);
        PutLong(ref rest, EndOffset);
        PutLong(ref rest, LogBytes);
        PutLong(ref rest, MaxTimestampMs);
        PutInt(ref rest, Aborted.Length);
        PutInt(ref rest, entries.Length);
        foreach (AbortedTransaction aborted in Aborted)
        {
            PutLong(ref rest, aborted.ProducerId);
            PutLong(ref rest, aborted.FirstOffset);
            PutLong(ref rest, aborted.LastOffset);
            PutLong(ref rest, aborted.LastStableOffset);
        }

        foreach (IndexEntry entry in entries)
        {
            PutInt(ref rest, entry.RelativeOffset);
            PutInt(ref rest, entry.Position);
            PutLong(ref rest, entry.MaxTimestampBeforeMs);
        }

        CheckedFile.Write(files, path, Magic, Version, body);
    }

    /// <summary>The seal, or null when it is absent, damaged, or of another segment.</summary>
    public static SegmentSeal? TryRead(ILogFiles files, string path, long baseOffset)
    {
        byte[]? body = CheckedFile.TryRead(files, path, Magic, Version);
        if (body is null || body.Length < FixedBytes)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = body;
        long foundBase = TakeLong(ref rest), endOffset = TakeLong(ref rest);
        long logBytes = TakeLong(ref rest), maxTimestamp = TakeLong(ref rest);
        int abortedCount = TakeInt(ref rest), entryCount = TakeInt(ref rest);
        if (foundBase != baseOffset || endOffset < baseOffset || abortedCount < 0 || entryCount < 0
            || ((long)abortedCount * AbortedBytes) + ((long)entryCount * EntryBytes) != rest.Length)
        {
            return null;
        }

        var aborted = new AbortedTransaction[abortedCount];
        for (int i = 0; i < abortedCount; i++)
        {
            aborted[i] = new AbortedTransaction(
                TakeLong(ref rest), TakeLong(ref rest), TakeLong(ref rest), TakeLong(ref rest));
        }

        var entries = new IndexEntry[entryCount];
        for (int i = 0; i < entryCount; i++)
        {
            entries[i] = new IndexEntry(TakeInt(ref rest), TakeInt(ref rest), TakeLong(ref rest));
        }

        return new SegmentSeal(baseOffset, endOffset, logBytes, maxTimestamp, aborted, new SegmentIndex(entries));
    }

    private static void PutLong(ref Span<byte> rest, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(rest, value);
        rest = rest[sizeof(long)..];
    }

    private static void PutInt(ref Span<byte> rest, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(rest, value);
        rest = rest[sizeof(int)..];
    }

    private static long TakeLong(ref ReadOnlySpan<byte> rest)
    {
        long value = BinaryPrimitives.ReadInt64LittleEndian(rest);
        rest = rest[sizeof(long)..];
        return value;
    }

    private static int TakeInt(ref ReadOnlySpan<byte> rest)
    {
        int value = BinaryPrimitives.ReadInt32LittleEndian(rest);
        rest = rest[sizeof(int)..];
        return value;
    }
}
