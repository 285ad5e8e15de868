using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// DeleteGroups (42), versions 0 to 2.
/// <para>Deletes groups without members and their offsets; answered when all of that is durable.</para>
/// <list type="bullet">
/// <item>v1: nothing new. v2: flexible.</item>
/// </list>
/// </summary>
internal sealed class DeleteGroupsApi(GroupCoordinator groups) : IApiHandler
{
    public short Key => 42;

    public string Name => "DeleteGroups";

    public short MinVersion => 0;

    public short MaxVersion => 2;

    public short FirstFlexibleVersion => 2;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        List<string> groupIds = [];
        for (int left = body.ReadArrayLengthOrEmpty(1); left > 0; left--)
        {
            groupIds.Add(body.ReadString());
        }

        body.SkipTags();
        var outcomes = new ErrorCode[groupIds.Count];
        int missing = groupIds.Count + 1;
        for (int i = 0; i < groupIds.Count; i++)
        {
            int place = i;
            groups.Delete(groupIds[i], error =>
            {
                outcomes[place] = error;
                SendWhenWhole();
            });
        }

        SendWhenWhole();

        void SendWhenWhole()
        {
            if (--missing == 0)
            {
                Write(context, groupIds, outcomes);
            }
        }
    }

    private static void Write(RequestContext context, List<string> groupIds, ErrorCode[] outcomes)
    {
        KafkaWriter response = context.Response;
        response.WriteInt32(0);
        response.WriteArrayLength(groupIds.Count);
        for (int i = 0; i < outcomes.Length; i++)
        {
            response.WriteString(groupIds[i]);
            response.WriteError(outcomes[i].ForClient());
            response.WriteEmptyTags();
        }

        response.WriteEmptyTags();
        context.Send();
    }
}
