using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// JoinGroup (11), versions 0 to 9.
/// <para>Parked until every member has joined or the rebalance timeout has passed. The leader is told about all members.</para>
/// <list type="bullet">
/// <item>v0: the rebalance timeout is the session timeout. v4: MEMBER_ID_REQUIRED for a dynamic member without an id
/// (KIP-394). v5: static members (KIP-345). v6: flexible. v7: protocol type in the answer. v8: reason (read, not kept).
/// v9: skipAssignment for a static leader that comes back (KIP-814).</item>
/// </list>
/// </summary>
internal sealed class JoinGroupApi(GroupCoordinator groups) : IApiHandler
{
    private const int ProtocolBytesMin = 2;

    public short Key => 11;

    public string Name => "JoinGroup";

    public short MinVersion => 0;

    public short MaxVersion => 9;

    public short FirstFlexibleVersion => 6;

    public void Handle(RequestContext context, ref KafkaReader body) =>
        groups.Join(Read(context, ref body), reply => Write(context, reply));

    private static JoinRequest Read(RequestContext context, ref KafkaReader body)
    {
        short version = context.ApiVersion;
        string groupId = body.ReadString();
        int sessionTimeoutMs = body.ReadInt32();
        int rebalanceTimeoutMs = version >= 1 ? body.ReadInt32() : sessionTimeoutMs;
        string memberId = body.ReadString();
        string? instanceId = version >= 5 ? body.ReadNullableString() : null;
        string protocolType = body.ReadString();
        List<GroupProtocol> protocols = [];
        for (int left = body.ReadArrayLengthOrEmpty(ProtocolBytesMin); left > 0; left--)
        {
            protocols.Add(new GroupProtocol(body.ReadString(), body.ReadBytes().ToArray()));
            body.SkipTags();
        }

        if (version >= 8)
        {
            body.ReadNullableString();
        }

        body.SkipTags();
        return new JoinRequest(groupId, memberId, protocolType, protocols)
        {
            InstanceId = instanceId, ClientId = context.ClientId ?? "", ClientHost = context.ClientHost,
            SessionTimeoutMs = sessionTimeoutMs, RebalanceTimeoutMs = rebalanceTimeoutMs,
            RequiresMemberId = version >= 4, KnowsSkipAssignment = version >= 9,
        };
    }

    private static void Write(RequestContext context, JoinReply reply)
    {
        short version = context.ApiVersion;
        KafkaWriter response = context.Response;
        if (version >= 2)
        {
            response.WriteInt32(0);
        }

        response.WriteError(reply.Error.ForClient());
        response.WriteInt32(reply.Generation);
        if (version >= 7)
        {
            response.WriteNullableString(reply.ProtocolType);
            response.WriteNullableString(reply.ProtocolName);
        }
        else
        {
            response.WriteString(reply.ProtocolName ?? "");
        }

        response.WriteString(reply.LeaderId);
        if (version >= 9)
        {
            response.WriteBoolean(reply.SkipAssignment);
        }

        response.WriteString(reply.MemberId);
        response.WriteArrayLength(reply.Members.Count);
        foreach (JoinedMember member in reply.Members)
        {
            response.WriteString(member.MemberId);
            if (version >= 5)
            {
                response.WriteNullableString(member.InstanceId);
            }

            response.WriteBytes(member.Metadata);
            response.WriteEmptyTags();
        }

        response.WriteEmptyTags();
        context.Send();
    }
}
