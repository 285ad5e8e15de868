using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// LeaveGroup (13), versions 0 to 5.
/// <list type="bullet">
/// <item>v1: throttle time. v3: several members, static ones by their instance id alone. v4: flexible. v5: reason (read, not
/// kept).</item>
/// </list>
/// </summary>
internal sealed class LeaveGroupApi(GroupCoordinator groups) : IApiHandler
{
    private const short FirstBatchVersion = 3;
    private const int MemberBytesMin = 2;

    public short Key => 13;

    public string Name => "LeaveGroup";

    public short MinVersion => 0;

    public short MaxVersion => 5;

    public short FirstFlexibleVersion => 4;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        string groupId = body.ReadString();
        List<LeavingMember> leaving = ReadMembers(context.ApiVersion, ref body);
        body.SkipTags();
        (ErrorCode error, IReadOnlyList<ErrorCode> outcomes) = groups.Leave(groupId, leaving);

        KafkaWriter response = context.Response;
        if (context.ApiVersion >= 1)
        {
            response.WriteInt32(0);
        }

        if (context.ApiVersion < FirstBatchVersion)
        {
            response.WriteError(error == ErrorCode.None ? outcomes[0] : error);
        }
        else
        {
            response.WriteError(error);
            WriteMembers(response, leaving, outcomes);
        }

        response.WriteEmptyTags();
        context.Send();
    }

    private static List<LeavingMember> ReadMembers(short version, ref KafkaReader body)
    {
        if (version < FirstBatchVersion)
        {
            return [new LeavingMember(body.ReadString(), null)];
        }

        List<LeavingMember> members = [];
        for (int left = body.ReadArrayLengthOrEmpty(MemberBytesMin); left > 0; left--)
        {
            members.Add(new LeavingMember(body.ReadString(), body.ReadNullableString()));
            if (version >= 5)
            {
                body.ReadNullableString();
            }

            body.SkipTags();
        }

        return members;
    }

    private static void WriteMembers(KafkaWriter response, List<LeavingMember> leaving, IReadOnlyList<ErrorCode> outcomes)
    {
        response.WriteArrayLength(outcomes.Count);
        for (int i = 0; i < outcomes.Count; i++)
        {
            response.WriteString(leaving[i].MemberId);
            response.WriteNullableString(leaving[i].InstanceId);
            response.WriteError(outcomes[i]);
            response.WriteEmptyTags();
        }
    }
}
