using Fabric.Kafka.Broker;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// OffsetForLeaderEpoch (23), versions 0 to 4: where an epoch ends. There is one epoch, which ends where the log does.
/// <code>
/// request:  [v3+ replicaId int32] | [] { topic | [] { partition int32 | [v2+ currentLeaderEpoch int32] | leaderEpoch int32 } }
/// response: [v2+ throttleTimeMs int32] | [] { topic | [] { error int16 | partition int32 | [v1+ leaderEpoch int32] | endOffset int64 } }
/// </code>
/// v4: flexible. An epoch that never was: epoch -1, offset -1.
/// </summary>
internal sealed class OffsetForLeaderEpochApi(BrokerCore core) : IApiHandler
{
    public short Key => 23;

    public string Name => "OffsetForLeaderEpoch";

    public short MinVersion => 0;

    public short MaxVersion => 4;

    public short FirstFlexibleVersion => 4;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        short version = context.ApiVersion;
        if (version >= 3)
        {
            body.ReadInt32(); // replica id: there are no followers
        }

        KafkaWriter response = context.Response;
        if (version >= 2)
        {
            response.WriteInt32(0);
        }

        int topics = body.ReadArrayLengthOrEmpty(2);
        response.WriteArrayLength(topics);
        for (int i = 0; i < topics; i++)
        {
            string topic = body.ReadString();
            response.WriteString(topic);
            int partitions = body.ReadArrayLengthOrEmpty(8);
            response.WriteArrayLength(partitions);
            for (int j = 0; j < partitions; j++)
            {
                AnswerPartition(version, topic, ref body, response);
            }

            body.SkipTags();
            response.WriteEmptyTags();
        }

        body.SkipTags();
        response.WriteEmptyTags();
        context.Send();
    }

    private void AnswerPartition(short version, string name, ref KafkaReader body, KafkaWriter response)
    {
        int partition = body.ReadInt32();
        int known = version >= 2 ? body.ReadInt32() : -1;
        int asked = body.ReadInt32();
        body.SkipTags();
        LogState? state = core.Topics.TryGet(name, out Topic? topic) ? topic.Find(partition) : null;
        ErrorCode error = state is null ? ErrorCode.UnknownTopicOrPartition : LeaderEpochs.Check(known);
        bool isKnown = error == ErrorCode.None && asked == FetchApi.LeaderEpoch;
        response.WriteError(error);
        response.WriteInt32(partition);
        if (version >= 1)
        {
            response.WriteInt32(isKnown ? FetchApi.LeaderEpoch : -1);
        }

        response.WriteInt64(isKnown ? state!.Log.EndOffset : -1);
        response.WriteEmptyTags();
    }
}
