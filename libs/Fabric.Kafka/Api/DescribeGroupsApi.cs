using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// DescribeGroups (15), versions 0 to 5.
/// <para>
/// An unknown group is described as Dead, without an error. Assignments are shown while the group is stable. Authorized operations
/// are not computed: there are no ACLs.
/// </para>
/// <list type="bullet">
/// <item>v1: throttle time. v3: authorized operations. v4: instance ids. v5: flexible.</item>
/// </list>
/// </summary>
internal sealed class DescribeGroupsApi(GroupCoordinator groups) : IApiHandler
{
    private const int UnknownOperations = int.MinValue;

    public short Key => 15;

    public string Name => "DescribeGroups";

    public short MinVersion => 0;

    public short MaxVersion => 5;

    public short FirstFlexibleVersion => 5;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        List<string> groupIds = [];
        for (int left = body.ReadArrayLengthOrEmpty(1); left > 0; left--)
        {
            groupIds.Add(body.ReadString());
        }

        if (context.ApiVersion >= 3)
        {
            body.ReadBoolean();
        }

        body.SkipTags();
        KafkaWriter response = context.Response;
        if (context.ApiVersion >= 1)
        {
            response.WriteInt32(0);
        }

        response.WriteArrayLength(groupIds.Count);
        foreach (string groupId in groupIds)
        {
            Write(context, groupId, groups.Find(groupId));
        }

        response.WriteEmptyTags();
        context.Send();
    }

    private static void Write(RequestContext context, string groupId, Group? group)
    {
        KafkaWriter response = context.Response;
        bool isStable = group?.State == GroupState.Stable;
        response.WriteError(ErrorCode.None);
        response.WriteString(groupId);
        response.WriteString((group?.State ?? GroupState.Dead).ToString());
        response.WriteString(group?.ProtocolType ?? "");
        response.WriteString(isStable ? group!.ProtocolName ?? "" : "");
        response.WriteArrayLength(group?.Members.Count ?? 0);
        foreach (GroupMember member in group?.Members ?? [])
        {
            response.WriteString(member.MemberId);
            if (context.ApiVersion >= 4)
            {
                response.WriteNullableString(member.InstanceId);
            }

            response.WriteString(member.ClientId);
            response.WriteString(member.ClientHost);
            response.WriteBytes(isStable ? member.MetadataFor(group!.ProtocolName) : []);
            response.WriteBytes(isStable ? member.Assignment : []);
            response.WriteEmptyTags();
        }

        if (context.ApiVersion >= 3)
        {
            response.WriteInt32(UnknownOperations);
        }

        response.WriteEmptyTags();
    }
}
