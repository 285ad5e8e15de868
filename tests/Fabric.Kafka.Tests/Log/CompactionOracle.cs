using System.Buffers;
using Fabric.Kafka.Log;

namespace Fabric.Kafka.Tests.Log;

/// <summary>A record as a reader sees it.</summary>
internal sealed record SeenRecord(long Offset, string? Key, byte[]? Value, long TimestampMs);

/// <summary>What compaction may and may not take away, judged from what was appended.</summary>
internal static class CompactionOracle
{
    /// <summary>
    /// Every record that is left was appended so; the last decided record of every key is left, or it is a tombstone and nothing
    /// older is left either; readers of committed records see nothing that was aborted.
    /// </summary>
    public static void AssertSound(LogModel model, PartitionLog log)
    {
        Dictionary<long, SeenRecord> appended = model.Batches
            .Where(batch => !batch.IsControl).SelectMany(batch => Records(batch.Bytes)).ToDictionary(record => record.Offset);
        List<SeenRecord> left = TestBatches.ReadAll(log)
            .Where(batch => !new RecordBatchHeader(batch).IsControl).SelectMany(Records).ToList();
        foreach (SeenRecord record in left)
        {
            SeenRecord original = appended[record.Offset];
            Assert.Equal((original.Key, original.TimestampMs), (record.Key, record.TimestampMs));
            Assert.Equal(original.Value, record.Value);
        }

        HashSet<long> leftOffsets = left.Select(record => record.Offset).ToHashSet();
        Assert.Equal(left.Count, leftOffsets.Count);
        long stable = Math.Max(log.StartOffset, model.LastStableOffset(log.EndOffset));
        Assert.Equal(stable, log.LastStableOffset);
        AssertLastOfEachKey(model, log, stable, appended, leftOffsets);
        Assert.Subset(
            model.CommittedOffsets(log.StartOffset, stable).ToHashSet(),
            VisibleOffsets(log).ToHashSet());
    }

    /// <summary>After a compaction of everything below an offset: one record per key there, and no tombstone past its time.</summary>
    public static void AssertCompacted(LogModel model, PartitionLog log, long belowOffset)
    {
        List<SeenRecord> visible = Visible(log).Where(record => record.Offset < belowOffset && record.Key is not null).ToList();
        Assert.Equal(visible.Count, visible.Select(record => record.Key).Distinct().Count());
        HashSet<long> aborted = model.Batches
            .Where(batch => batch.IsTransactional && !batch.IsControl && batch.LastOffset < belowOffset)
            .SelectMany(batch => Records(batch.Bytes)).Select(record => record.Offset)
            .Except(model.CommittedOffsets(0, belowOffset)).ToHashSet();
        Assert.DoesNotContain(
            TestBatches.ReadAll(log).Where(batch => !new RecordBatchHeader(batch).IsControl).SelectMany(Records),
            record => aborted.Contains(record.Offset));
    }

    public static List<SeenRecord> Records(byte[] batch)
    {
        var header = new RecordBatchHeader(batch);
        var seen = new List<SeenRecord>();
        Assert.True(BatchPayload.TryOpen(batch, new ArrayBufferWriter<byte>(), out ReadOnlySpan<byte> payload));
        RecordEnumerator records = RecordBatchRecords.Enumerate(header, payload);
        while (records.MoveNext())
        {
            RecordView record = records.Current;
            seen.Add(new SeenRecord(
                record.Offset,
                record.HasKey ? TestBatches.Text(record.Key) : null,
                record.HasValue ? record.Value.ToArray() : null,
                record.TimestampMs));
        }

        Assert.False(records.IsMalformed);
        return seen;
    }

    /// <summary>What a reader of committed records keeps.</summary>
    public static List<SeenRecord> Visible(PartitionLog log)
    {
        HashSet<long> offsets = VisibleOffsets(log).ToHashSet();
        return TestBatches.ReadAll(log, committedOnly: true)
            .Where(batch => !new RecordBatchHeader(batch).IsControl)
            .SelectMany(Records).Where(record => offsets.Contains(record.Offset)).ToList();
    }

    private static IEnumerable<long> VisibleOffsets(PartitionLog log)
    {
        HashSet<long> present = TestBatches.ReadAll(log)
            .Where(batch => !new RecordBatchHeader(batch).IsControl)
            .SelectMany(Records).Select(record => record.Offset).ToHashSet();
        return TestBatches.ReadCommittedOffsets(log, maxBytes: 3000).Where(present.Contains);
    }

    private static void AssertLastOfEachKey(
        LogModel model, PartitionLog log, long stable, Dictionary<long, SeenRecord> appended, HashSet<long> left)
    {
        foreach (IGrouping<string?, SeenRecord> key in model.CommittedOffsets(log.StartOffset, stable)
            .Select(offset => appended[offset]).GroupBy(record => record.Key))
        {
            SeenRecord last = key.Last();
            if (key.Key is null)
            {
                Assert.All(key, record => Assert.Contains(record.Offset, left));
            }
            else if (!left.Contains(last.Offset))
            {
                Assert.Null(last.Value);
                Assert.All(key, record => Assert.DoesNotContain(record.Offset, left));
            }
        }
    }
}
