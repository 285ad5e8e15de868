using Fabric.Kafka.Broker;
using Fabric.Kafka.Broker.Configs;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// CreateTopics (19), versions 0 to 7. A topic exists, durably, when it is answered without an error.
/// <code>
/// request:  [] { name | partitions int32 | replication int16 | assignments [] { partition int32 | nodes [] int32 }
///           | configs [] { name | value nullable } } | timeoutMs int32 | [v1+ validateOnly bool]
/// response: [v2+ throttleTimeMs int32] | [] { name | [v7+ topicId uuid] | error int16 | [v1+ message nullable]
///           | [v5+ partitions int32 | replication int16 | configs nullable [] { name | value nullable | readOnly bool
///           | source int8 | sensitive bool }] }
/// </code>
/// v4: -1 partitions and replication for the broker's defaults. v5: flexible; settings in the answer.
/// </summary>
internal sealed class CreateTopicsApi(BrokerCore core, TopicAdministration administration) : IApiHandler
{
    public short Key => 19;

    public string Name => "CreateTopics";

    public short MinVersion => 0;

    public short MaxVersion => 7;

    public short FirstFlexibleVersion => 5;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        short version = context.ApiVersion;
        List<TopicRequest> requests = ReadTopics(ref body);
        body.ReadInt32(); // timeout: the answer never waits for another node
        bool isDryRun = version >= 1 && body.ReadBoolean();
        body.SkipTags();

        KafkaWriter response = context.Response;
        if (version >= 2)
        {
            response.WriteInt32(0);
        }

        HashSet<string> doubled = Doubled(requests);
        List<TopicRequest> distinct = [.. requests.DistinctBy(request => request.Name)];
        response.WriteArrayLength(distinct.Count);
        foreach (TopicRequest request in distinct)
        {
            Outcome outcome = doubled.Contains(request.Name)
                ? new Outcome(ErrorCode.InvalidRequest, $"Create topics request must not contain topic '{request.Name}' twice.")
                : administration.Create(request, isDryRun);
            WriteResult(response, version, request, outcome);
        }

        response.WriteEmptyTags();
        context.Send();
    }

    private static HashSet<string> Doubled(List<TopicRequest> requests) =>
        [.. requests.GroupBy(request => request.Name).Where(group => group.Skip(1).Any()).Select(group => group.Key)];

    private static List<TopicRequest> ReadTopics(ref KafkaReader body)
    {
        int count = body.ReadArrayLengthOrEmpty(8);
        var requests = new List<TopicRequest>();
        for (int i = 0; i < count; i++)
        {
            string name = body.ReadString();
            int partitions = body.ReadInt32();
            short replication = body.ReadInt16();
            List<(int, int[])> assignments = ReadAssignments(ref body);
            List<KeyValuePair<string, string?>> configs = ReadConfigs(ref body);
            body.SkipTags();
            requests.Add(new TopicRequest(name, partitions, replication, assignments, configs));
        }

        return requests;
    }

    private static List<(int Partition, int[] Nodes)> ReadAssignments(ref KafkaReader body)
    {
        var assignments = new List<(int, int[])>();
        int count = body.ReadArrayLengthOrEmpty(5);
        for (int i = 0; i < count; i++)
        {
            int partition = body.ReadInt32();
            assignments.Add((partition, ReadNodes(ref body)));
            body.SkipTags();
        }

        return assignments;
    }

    private static List<KeyValuePair<string, string?>> ReadConfigs(ref KafkaReader body)
    {
        var configs = new List<KeyValuePair<string, string?>>();
        int count = body.ReadArrayLengthOrEmpty(2);
        for (int i = 0; i < count; i++)
        {
            string name = body.ReadString();
            configs.Add(new KeyValuePair<string, string?>(name, body.ReadNullableString()));
            body.SkipTags();
        }

        return configs;
    }

    /// <summary>Reads a list of node ids.</summary>
    internal static int[] ReadNodes(ref KafkaReader body)
    {
        int[] nodes = new int[body.ReadArrayLengthOrEmpty(4)];
        for (int i = 0; i < nodes.Length; i++)
        {
            nodes[i] = body.ReadInt32();
        }

        return nodes;
    }

    private void WriteResult(KafkaWriter response, short version, TopicRequest request, Outcome outcome)
    {
        core.Topics.TryGet(request.Name, out Topic? topic);
        bool isDone = outcome.Error == ErrorCode.None;
        response.WriteString(request.Name);
        if (version >= 7)
        {
            response.WriteUuid(isDone ? topic?.Id ?? Guid.Empty : Guid.Empty);
        }

        response.WriteError(outcome.Error);
        if (version >= 1)
        {
            response.WriteNullableString(outcome.Message);
        }

        if (version >= 5)
        {
            response.WriteInt32(isDone ? administration.PartitionsOf(request) : -1);
            response.WriteInt16((short)(isDone ? 1 : -1));
            WriteConfigs(response, request, isDone);
        }

        response.WriteEmptyTags();
    }

    private void WriteConfigs(KafkaWriter response, TopicRequest request, bool isDone)
    {
        if (!isDone)
        {
            response.WriteArrayLength(0);
            return;
        }

        List<ConfigValue> configs =
            [.. core.Configs.DescribeTopic(request.Configs.ToDictionary(config => config.Key, config => config.Value!))];
        response.WriteArrayLength(configs.Count);
        foreach (ConfigValue config in configs)
        {
            response.WriteString(config.Name);
            response.WriteNullableString(config.Value);
            response.WriteBoolean(config.IsReadOnly);
            response.WriteInt8((sbyte)config.Source);
            response.WriteBoolean(false);
            response.WriteEmptyTags();
        }
    }
}
