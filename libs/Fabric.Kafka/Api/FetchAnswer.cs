using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// Writes the answer of a fetch.
/// <code>
/// [v1+ throttleTimeMs int32] | [v7+ error int16 | sessionId int32 = 0]
/// | [] { topic string, v13+ topicId uuid | [] { partition int32 | error int16 | highWatermark int64
///        | [v4+ lastStableOffset int64] | [v5+ logStartOffset int64]
///        | [v4+ aborted [] { producerId int64 | firstOffset int64 }] | [v11+ preferredReadReplica int32] | records bytes } }
/// </code>
/// Records are never null (librdkafka) and the aborted list neither (KAFKA-5269).
/// </summary>
internal static class FetchAnswer
{
    /// <summary>Moves the slices found into the response.</summary>
    public static void Write(
        KafkaWriter response, short version, FetchRequest request, FetchedPartition[] found, out long bytes)
    {
        bytes = 0;
        if (version >= 1)
        {
            response.WriteInt32(0);
        }

        if (version >= 7)
        {
            response.WriteError(ErrorCode.None);
            response.WriteInt32(0);
        }

        ReadOnlySpan<FetchPartition> partitions = request.Partitions;
        response.WriteArrayLength(CountTopics(partitions));
        for (int from = 0; from < partitions.Length;)
        {
            int to = EndOfTopic(partitions, from);
            WriteTopic(response, version, partitions[from]);
            response.WriteArrayLength(to - from);
            for (; from < to; from++)
            {
                bytes += found[from].Slice?.Length ?? 0;
                WritePartition(response, version, partitions[from].Index, ref found[from]);
            }

            response.WriteEmptyTags();
        }

        response.WriteEmptyTags();
    }

    private static void WriteTopic(KafkaWriter response, short version, in FetchPartition partition)
    {
        if (version < 13)
        {
            response.WriteString(partition.Topic);
        }
        else
        {
            response.WriteUuid(partition.TopicId);
        }
    }

    private static void WritePartition(KafkaWriter response, short version, int index, ref FetchedPartition found)
    {
        response.WriteInt32(index);
        response.WriteError(found.Error);
        response.WriteInt64(found.HighWatermark);
        if (version >= 4)
        {
            response.WriteInt64(found.LastStableOffset);
        }

        if (version >= 5)
        {
            response.WriteInt64(found.LogStartOffset);
        }

        if (version >= 4)
        {
            WriteAborted(response, found.Slice?.AbortedTransactions ?? []);
        }

        if (version >= 11)
        {
            response.WriteInt32(-1);
        }

        WriteRecords(response, ref found);
        response.WriteEmptyTags();
    }

    private static void WriteAborted(KafkaWriter response, IReadOnlyList<AbortedTransaction> aborted)
    {
        response.WriteArrayLength(aborted.Count);
        for (int i = 0; i < aborted.Count; i++)
        {
            response.WriteInt64(aborted[i].ProducerId);
            response.WriteInt64(aborted[i].FirstOffset);
            response.WriteEmptyTags();
        }
    }

    private static void WriteRecords(KafkaWriter response, ref FetchedPartition found)
    {
        FetchSlice? slice = found.Slice;
        found.Slice = null;
        response.WriteBytesLength(slice?.Length ?? 0);
        if (slice is { Length: > 0 })
        {
            response.WriteSlice(slice);
        }
        else
        {
            slice?.Dispose();
        }
    }

    private static int CountTopics(ReadOnlySpan<FetchPartition> partitions)
    {
        int topics = 0;
        for (int from = 0; from < partitions.Length; from = EndOfTopic(partitions, from))
        {
            topics++;
        }

        return topics;
    }

    private static int EndOfTopic(ReadOnlySpan<FetchPartition> partitions, int from)
    {
        int to = from + 1;
        while (to < partitions.Length && ReferenceEquals(partitions[to].Topic, partitions[from].Topic)
            && partitions[to].TopicId == partitions[from].TopicId)
        {
            to++;
        }

        return to;
    }
}
