using Fabric.Core;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// OffsetDelete (47), version 0.
/// <para>Deletes committed offsets of topics that nobody in the group reads; answered when that is durable.</para>
/// </summary>
internal sealed class OffsetDeleteApi(IBrokerContext broker, GroupCoordinator groups) : IApiHandler
{
    private const int TopicBytesMin = 6;
    private const int PartitionBytesMin = 4;

    public short Key => 47;

    public string Name => "OffsetDelete";

    public short MinVersion => 0;

    public short MaxVersion => 0;

    public short FirstFlexibleVersion => short.MaxValue;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        string groupId = body.ReadString();
        List<(string Topic, List<int> Partitions)> topics = [];
        for (int left = body.ReadArrayLengthOrEmpty(TopicBytesMin); left > 0; left--)
        {
            string topic = body.ReadString();
            List<int> partitions = [];
            for (int each = body.ReadArrayLengthOrEmpty(PartitionBytesMin); each > 0; each--)
            {
                partitions.Add(body.ReadInt32());
            }

            topics.Add((topic, partitions));
        }

        ErrorCode refusal = groups.CheckOffsetDelete(groupId, topic: null);
        if (refusal != ErrorCode.None)
        {
            Write(context, refusal, []);
            return;
        }

        List<(TopicPartition Partition, ErrorCode Error)> outcomes =
            [.. topics.SelectMany(topic => topic.Partitions, (topic, partition) => Judge(groupId, new(topic.Topic, partition)))];
        OffsetId[] ids = [.. outcomes.Where(outcome => outcome.Error == ErrorCode.None).Select(outcome => new OffsetId(groupId, outcome.Partition))];
        groups.Offsets.Delete(ids, error => Write(context, error.ForClient(), error == ErrorCode.None ? outcomes : []));
    }

    private (TopicPartition Partition, ErrorCode Error) Judge(string groupId, TopicPartition partition) =>
        (partition, broker.TryGetLog(partition.Topic, partition.Partition, out _)
            ? groups.CheckOffsetDelete(groupId, partition.Topic)
            : ErrorCode.UnknownTopicOrPartition);

    private static void Write(RequestContext context, ErrorCode error, List<(TopicPartition Partition, ErrorCode Error)> outcomes)
    {
        KafkaWriter response = context.Response;
        response.WriteError(error);
        response.WriteInt32(0);
        IGrouping<string, (TopicPartition Partition, ErrorCode Error)>[] topics = [.. outcomes.GroupBy(outcome => outcome.Partition.Topic)];
        response.WriteArrayLength(topics.Length);
        foreach (IGrouping<string, (TopicPartition Partition, ErrorCode Error)> topic in topics)
        {
            response.WriteString(topic.Key);
            response.WriteArrayLength(topic.Count());
            foreach ((TopicPartition partition, ErrorCode outcome) in topic)
            {
                response.WriteInt32(partition.Partition);
                response.WriteError(outcome);
            }
        }

        context.Send();
    }
}
