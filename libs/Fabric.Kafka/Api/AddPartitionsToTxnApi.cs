using Fabric.Core;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;
using Fabric.Kafka.Transactions;

namespace Fabric.Kafka.Api;

/// <summary>
/// AddPartitionsToTxn (24), versions 0 to 3.
/// <para>All or none: where one partition is unknown, the others are answered OPERATION_NOT_ATTEMPTED. Answered when durable.</para>
/// <list type="bullet">
/// <item>v2: PRODUCER_FENCED; before, INVALID_PRODUCER_EPOCH. v3: flexible.</item>
/// </list>
/// </summary>
internal sealed class AddPartitionsToTxnApi(IBrokerContext broker, TransactionCoordinator transactions) : IApiHandler
{
    private const short FencedSince = 2;
    private const int TopicBytesMin = 2;

    public short Key => 24;

    public string Name => "AddPartitionsToTxn";

    public short MinVersion => 0;

    public short MaxVersion => 3;

    public short FirstFlexibleVersion => 3;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        string transactionalId = body.ReadString();
        long producerId = body.ReadInt64();
        short epoch = body.ReadInt16();
        List<TopicPartition[]> topics = ReadTopics(ref body);
        body.SkipTags();

        TopicPartition[] partitions = [.. topics.SelectMany(static topic => topic)];
        if (Array.Exists(partitions, partition => !IsKnown(partition)))
        {
            Write(context, topics, partition => IsKnown(partition) ? ErrorCode.OperationNotAttempted : ErrorCode.UnknownTopicOrPartition);
            return;
        }

        transactions.AddPartitions(transactionalId, producerId, epoch, partitions, error =>
        {
            ErrorCode outcome = error.ForClient().FencedSince(context.ApiVersion, FencedSince);
            Write(context, topics, _ => outcome);
        });
    }

    private static List<TopicPartition[]> ReadTopics(ref KafkaReader body)
    {
        List<TopicPartition[]> topics = [];
        for (int left = body.ReadArrayLengthOrEmpty(TopicBytesMin); left > 0; left--)
        {
            string topic = body.ReadString();
            var partitions = new TopicPartition[body.ReadArrayLengthOrEmpty(sizeof(int))];
            for (int i = 0; i < partitions.Length; i++)
            {
                partitions[i] = new TopicPartition(topic, body.ReadInt32());
            }

            body.SkipTags();
            if (partitions.Length > 0)
            {
                topics.Add(partitions);
            }
        }

        return topics;
    }

    private bool IsKnown(TopicPartition partition) => broker.TryGetLog(partition.Topic, partition.Partition, out _);

    private static void Write(RequestContext context, List<TopicPartition[]> topics, Func<TopicPartition, ErrorCode> outcome)
    {
        KafkaWriter response = context.Response;
        response.WriteInt32(0);
        response.WriteArrayLength(topics.Count);
        foreach (TopicPartition[] topic in topics)
        {
            response.WriteString(topic[0].Topic);
            response.WriteArrayLength(topic.Length);
            foreach (TopicPartition partition in topic)
            {
                response.WriteInt32(partition.Partition);
                response.WriteError(outcome(partition));
                response.WriteEmptyTags();
            }

            response.WriteEmptyTags();
        }

        response.WriteEmptyTags();
        context.Send();
    }
}
