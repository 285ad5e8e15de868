using Fabric.Kafka.Broker;
using Fabric.Kafka.Broker.Configs;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// IncrementalAlterConfigs (44), versions 0 and 1: changes single settings: 0 set, 1 delete, 2 append and 3 subtract (lists).
/// <code>
/// request:  [] { type int8 | name | [] { name | operation int8 | value nullable } } | validateOnly bool
/// response: throttleTimeMs int32 | [] { error int16 | message nullable | type int8 | name }
/// </code>
/// v1: flexible.
/// </summary>
internal sealed class IncrementalAlterConfigsApi(ConfigAdministration administration) : IApiHandler
{
    public short Key => 44;

    public string Name => "IncrementalAlterConfigs";

    public short MinVersion => 0;

    public short MaxVersion => 1;

    public short FirstFlexibleVersion => 1;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        var wanted = new List<(ConfigResource Resource, List<ConfigChange> Changes)>();
        int count = body.ReadArrayLengthOrEmpty(4);
        for (int i = 0; i < count; i++)
        {
            var resource = new ConfigResource(body.ReadInt8(), body.ReadString());
            wanted.Add((resource, ReadChanges(ref body)));
            body.SkipTags();
        }

        bool isDryRun = body.ReadBoolean();
        body.SkipTags();
        AlterConfigsAnswer.Send(context, [.. wanted.Select(one => one.Resource)],
            index => administration.Change(wanted[index].Resource, wanted[index].Changes, isDryRun));
    }

    private static List<ConfigChange> ReadChanges(ref KafkaReader body)
    {
        var changes = new List<ConfigChange>();
        int count = body.ReadArrayLengthOrEmpty(3);
        for (int i = 0; i < count; i++)
        {
            string name = body.ReadString();
            var operation = (ConfigOperation)body.ReadInt8();
            changes.Add(new ConfigChange(name, operation, body.ReadNullableString()));
            body.SkipTags();
        }

        return changes;
    }
}
