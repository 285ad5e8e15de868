using Fabric.Core;
using Fabric.Kafka.Clients;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using RecordHeader = Fabric.Kafka.Clients.RecordHeader;

namespace Fabric.Simulation.Kafka;

/// <summary>What a fetch answered of one partition, and what a reader that waits for commits may see of it.</summary>
internal sealed record FetchedPartition(
    TopicPartition Partition, ErrorCode Error, long StableEnd, (long ProducerId, long FirstOffset)[] Aborted, byte[] Batches)
{
    public static List<FetchedPartition> ReadAll(ref KafkaReader body)
    {
        body.ReadInt32();
        body.ReadInt16();
        body.ReadInt32();
        var all = new List<FetchedPartition>();
        for (int topics = body.ReadArrayLength(1); topics > 0; topics--)
        {
            string topic = body.ReadString();
            for (int partitions = body.ReadArrayLength(1); partitions > 0; partitions--)
            {
                var partition = new TopicPartition(topic, body.ReadInt32());
                var error = (ErrorCode)body.ReadInt16();
                body.ReadInt64();
                long stable = body.ReadInt64();
                body.ReadInt64();
                var aborted = new (long, long)[body.ReadArrayLengthOrEmpty(16)];
                for (int i = 0; i < aborted.Length; i++)
                {
                    aborted[i] = (body.ReadInt64(), body.ReadInt64());
                }

                body.ReadInt32();
                byte[] batches = body.TryReadNullableBytes(out ReadOnlySpan<byte> bytes) ? bytes.ToArray() : [];
                all.Add(new FetchedPartition(partition, error, stable, aborted, batches));
            }
        }

        return all;
    }

    /// <summary>Where reading goes on after this.</summary>
    public long NextOffset(long from)
    {
        long next = from;
        for (int at = 0; at < Batches.Length;)
        {
            var header = new RecordBatchHeader(Batches.AsSpan(at));
            next = Math.Max(next, header.LastOffset + 1);
            at += (int)header.TotalBytes;
        }

        return next;
    }

    /// <summary>Records from an offset on, without markers and without those of aborted transactions.</summary>
    public List<ConsumedRecord> Visible(long from)
    {
        var records = new List<ConsumedRecord>();
        var aborting = new HashSet<long>();
        var begins = new Queue<(long ProducerId, long FirstOffset)>(Aborted.OrderBy(transaction => transaction.FirstOffset));
        for (int at = 0; at < Batches.Length;)
        {
            ReadOnlySpan<byte> batch = Batches.AsSpan(at);
            var header = new RecordBatchHeader(batch);
            batch = batch[..(int)header.TotalBytes];
            at += batch.Length;
            while (begins.TryPeek(out (long ProducerId, long FirstOffset) begin) && begin.FirstOffset <= header.LastOffset)
            {
                aborting.Add(begins.Dequeue().ProducerId);
            }

            if (header.IsControl)
            {
                if (ControlRecord.TryRead(batch, out bool isCommit, out _) && !isCommit)
                {
                    aborting.Remove(header.ProducerId);
                }
            }
            else if (!header.IsTransactional || !aborting.Contains(header.ProducerId))
            {
                Add(records, batch, from);
            }
        }

        return records;
    }

    private void Add(List<ConsumedRecord> records, ReadOnlySpan<byte> batch, long from)
    {
        foreach (RecordView record in RecordBatchRecords.Enumerate(batch))
        {
            if (record.Offset >= from)
            {
                records.Add(new ConsumedRecord(
                    Partition, record.Offset, record.TimestampMs, record.HasKey ? record.Key.ToArray() : null,
                    record.HasValue ? record.Value.ToArray() : null, HeadersOf(record)));
            }
        }
    }

    private static IReadOnlyList<RecordHeader> HeadersOf(RecordView record)
    {
        if (record.HeaderCount == 0)
        {
            return [];
        }

        var headers = new List<RecordHeader>();
        HeaderEnumerator each = record.Headers;
        while (each.MoveNext())
        {
            headers.Add(new RecordHeader(System.Text.Encoding.UTF8.GetString(each.Key), each.HasValue ? each.Value.ToArray() : null));
        }

        return headers;
    }
}
