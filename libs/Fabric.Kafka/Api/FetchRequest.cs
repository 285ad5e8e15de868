using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>One partition a client wants to read.</summary>
/// <param name="TopicId">From v13 on, where <paramref name="Topic"/> is empty.</param>
/// <param name="CurrentLeaderEpoch">-1 when the client does not know it.</param>
internal readonly record struct FetchPartition(
    string Topic, Guid TopicId, int Index, int CurrentLeaderEpoch, long Offset, int BytesMax);

/// <summary>
/// A fetch request.
/// <code>
/// replicaId int32 | maxWaitMs int32 | minBytes int32 | [v3+ maxBytes int32] | [v4+ isolationLevel int8]
/// | [v7+ sessionId int32 | sessionEpoch int32]
/// | [] { topic string, v13+ topicId uuid | [] { partition int32 | [v9+ currentLeaderEpoch int32] | fetchOffset int64
///        | [v12+ lastFetchedEpoch int32] | [v5+ logStartOffset int64] | partitionMaxBytes int32 } }
/// | [v7+ forgotten [] { topic string, v13+ topicId uuid | [] int32 }] | [v11+ rackId string]
/// </code>
/// </summary>
internal sealed class FetchRequest
{
    private const sbyte ReadCommitted = 1;
    private const int TopicBytesMin = 3;
    private const int PartitionBytesMin = 16;

    private FetchPartition[] _partitions = [];

    public int MaxWaitMs { get; private init; }

    public int MinBytes { get; private init; }

    public int MaxBytes { get; private init; }

    public bool IsReadCommitted { get; private init; }

    /// <summary>In the order of the request; partitions of one topic follow each other.</summary>
    public ReadOnlySpan<FetchPartition> Partitions => _partitions.AsSpan(0, Count);

    public int Count { get; private set; }

    /// <exception cref="ProtocolException">Malformed.</exception>
    public static FetchRequest Read(short version, ref KafkaReader body)
    {
        body.ReadInt32(); // replica id: there are no followers
        int maxWaitMs = body.ReadInt32();
        int minBytes = body.ReadInt32();
        var request = new FetchRequest
        {
            MaxWaitMs = maxWaitMs,
            MinBytes = minBytes,
            MaxBytes = version >= 3 ? body.ReadInt32() : int.MaxValue,
            IsReadCommitted = version >= 4 && body.ReadInt8() == ReadCommitted,
        };
        if (version >= 7)
        {
            body.ReadInt32(); // session id and epoch: every answer says session 0, "none"
            body.ReadInt32();
        }

        int topics = body.ReadArrayLengthOrEmpty(TopicBytesMin);
        for (int i = 0; i < topics; i++)
        {
            request.ReadTopic(version, ref body);
        }

        SkipForgotten(version, ref body);
        if (version >= 11)
        {
            body.ReadString();
        }

        body.SkipTags();
        return request;
    }

    private void ReadTopic(short version, ref KafkaReader body)
    {
        string topic = version < 13 ? body.ReadString() : "";
        Guid id = version >= 13 ? body.ReadUuid() : Guid.Empty;
        int partitions = body.ReadArrayLengthOrEmpty(PartitionBytesMin);
        if (_partitions.Length < Count + partitions)
        {
            Array.Resize(ref _partitions, Math.Max(Count + partitions, _partitions.Length * 2));
        }

        for (int i = 0; i < partitions; i++)
        {
            _partitions[Count++] = ReadPartition(version, topic, id, ref body);
        }

        body.SkipTags();
    }

    private static FetchPartition ReadPartition(short version, string topic, Guid id, ref KafkaReader body)
    {
        int index = body.ReadInt32();
        int epoch = version >= 9 ? body.ReadInt32() : -1;
        long offset = body.ReadInt64();
        if (version >= 12)
        {
            body.ReadInt32(); // last fetched epoch: there is one epoch, so logs cannot diverge
        }

        if (version >= 5)
        {
            body.ReadInt64(); // a follower's log start
        }

        int bytesMax = body.ReadInt32();
        body.SkipTags();
        return new FetchPartition(topic, id, index, epoch, offset, bytesMax);
    }

    private static void SkipForgotten(short version, ref KafkaReader body)
    {
        if (version < 7)
        {
            return;
        }

        int forgotten = body.ReadArrayLengthOrEmpty(TopicBytesMin);
        for (int i = 0; i < forgotten; i++)
        {
            if (version < 13)
            {
                body.ReadString();
            }
            else
            {
                body.ReadUuid();
            }

            body.Take(4 * body.ReadArrayLengthOrEmpty(4));
            body.SkipTags();
        }
    }
}
