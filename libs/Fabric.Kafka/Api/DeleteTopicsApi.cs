using Fabric.Kafka.Broker;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// DeleteTopics (20), versions 0 to 6. Fetches that wait for the topic are answered; its files are removed at once.
/// <code>
/// request:  [v0-5 names [] string] | [v6+ [] { name nullable | topicId uuid }] | timeoutMs int32
/// response: [v1+ throttleTimeMs int32] | [] { name, nullable v6+ | [v6+ topicId uuid] | error int16 | [v5+ message nullable] }
/// </code>
/// v4: flexible. v6: by id.
/// </summary>
internal sealed class DeleteTopicsApi(BrokerCore core, TopicAdministration administration) : IApiHandler
{
    private readonly record struct Wanted(string? Name, Guid Id);

    public short Key => 20;

    public string Name => "DeleteTopics";

    public short MinVersion => 0;

    public short MaxVersion => 6;

    public short FirstFlexibleVersion => 4;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        short version = context.ApiVersion;
        List<Wanted> wanted = ReadTopics(version, ref body);
        body.ReadInt32(); // timeout: the answer never waits for another node
        body.SkipTags();

        KafkaWriter response = context.Response;
        if (version >= 1)
        {
            response.WriteInt32(0);
        }

        List<Wanted> distinct = [.. wanted.Distinct()];
        response.WriteArrayLength(distinct.Count);
        foreach (Wanted one in distinct)
        {
            bool isDoubled = wanted.Count(other => other == one) > 1;
            Delete(response, version, one, isDoubled);
        }

        response.WriteEmptyTags();
        context.Send();
    }

    private static List<Wanted> ReadTopics(short version, ref KafkaReader body)
    {
        var wanted = new List<Wanted>();
        int count = body.ReadArrayLengthOrEmpty(version >= 6 ? 17 : 1);
        for (int i = 0; i < count; i++)
        {
            if (version < 6)
            {
                wanted.Add(new Wanted(body.ReadString(), Guid.Empty));
                continue;
            }

            string? name = body.ReadNullableString();
            wanted.Add(new Wanted(name, body.ReadUuid()));
            body.SkipTags();
        }

        return wanted;
    }

    private void Delete(KafkaWriter response, short version, Wanted wanted, bool isDoubled)
    {
        Topic? topic = Find(wanted);
        Outcome outcome = Check(wanted, topic, isDoubled);
        if (outcome.Error == ErrorCode.None)
        {
            outcome = administration.Delete(topic!);
        }

        string? name = wanted.Name ?? (outcome.Error == ErrorCode.None ? topic!.Name : null);
        if (version >= 6)
        {
            response.WriteNullableString(name);
            response.WriteUuid(topic?.Id ?? wanted.Id);
        }
        else
        {
            response.WriteString(name!);
        }

        response.WriteError(outcome.Error);
        if (version >= 5)
        {
            response.WriteNullableString(outcome.Message);
        }

        response.WriteEmptyTags();
    }

    private Topic? Find(Wanted wanted)
    {
        Topic? topic;
        return (wanted.Name is { } name ? core.Topics.TryGet(name, out topic) : core.Topics.TryGet(wanted.Id, out topic)) ? topic : null;
    }

    private static Outcome Check(Wanted wanted, Topic? topic, bool isDoubled)
    {
        if (isDoubled)
        {
            return new Outcome(ErrorCode.InvalidRequest, "The topic stands in the request twice.");
        }

        if (wanted.Name is not null && wanted.Id != Guid.Empty)
        {
            return new Outcome(ErrorCode.InvalidRequest, "Expected a name or an id, found both.");
        }

        if (topic is not null)
        {
            return Outcome.Done;
        }

        return wanted.Name is null
            ? new Outcome(ErrorCode.UnknownTopicId, "There is no topic with this id.")
            : new Outcome(ErrorCode.UnknownTopicOrPartition, "This topic does not exist.");
    }
}
