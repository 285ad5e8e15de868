using Fabric.Kafka.Broker;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// DeleteRecords (21), versions 0 to 2: raises the start of logs. -1 means everything up to the high watermark.
/// <code>
/// request:  [] { topic | [] { partition int32 | offset int64 } } | timeoutMs int32
/// response: throttleTimeMs int32 | [] { topic | [] { partition int32 | lowWatermark int64 | error int16 } }
/// </code>
/// v2: flexible. A topic that is only compacted answers POLICY_VIOLATION, as Kafka does.
/// </summary>
internal sealed class DeleteRecordsApi(BrokerCore core) : IApiHandler
{
    private const long UpToHighWatermark = -1;

    private readonly record struct Wanted(int Partition, long Offset);

    public short Key => 21;

    public string Name => "DeleteRecords";

    public short MinVersion => 0;

    public short MaxVersion => 2;

    public short FirstFlexibleVersion => 2;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        List<(string Topic, List<Wanted> Partitions)> topics = ReadTopics(ref body);
        body.ReadInt32(); // timeout: the answer never waits for another node
        body.SkipTags();

        KafkaWriter response = context.Response;
        response.WriteInt32(0);
        response.WriteArrayLength(topics.Count);
        foreach ((string topic, List<Wanted> partitions) in topics)
        {
            response.WriteString(topic);
            response.WriteArrayLength(partitions.Count);
            foreach (Wanted wanted in partitions)
            {
                ErrorCode error = Delete(topic, wanted, out long lowWatermark);
                response.WriteInt32(wanted.Partition);
                response.WriteInt64(lowWatermark);
                response.WriteError(error);
                response.WriteEmptyTags();
            }

            response.WriteEmptyTags();
        }

        response.WriteEmptyTags();
        context.Send();
    }

    private static List<(string Topic, List<Wanted> Partitions)> ReadTopics(ref KafkaReader body)
    {
        var topics = new List<(string, List<Wanted>)>();
        int count = body.ReadArrayLengthOrEmpty(2);
        for (int i = 0; i < count; i++)
        {
            string topic = body.ReadString();
            var partitions = new List<Wanted>();
            int partitionCount = body.ReadArrayLengthOrEmpty(12);
            for (int j = 0; j < partitionCount; j++)
            {
                int partition = body.ReadInt32();
                partitions.Add(new Wanted(partition, body.ReadInt64()));
                body.SkipTags();
            }

            body.SkipTags();
            topics.Add((topic, partitions));
        }

        return topics;
    }

    private ErrorCode Delete(string name, Wanted wanted, out long lowWatermark)
    {
        lowWatermark = -1;
        LogState? state = core.Topics.TryGet(name, out Topic? topic) ? topic.Find(wanted.Partition) : null;
        if (state is null)
        {
            return ErrorCode.UnknownTopicOrPartition;
        }

        PartitionLog log = state.Log;
        if ((log.Config.CleanupPolicy & CleanupPolicy.Delete) == 0)
        {
            return ErrorCode.PolicyViolation;
        }

        long offset = wanted.Offset == UpToHighWatermark ? log.DurableOffset : wanted.Offset;
        if (offset < 0 || offset > log.DurableOffset)
        {
            return ErrorCode.OffsetOutOfRange;
        }

        ErrorCode error = core.DeleteRecords(state, offset);
        lowWatermark = error == ErrorCode.None ? log.StartOffset : -1;
        return error;
    }
}
