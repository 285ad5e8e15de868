using Fabric.Kafka.Broker;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// ListOffsets (2), versions 0 to 7: the offset of a time. -1 latest (the high watermark, or the last stable offset with
/// read_committed), -2 earliest, -3 the record with the greatest timestamp (v7), else the first record at or after that time.
/// <code>
/// request:  replicaId int32 | [v2+ isolation int8] | [] { topic string | [] { partition int32 | [v4+ leaderEpoch int32]
///           | timestamp int64 | [v0 maxOffsets int32] } }
/// response: [v2+ throttleTimeMs int32] | [] { topic string | [] { partition int32 | error int16 | [v0 [] int64]
///           | [v1+ timestamp int64 | offset int64] | [v4+ leaderEpoch int32] } }
/// </code>
/// v6: flexible. No record found: offset -1 and timestamp -1.
/// </summary>
internal sealed class ListOffsetsApi(BrokerCore core) : IApiHandler
{
    private const long Latest = -1;
    private const long Earliest = -2;
    private const long MaxTimestamp = -3;
    private const short FirstVersionWithMaxTimestamp = 7;

    public short Key => 2;

    public string Name => "ListOffsets";

    public short MinVersion => 0;

    public short MaxVersion => 7;

    public short FirstFlexibleVersion => 6;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        short version = context.ApiVersion;
        body.ReadInt32(); // replica id: there are no followers
        bool isReadCommitted = version >= 2 && body.ReadInt8() == 1;
        KafkaWriter response = context.Response;
        if (version >= 2)
        {
            response.WriteInt32(0);
        }

        int topics = body.ReadArrayLengthOrEmpty(3);
        response.WriteArrayLength(topics);
        for (int i = 0; i < topics; i++)
        {
            string name = body.ReadString();
            response.WriteString(name);
            int partitions = body.ReadArrayLengthOrEmpty(12);
            response.WriteArrayLength(partitions);
            for (int j = 0; j < partitions; j++)
            {
                AnswerPartition(version, isReadCommitted, name, ref body, response);
            }

            body.SkipTags();
            response.WriteEmptyTags();
        }

        body.SkipTags();
        response.WriteEmptyTags();
        context.Send();
    }

    private void AnswerPartition(
        short version, bool isReadCommitted, string name, ref KafkaReader body, KafkaWriter response)
    {
        int index = body.ReadInt32();
        int epoch = version >= 4 ? body.ReadInt32() : -1;
        long timestamp = body.ReadInt64();
        int offsetsMax = version == 0 ? body.ReadInt32() : 1;
        body.SkipTags();
        LogState? state = core.Topics.TryGet(name, out Topic? topic) ? topic.Find(index) : null;
        ErrorCode error = state is null ? ErrorCode.UnknownTopicOrPartition : LeaderEpochs.Check(epoch);
        (long Offset, long TimestampMs) found = (-1, -1);
        if (error == ErrorCode.None)
        {
            error = Find(version, state!.Log, timestamp, isReadCommitted, out found);
        }

        response.WriteInt32(index);
        response.WriteError(error);
        if (version == 0)
        {
            WriteOldStyle(response, error, timestamp, found.Offset, offsetsMax, state);
        }
        else
        {
            response.WriteInt64(found.TimestampMs);
            response.WriteInt64(found.Offset);
        }

        if (version >= 4)
        {
            response.WriteInt32(found.Offset >= 0 ? FetchApi.LeaderEpoch : -1);
        }

        response.WriteEmptyTags();
    }

    private static ErrorCode Find(
        short version, PartitionLog log, long timestamp, bool isReadCommitted, out (long Offset, long TimestampMs) found)
    {
        found = (-1, -1);
        switch (timestamp)
        {
            case Latest:
                found = (isReadCommitted ? log.LastStableOffset : log.DurableOffset, -1);
                return ErrorCode.None;
            case Earliest:
                found = (log.StartOffset, -1);
                return ErrorCode.None;
            case MaxTimestamp when version >= FirstVersionWithMaxTimestamp:
                found = Found(log.OffsetOfMaxTimestamp(isReadCommitted));
                return ErrorCode.None;
            case < 0:
                return ErrorCode.UnsupportedVersion;
            default:
                found = Found(log.OffsetForTimestamp(timestamp, isReadCommitted));
                return ErrorCode.None;
        }
    }

    private static (long, long) Found(TimestampedOffset? found) =>
        found is { } record ? (record.Offset, record.TimestampMs) : (-1, -1);

    // Version 0 asks for offsets before a time, greatest first: segments are not told apart here, so at most two are known.
    private static void WriteOldStyle(
        KafkaWriter response, ErrorCode error, long timestamp, long offset, int offsetsMax, LogState? state)
    {
        long start = state?.Log.StartOffset ?? 0;
        bool hasSecond = timestamp == Latest && offset != start && offsetsMax > 1;
        int count = error != ErrorCode.None || offset < 0 || offsetsMax < 1 ? 0 : hasSecond ? 2 : 1;
        response.WriteArrayLength(count);
        if (count > 0)
        {
            response.WriteInt64(offset);
        }

        if (count > 1)
        {
            response.WriteInt64(start);
        }
    }
}
