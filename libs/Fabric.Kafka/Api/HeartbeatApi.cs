using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// Heartbeat (12), versions 0 to 4.
/// <list type="bullet">
/// <item>v1: throttle time. v3: static members. v4: flexible.</item>
/// </list>
/// </summary>
internal sealed class HeartbeatApi(GroupCoordinator groups) : IApiHandler
{
    public short Key => 12;

    public string Name => "Heartbeat";

    public short MinVersion => 0;

    public short MaxVersion => 4;

    public short FirstFlexibleVersion => 4;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        string groupId = body.ReadString();
        int generation = body.ReadInt32();
        string memberId = body.ReadString();
        string? instanceId = context.ApiVersion >= 3 ? body.ReadNullableString() : null;
        body.SkipTags();
        ErrorCode error = groups.Heartbeat(new MemberIdentity(groupId, generation, memberId, instanceId));

        if (context.ApiVersion >= 1)
        {
            context.Response.WriteInt32(0);
        }

        context.Response.WriteError(error);
        context.Response.WriteEmptyTags();
        context.Send();
    }
}
