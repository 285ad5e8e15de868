using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// OffsetCommit (8), versions 0 to 8.
/// <para>Accepted from members of the present generation, or from anybody while the group has no members; answered when durable.</para>
/// <list type="bullet">
/// <item>v0: no identity. v1: member and generation; a timestamp (read, not kept). v2-v4: retention time. v3: throttle time.
/// v6: leader epoch. v7: static members. v8: flexible.</item>
/// </list>
/// </summary>
internal sealed class OffsetCommitApi(IBrokerContext broker, GroupCoordinator groups) : IApiHandler
{
    private const short LeaderEpochSince = 6;
    private const short TimestampIn = 1;

    public short Key => 8;

    public string Name => "OffsetCommit";

    public short MinVersion => 0;

    public short MaxVersion => 8;

    public short FirstFlexibleVersion => 8;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        short version = context.ApiVersion;
        string groupId = body.ReadString();
        int generation = version >= 1 ? body.ReadInt32() : -1;
        string memberId = version >= 1 ? body.ReadString() : "";
        string? instanceId = version >= 7 ? body.ReadNullableString() : null;
        long retentionMs = version is >= 2 and <= 4 ? body.ReadInt64() : -1;
        CommitTopics topics = CommitTopics.Read(version, LeaderEpochSince, TimestampIn, ref body);
        body.SkipTags();

        ErrorCode error = groups.AdmitCommit(new MemberIdentity(groupId, generation, memberId, instanceId), isTransactional: false);
        if (error != ErrorCode.None)
        {
            topics.FailAll(error);
            Write(context, topics);
            return;
        }

        groups.Commit(groupId, topics.Judge(broker, groups), retentionMs < 0 ? null : retentionMs, outcome =>
        {
            topics.Settle(outcome);
            Write(context, topics);
        });
    }

    private static void Write(RequestContext context, CommitTopics topics)
    {
        if (context.ApiVersion >= 3)
        {
            context.Response.WriteInt32(0);
        }

        topics.Write(context.Response);
        context.Response.WriteEmptyTags();
        context.Send();
    }
}
