using Fabric.Kafka.Broker;
using Fabric.Kafka.Broker.Configs;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// AlterConfigs (33), versions 0 to 2: replaces all settings of a topic or the broker; those not named go back to the default.
/// <code>
/// request:  [] { type int8 | name | [] { name | value nullable } } | validateOnly bool
/// response: throttleTimeMs int32 | [] { error int16 | message nullable | type int8 | name }
/// </code>
/// v2: flexible.
/// </summary>
internal sealed class AlterConfigsApi(ConfigAdministration administration) : IApiHandler
{
    public short Key => 33;

    public string Name => "AlterConfigs";

    public short MinVersion => 0;

    public short MaxVersion => 2;

    public short FirstFlexibleVersion => 2;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        var wanted = new List<(ConfigResource Resource, List<KeyValuePair<string, string?>> Configs)>();
        int count = body.ReadArrayLengthOrEmpty(4);
        for (int i = 0; i < count; i++)
        {
            var resource = new ConfigResource(body.ReadInt8(), body.ReadString());
            wanted.Add((resource, ReadConfigs(ref body)));
            body.SkipTags();
        }

        bool isDryRun = body.ReadBoolean();
        body.SkipTags();
        AlterConfigsAnswer.Send(context, [.. wanted.Select(one => one.Resource)],
            index => administration.Replace(wanted[index].Resource, wanted[index].Configs, isDryRun));
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
}

/// <summary>The answer that AlterConfigs and IncrementalAlterConfigs share.</summary>
internal static class AlterConfigsAnswer
{
    /// <param name="alter">Changes the resource with that index, unless it stands in the request twice.</param>
    public static void Send(RequestContext context, IReadOnlyList<ConfigResource> resources, Func<int, Outcome> alter)
    {
        KafkaWriter response = context.Response;
        response.WriteInt32(0);
        response.WriteArrayLength(resources.Count);
        for (int i = 0; i < resources.Count; i++)
        {
            ConfigResource resource = resources[i];
            Outcome outcome = resources.Count(other => other == resource) > 1
                ? new Outcome(ErrorCode.InvalidRequest, "The resource stands in the request twice.")
                : alter(i);
            response.WriteError(outcome.Error);
            response.WriteNullableString(outcome.Message);
            response.WriteInt8(resource.Type);
            response.WriteString(resource.Name);
            response.WriteEmptyTags();
        }

        response.WriteEmptyTags();
        context.Send();
    }
}
