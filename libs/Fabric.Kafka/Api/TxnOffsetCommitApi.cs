using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;
using Fabric.Kafka.Transactions;

namespace Fabric.Kafka.Api;

/// <summary>
/// TxnOffsetCommit (28), versions 0 to 3.
/// <para>
/// The producer must be the present one and must have sent AddOffsetsToTxn; the consumer must be a member of the present
/// generation (KIP-447). Offsets wait for the end of the transaction; answered when that they wait is durable.
/// </para>
/// <list type="bullet">
/// <item>v2: leader epoch. v3: flexible; member, generation and static members.</item>
/// </list>
/// </summary>
internal sealed class TxnOffsetCommitApi(IBrokerContext broker, GroupCoordinator groups, TransactionCoordinator transactions) : IApiHandler
{
    private const short LeaderEpochSince = 2;
    private const short FirstVersionWithMember = 3;

    public short Key => 28;

    public string Name => "TxnOffsetCommit";

    public short MinVersion => 0;

    public short MaxVersion => 3;

    public short FirstFlexibleVersion => 3;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        short version = context.ApiVersion;
        string transactionalId = body.ReadString();
        string groupId = body.ReadString();
        long producerId = body.ReadInt64();
        short epoch = body.ReadInt16();
        bool hasMember = version >= FirstVersionWithMember;
        int generation = hasMember ? body.ReadInt32() : -1;
        string memberId = hasMember ? body.ReadString() : "";
        string? instanceId = hasMember ? body.ReadNullableString() : null;
        CommitTopics topics = CommitTopics.Read(version, LeaderEpochSince, timestampIn: null, ref body);
        body.SkipTags();

        ErrorCode error = Admit(transactionalId, producerId, epoch, new MemberIdentity(groupId, generation, memberId, instanceId));
        if (error != ErrorCode.None)
        {
            topics.FailAll(error);
            Write(context, topics);
            return;
        }

        groups.CommitLater(producerId, groupId, topics.Judge(broker, groups), outcome =>
        {
            topics.Settle(outcome);
            Write(context, topics);
        });
    }

    private ErrorCode Admit(string transactionalId, long producerId, short epoch, in MemberIdentity who)
    {
        if (who.GroupId.Length == 0)
        {
            return ErrorCode.InvalidGroupId;
        }

        ErrorCode error = transactions.MayCommitOffsets(transactionalId, producerId, epoch);
        return error == ErrorCode.None ? groups.AdmitCommit(who, isTransactional: true) : error;
    }

    private static void Write(RequestContext context, CommitTopics topics)
    {
        context.Response.WriteInt32(0);
        topics.Write(context.Response);
        context.Response.WriteEmptyTags();
        context.Send();
    }
}
