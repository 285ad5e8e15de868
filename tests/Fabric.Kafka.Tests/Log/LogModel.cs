using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Tests.Log;

/// <summary>What was appended to a log, as plainly as it can be kept: the oracle of the random tests.</summary>
internal sealed class LogModel
{
    public List<ModelBatch> Batches { get; } = [];

    public long EndOffset => Batches.Count == 0 ? 0 : Batches[^1].LastOffset + 1;

    /// <summary>Notes a batch that the log accepted; <paramref name="stored"/> has its offset in it.</summary>
    public void Appended(byte[] stored, long nowMs)
    {
        var header = new RecordBatchHeader(stored);
        bool isCommit = false;
        if (header.IsControl)
        {
            Assert.True(ControlRecord.TryRead(stored, out isCommit, out _));
        }

        Batches.Add(new ModelBatch(
            header.BaseOffset, header.LastOffset, header.ProducerId, header.IsTransactional, header.IsControl,
            isCommit, stored.ToArray(), nowMs));
    }

    /// <summary>Forgets what a crash or a cut took away.</summary>
    public void CutTo(long endOffset) => Batches.RemoveAll(batch => batch.BaseOffset >= endOffset);

    /// <summary>First offset of the earliest transaction that is open at <paramref name="endOffset"/>, or that offset.</summary>
    public long LastStableOffset(long endOffset)
    {
        var open = new Dictionary<long, long>();
        foreach (ModelBatch batch in Batches.TakeWhile(batch => batch.BaseOffset < endOffset))
        {
            if (batch.IsControl)
            {
                open.Remove(batch.ProducerId);
            }
            else if (batch.IsTransactional)
            {
                open.TryAdd(batch.ProducerId, batch.BaseOffset);
            }
        }

        return open.Values.Append(endOffset).Min();
    }

    /// <summary>Data batches that a reader of committed records sees below an offset that is stable.</summary>
    public List<ModelBatch> Committed(long fromOffset, long stableOffset)
    {
        var committed = new List<ModelBatch>();
        for (int i = 0; i < Batches.Count && Batches[i].LastOffset < stableOffset; i++)
        {
            ModelBatch batch = Batches[i];
            ModelBatch? marker = batch.IsTransactional
                ? Batches.Skip(i).FirstOrDefault(later => later.IsControl && later.ProducerId == batch.ProducerId)
                : null;
            if (!batch.IsControl && batch.LastOffset >= fromOffset && (!batch.IsTransactional || marker!.IsCommit))
            {
                committed.Add(batch);
            }
        }

        return committed;
    }

    public List<long> CommittedOffsets(long fromOffset, long stableOffset)
    {
        var offsets = new List<long>();
        foreach (ModelBatch batch in Committed(fromOffset, stableOffset))
        {
            for (long offset = Math.Max(fromOffset, batch.BaseOffset); offset <= batch.LastOffset; offset++)
            {
                offsets.Add(offset);
            }
        }

        return offsets;
    }

    /// <summary>Everything the log holds must be what was appended, without a hole, and its state what follows from it.</summary>
    public void AssertMatches(PartitionLog log)
    {
        List<byte[]> found = TestBatches.ReadAll(log, maxBytes: 4000);
        List<ModelBatch> expected = Batches
            .Where(batch => batch.LastOffset >= log.StartOffset && batch.BaseOffset < log.DurableOffset).ToList();
        int skipped = Batches.Count(batch => batch.LastOffset < log.StartOffset);
        Assert.Equal(expected.Select(batch => batch.BaseOffset), found.Select(batch => new RecordBatchHeader(batch).BaseOffset));
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.True(
                expected[i].Bytes.AsSpan().SequenceEqual(found[i]), $"batch {skipped + i} at {expected[i].BaseOffset} differs");
        }

        long stable = Math.Max(log.StartOffset, LastStableOffset(log.DurableOffset));
        if (log.EndOffset == log.DurableOffset)
        {
            Assert.Equal(stable, log.LastStableOffset);
        }

        Assert.True(log.LastStableOffset <= stable);
        Assert.Equal(
            CommittedOffsets(log.StartOffset, log.LastStableOffset), TestBatches.ReadCommittedOffsets(log, maxBytes: 3000));
    }

    /// <summary>The last batches of each producer are known as duplicates.</summary>
    public void AssertKnowsProducers(PartitionLog log, long nowMs)
    {
        foreach (IGrouping<long, ModelBatch> producer in Batches
            .Where(batch => batch.ProducerId >= 0 && !batch.IsControl && batch.BaseOffset < log.EndOffset)
            .GroupBy(batch => batch.ProducerId))
        {
            foreach (ModelBatch batch in producer.TakeLast(ProducerState.BatchesKept))
            {
                AppendResult again = log.Append(batch.Bytes.ToArray(), nowMs);
                Assert.Equal((ErrorCode.None, true, batch.BaseOffset), (again.Error, again.IsDuplicate, again.BaseOffset));
            }
        }
    }
}

internal sealed record ModelBatch(
    long BaseOffset, long LastOffset, long ProducerId, bool IsTransactional, bool IsControl, bool IsCommit, byte[] Bytes,
    long AppendedMs);
