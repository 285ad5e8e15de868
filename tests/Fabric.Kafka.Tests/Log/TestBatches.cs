using System.Text;
using Fabric.Kafka.Log;

namespace Fabric.Kafka.Tests.Log;

/// <summary>Batches as producers send them, and what is in a slice.</summary>
internal static class TestBatches
{
    public const long Start = 1_767_225_600_000; // 2026-01-01

    public static byte[] Plain(int records = 1, int valueBytes = 10, long timestampMs = Start, string key = "k") =>
        Fill(new RecordBatchBuilder(), records, valueBytes, timestampMs, key).ToArray();

    public static byte[] Gzip(int records = 1, int valueBytes = 10, long timestampMs = Start, string key = "k") =>
        Fill(new RecordBatchBuilder { Codec = CompressionCodec.Gzip }, records, valueBytes, timestampMs, key).ToArray();

    public static byte[] Idempotent(
        long producerId, short epoch, int sequence, int records = 1, bool isTransactional = false,
        int valueBytes = 10, long timestampMs = Start, string key = "k")
    {
        var builder = new RecordBatchBuilder
        {
            ProducerId = producerId, ProducerEpoch = epoch, BaseSequence = sequence,
            Flags = isTransactional ? RecordBatchHeader.TransactionalBit : (short)0,
        };
        return Fill(builder, records, valueBytes, timestampMs, key).ToArray();
    }

    /// <summary>A batch whose codec bits say something and whose payload nobody here can read.</summary>
    public static byte[] Opaque(CompressionCodec codec, int records = 3, long timestampMs = Start)
    {
        byte[] batch = Plain(records, 20, timestampMs);
        batch[22] |= (byte)codec;
        batch.AsSpan(RecordBatchHeader.SizeBytes).Reverse();
        RecordBatchHeader.WriteCrc(batch);
        return batch;
    }

    /// <summary>The batches of a slice, one after another.</summary>
    public static List<byte[]> Split(byte[] bytes)
    {
        var batches = new List<byte[]>();
        for (int at = 0; at < bytes.Length;)
        {
            int length = (int)new RecordBatchHeader(bytes.AsSpan(at)).TotalBytes;
            batches.Add(bytes.AsSpan(at, length).ToArray());
            at += length;
        }

        return batches;
    }

    /// <summary>Everything below the bound, in reads of up to <paramref name="maxBytes"/>.</summary>
    public static List<byte[]> ReadAll(PartitionLog log, int maxBytes = 1 << 20, bool committedOnly = false)
    {
        var all = new List<byte[]>();
        for (long offset = log.StartOffset; ;)
        {
            using FetchSlice slice = log.Read(offset, maxBytes, atLeastOne: true, committedOnly);
            Assert.Equal(Fabric.Kafka.Protocol.ErrorCode.None, slice.Error);
            if (slice.Length == 0)
            {
                return all;
            }

            all.AddRange(Split(slice.ToArray()));
            Assert.True(slice.EndOffset > offset);
            offset = slice.EndOffset;
        }
    }

    /// <summary>What a client reading committed records keeps: offsets, after it dropped what the aborted lists name.</summary>
    public static List<long> ReadCommittedOffsets(PartitionLog log, int maxBytes = 1 << 20)
    {
        var offsets = new List<long>();
        for (long offset = log.StartOffset; ;)
        {
            using FetchSlice slice = log.Read(offset, maxBytes, atLeastOne: true, committedOnly: true);
            if (slice.Length == 0)
            {
                return offsets;
            }

            Assert.True(slice.EndOffset > offset);
            AddCommitted(slice, offset, offsets);
            offset = slice.EndOffset;
        }
    }

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private static void AddCommitted(FetchSlice slice, long fromOffset, List<long> offsets)
    {
        var pending = slice.AbortedTransactions.OrderBy(aborted => aborted.FirstOffset).ToList();
        var dropping = new HashSet<long>();
        foreach (byte[] batch in Split(slice.ToArray()))
        {
            var header = new RecordBatchHeader(batch);
            long baseOffset = header.BaseOffset;
            foreach (AbortedTransaction begun in pending.Where(aborted => aborted.FirstOffset <= baseOffset).ToList())
            {
                dropping.Add(begun.ProducerId);
                pending.Remove(begun);
            }

            if (header.IsControl)
            {
                Assert.True(ControlRecord.TryRead(batch, out bool isCommit, out _));
                if (!isCommit)
                {
                    dropping.Remove(header.ProducerId);
                }
            }
            else if (!header.IsTransactional || !dropping.Contains(header.ProducerId))
            {
                for (long offset = header.BaseOffset; offset <= header.LastOffset; offset++)
                {
                    if (offset >= fromOffset)
                    {
                        offsets.Add(offset);
                    }
                }
            }
        }
    }

    private static RecordBatchBuilder Fill(
        RecordBatchBuilder builder, int records, int valueBytes, long timestampMs, string key)
    {
        for (int i = 0; i < records; i++)
        {
            byte[] value = new byte[valueBytes];
            value.AsSpan().Fill((byte)i);
            builder.Add(Encoding.UTF8.GetBytes(key), value, timestampMs + i);
        }

        return builder;
    }
}
