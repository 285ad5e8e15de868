using Fabric.Core;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// OffsetFetch (9), versions 0 to 8.
/// <para>
/// Durable offsets only; -1 where there is none, without an error. With requireStable, an offset that an open transaction would
/// change is answered UNSTABLE_OFFSET_COMMIT.
/// </para>
/// <list type="bullet">
/// <item>v2: null topics mean all; an error for the whole. v3: throttle time. v5: leader epoch. v6: flexible. v7: requireStable.
/// v8: several groups at once.</item>
/// </list>
/// </summary>
internal sealed class OffsetFetchApi(GroupCoordinator groups) : IApiHandler
{
    private const short FirstBatchVersion = 8;
    private const int TopicBytesMin = 2;
    private const int GroupBytesMin = 2;

    public short Key => 9;

    public string Name => "OffsetFetch";

    public short MinVersion => 0;

    public short MaxVersion => 8;

    public short FirstFlexibleVersion => 6;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        short version = context.ApiVersion;
        List<AskedGroup> asked = [];
        int count = version >= FirstBatchVersion ? body.ReadArrayLengthOrEmpty(GroupBytesMin) : 1;
        for (; count > 0; count--)
        {
            asked.Add(new AskedGroup(body.ReadString(), ReadTopics(ref body)));
            if (version >= FirstBatchVersion)
            {
                body.SkipTags();
            }
        }

        bool requireStable = version >= 7 && body.ReadBoolean();
        body.SkipTags();
        Write(context, asked, requireStable);
    }

    private static List<AskedTopic>? ReadTopics(ref KafkaReader body)
    {
        int count = body.ReadArrayLength(TopicBytesMin);
        if (count < 0)
        {
            return null;
        }

        List<AskedTopic> topics = [];
        for (; count > 0; count--)
        {
            string topic = body.ReadString();
            var partitions = new int[body.ReadArrayLengthOrEmpty(sizeof(int))];
            for (int i = 0; i < partitions.Length; i++)
            {
                partitions[i] = body.ReadInt32();
            }

            body.SkipTags();
            topics.Add(new AskedTopic(topic, partitions));
        }

        return topics;
    }

    private void Write(RequestContext context, List<AskedGroup> asked, bool requireStable)
    {
        short version = context.ApiVersion;
        KafkaWriter response = context.Response;
        if (version >= 3)
        {
            response.WriteInt32(0);
        }

        if (version >= FirstBatchVersion)
        {
            response.WriteArrayLength(asked.Count);
            foreach (AskedGroup group in asked)
            {
                response.WriteString(group.GroupId);
                WriteTopics(context, group, requireStable);
                response.WriteError(ErrorCode.None);
                response.WriteEmptyTags();
            }
        }
        else
        {
            WriteTopics(context, asked[0], requireStable);
            if (version >= 2)
            {
                response.WriteError(ErrorCode.None);
            }
        }

        response.WriteEmptyTags();
        context.Send();
    }

    private void WriteTopics(RequestContext context, AskedGroup group, bool requireStable)
    {
        KafkaWriter response = context.Response;
        List<AskedTopic> topics = group.Topics ?? AllOf(group.GroupId);
        response.WriteArrayLength(topics.Count);
        foreach (AskedTopic topic in topics)
        {
            response.WriteString(topic.Name);
            response.WriteArrayLength(topic.Partitions.Length);
            foreach (int partition in topic.Partitions)
            {
                WriteOffset(context, group.GroupId, new TopicPartition(topic.Name, partition), requireStable);
            }

            response.WriteEmptyTags();
        }
    }

    private List<AskedTopic> AllOf(string groupId) =>
        [.. groups.Offsets.OfGroup(groupId).GroupBy(offset => offset.Key.Topic)
            .Select(topic => new AskedTopic(topic.Key, [.. topic.Select(offset => offset.Key.Partition)]))];

    private void WriteOffset(RequestContext context, string groupId, TopicPartition partition, bool requireStable)
    {
        KafkaWriter response = context.Response;
        bool isUnstable = requireStable && groups.Offsets.IsUnstable(groupId, partition);
        CommittedOffset? offset = isUnstable ? null : groups.Offsets.Find(groupId, partition);
        response.WriteInt32(partition.Partition);
        response.WriteInt64(offset?.Offset ?? -1);
        if (context.ApiVersion >= 5)
        {
            response.WriteInt32(offset?.LeaderEpoch ?? -1);
        }

        response.WriteNullableString(offset?.Metadata ?? "");
        response.WriteError(isUnstable ? ErrorCode.UnstableOffsetCommit : ErrorCode.None);
        response.WriteEmptyTags();
    }

    private readonly record struct AskedTopic(string Name, int[] Partitions);

    private readonly record struct AskedGroup(string GroupId, List<AskedTopic>? Topics);
}
