using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// SyncGroup (14), versions 0 to 5.
/// <para>The leader brings the assignment; everybody is answered when it is durable.</para>
/// <list type="bullet">
/// <item>v1: throttle time. v3: static members. v4: flexible. v5: protocol type and name, checked against the group's.</item>
/// </list>
/// </summary>
internal sealed class SyncGroupApi(GroupCoordinator groups) : IApiHandler
{
    private const int AssignmentBytesMin = 2;

    public short Key => 14;

    public string Name => "SyncGroup";

    public short MinVersion => 0;

    public short MaxVersion => 5;

    public short FirstFlexibleVersion => 4;

    public void Handle(RequestContext context, ref KafkaReader body) =>
        groups.Sync(Read(context.ApiVersion, ref body), reply => Write(context, reply));

    private static SyncRequest Read(short version, ref KafkaReader body)
    {
        string groupId = body.ReadString();
        int generation = body.ReadInt32();
        string memberId = body.ReadString();
        string? instanceId = version >= 3 ? body.ReadNullableString() : null;
        string? protocolType = version >= 5 ? body.ReadNullableString() : null;
        string? protocolName = version >= 5 ? body.ReadNullableString() : null;
        Dictionary<string, byte[]> assignments = [];
        for (int left = body.ReadArrayLengthOrEmpty(AssignmentBytesMin); left > 0; left--)
        {
            assignments[body.ReadString()] = body.ReadBytes().ToArray();
            body.SkipTags();
        }

        body.SkipTags();
        return new SyncRequest(groupId, generation, memberId)
        {
            InstanceId = instanceId, ProtocolType = protocolType, ProtocolName = protocolName, Assignments = assignments,
        };
    }

    private static void Write(RequestContext context, SyncReply reply)
    {
        KafkaWriter response = context.Response;
        if (context.ApiVersion >= 1)
        {
            response.WriteInt32(0);
        }

        response.WriteError(reply.Error.ForClient());
        if (context.ApiVersion >= 5)
        {
            response.WriteNullableString(reply.ProtocolType);
            response.WriteNullableString(reply.ProtocolName);
        }

        response.WriteBytes(reply.Assignment);
        response.WriteEmptyTags();
        context.Send();
    }
}
