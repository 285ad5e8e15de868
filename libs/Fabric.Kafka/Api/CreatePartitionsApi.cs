using Fabric.Kafka.Broker;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// CreatePartitions (37), versions 0 to 3: more partitions for topics that exist.
/// <code>
/// request:  [] { name | count int32 | assignments nullable [] { nodes [] int32 } } | timeoutMs int32 | validateOnly bool
/// response: throttleTimeMs int32 | [] { name | error int16 | message nullable }
/// </code>
/// v2: flexible. v3: as v2.
/// </summary>
internal sealed class CreatePartitionsApi(TopicAdministration administration) : IApiHandler
{
    private sealed record Wanted(string Name, int Count, List<int[]>? Assignments);

    public short Key => 37;

    public string Name => "CreatePartitions";

    public short MinVersion => 0;

    public short MaxVersion => 3;

    public short FirstFlexibleVersion => 2;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        List<Wanted> wanted = ReadTopics(ref body);
        body.ReadInt32(); // timeout: the answer never waits for another node
        bool isDryRun = body.ReadBoolean();
        body.SkipTags();

        KafkaWriter response = context.Response;
        response.WriteInt32(0);
        List<Wanted> distinct = [.. wanted.DistinctBy(one => one.Name)];
        response.WriteArrayLength(distinct.Count);
        foreach (Wanted one in distinct)
        {
            Outcome outcome = wanted.Count(other => other.Name == one.Name) > 1
                ? new Outcome(ErrorCode.InvalidRequest, $"The topic '{one.Name}' stands in the request twice.")
                : administration.Grow(one.Name, one.Count, one.Assignments, isDryRun);
            response.WriteString(one.Name);
            response.WriteError(outcome.Error);
            response.WriteNullableString(outcome.Message);
            response.WriteEmptyTags();
        }

        response.WriteEmptyTags();
        context.Send();
    }

    private static List<Wanted> ReadTopics(ref KafkaReader body)
    {
        var wanted = new List<Wanted>();
        int count = body.ReadArrayLengthOrEmpty(6);
        for (int i = 0; i < count; i++)
        {
            string name = body.ReadString();
            int partitions = body.ReadInt32();
            wanted.Add(new Wanted(name, partitions, ReadAssignments(ref body)));
            body.SkipTags();
        }

        return wanted;
    }

    private static List<int[]>? ReadAssignments(ref KafkaReader body)
    {
        int count = body.ReadArrayLength(1);
        if (count < 0)
        {
            return null;
        }

        var assignments = new List<int[]>();
        for (int i = 0; i < count; i++)
        {
            assignments.Add(CreateTopicsApi.ReadNodes(ref body));
            body.SkipTags();
        }

        return assignments;
    }
}
