using Fabric.Kafka.Broker;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// Metadata (3), versions 0 to 12: the one node, and topics with their ids and partitions. All topics: null from v1 on, an
/// empty list in v0. Topics asked for by name are created when the setting and the client (v4) allow it.
/// <code>
/// request:  topics nullable [] { [v10+ topicId uuid] | name string, nullable v10+ } | [v4+ allowAutoCreation bool]
///           | [v8-10 clusterOperations bool] | [v8+ topicOperations bool]
/// response: [v3+ throttleTimeMs int32] | brokers [] { nodeId int32 | host | port int32 | [v1+ rack] } | [v2+ clusterId]
///           | [v1+ controllerId int32] | topics [] { error int16 | name, nullable v12+ | [v10+ topicId uuid] | [v1+ isInternal bool]
///             | partitions [] { error int16 | partition int32 | leader int32 | [v7+ leaderEpoch int32] | replicas [] int32
///               | isr [] int32 | [v5+ offline [] int32] } | [v8+ operations int32] } | [v8-10 clusterOperations int32]
/// </code>
/// v9: flexible. v12: topics by id. An unknown topic is never answered without an error: clients would take it for empty.
/// </summary>
internal sealed class MetadataApi(BrokerCore core, TopicAdministration administration) : IApiHandler
{
    private readonly record struct Wanted(string? Name, Guid Id);

    public short Key => 3;

    public string Name => "Metadata";

    public short MinVersion => 0;

    public short MaxVersion => 12;

    public short FirstFlexibleVersion => 9;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        short version = context.ApiVersion;
        List<Wanted>? wanted = ReadTopics(version, ref body);
        bool mayCreate = version < 4 || body.ReadBoolean();
        bool wantsClusterOperations = version is >= 8 and <= 10 && body.ReadBoolean();
        bool wantsTopicOperations = version >= 8 && body.ReadBoolean();
        body.SkipTags();

        KafkaWriter response = context.Response;
        WriteBrokers(response, version);
        if (wanted is null)
        {
            List<Topic> all = [.. core.Topics.All];
            response.WriteArrayLength(all.Count);
            all.ForEach(topic => WriteTopic(response, version, ErrorCode.None, topic.Name, topic, wantsTopicOperations));
        }
        else
        {
            response.WriteArrayLength(wanted.Count);
            wanted.ForEach(one => WriteWanted(response, version, one, mayCreate, wantsTopicOperations));
        }

        if (version is >= 8 and <= 10)
        {
            response.WriteInt32(wantsClusterOperations ? AuthorizedOperations.Cluster : AuthorizedOperations.NotAsked);
        }

        response.WriteEmptyTags();
        context.Send();
    }

    private static List<Wanted>? ReadTopics(short version, ref KafkaReader body)
    {
        int count = body.ReadArrayLength(1);
        if (count < 0 || (count == 0 && version == 0))
        {
            return null;
        }

        var wanted = new List<Wanted>(Math.Min(count, 1024));
        for (int i = 0; i < count; i++)
        {
            Guid id = version >= 10 ? body.ReadUuid() : Guid.Empty;
            string? name = version >= 10 ? body.ReadNullableString() : body.ReadString();
            body.SkipTags();
            wanted.Add(new Wanted(name, id));
        }

        return wanted;
    }

    private void WriteBrokers(KafkaWriter response, short version)
    {
        if (version >= 3)
        {
            response.WriteInt32(0);
        }

        response.WriteArrayLength(1);
        response.WriteInt32(core.NodeId);
        response.WriteString(core.AdvertisedHost);
        response.WriteInt32(core.AdvertisedPort);
        if (version >= 1)
        {
            response.WriteNullableString(null);
        }

        response.WriteEmptyTags();
        if (version >= 2)
        {
            response.WriteNullableString(core.ClusterId);
        }

        if (version >= 1)
        {
            response.WriteInt32(core.NodeId);
        }
    }

    private void WriteWanted(KafkaWriter response, short version, Wanted wanted, bool mayCreate, bool wantsOperations)
    {
        if (wanted.Name is null)
        {
            bool isKnown = core.Topics.TryGet(wanted.Id, out Topic? byId);
            ErrorCode missing = version < 12 ? ErrorCode.InvalidRequest : ErrorCode.UnknownTopicId;
            WriteTopic(
                response, version, isKnown ? ErrorCode.None : missing, byId?.Name ?? (version >= 12 ? null : ""), byId, wantsOperations,
                wanted.Id);
            return;
        }

        ErrorCode error = ErrorCode.None;
        if (!core.Topics.TryGet(wanted.Name, out Topic? topic))
        {
            error = TopicName.Problem(wanted.Name) is not null || TopicName.Internal.Contains(wanted.Name)
                ? ErrorCode.InvalidTopic
                : ErrorCode.UnknownTopicOrPartition;
            if (error == ErrorCode.UnknownTopicOrPartition && mayCreate && core.Settings.AutoCreateTopics)
            {
                error = administration.AutoCreate(wanted.Name, out topic);
            }
        }

        WriteTopic(response, version, error, wanted.Name, topic, wantsOperations);
    }

    private void WriteTopic(
        KafkaWriter response, short version, ErrorCode error, string? name, Topic? topic, bool wantsOperations, Guid askedId = default)
    {
        response.WriteError(error);
        if (version >= 12)
        {
            response.WriteNullableString(name);
        }
        else
        {
            response.WriteString(name ?? "");
        }

        if (version >= 10)
        {
            response.WriteUuid(topic?.Id ?? askedId);
        }

        if (version >= 1)
        {
            response.WriteBoolean(false);
        }

        int partitions = error == ErrorCode.None ? topic!.Partitions.Length : 0;
        response.WriteArrayLength(partitions);
        for (int partition = 0; partition < partitions; partition++)
        {
            WritePartition(response, version, partition);
        }

        if (version >= 8)
        {
            response.WriteInt32(wantsOperations ? AuthorizedOperations.Topic : AuthorizedOperations.NotAsked);
        }

        response.WriteEmptyTags();
    }

    private void WritePartition(KafkaWriter response, short version, int partition)
    {
        response.WriteError(ErrorCode.None);
        response.WriteInt32(partition);
        response.WriteInt32(core.NodeId);
        if (version >= 7)
        {
            response.WriteInt32(FetchApi.LeaderEpoch);
        }

        response.WriteArrayLength(1);
        response.WriteInt32(core.NodeId);
        response.WriteArrayLength(1);
        response.WriteInt32(core.NodeId);
        if (version >= 5)
        {
            response.WriteArrayLength(0);
        }

        response.WriteEmptyTags();
    }
}
