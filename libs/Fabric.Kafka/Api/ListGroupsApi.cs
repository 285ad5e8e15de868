using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// ListGroups (16), versions 0 to 4.
/// <list type="bullet">
/// <item>v1: throttle time. v3: flexible. v4: a filter by state, of any case; an unknown state matches nothing.</item>
/// </list>
/// </summary>
internal sealed class ListGroupsApi(GroupCoordinator groups) : IApiHandler
{
    public short Key => 16;

    public string Name => "ListGroups";

    public short MinVersion => 0;

    public short MaxVersion => 4;

    public short FirstFlexibleVersion => 3;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        HashSet<string> states = new(StringComparer.OrdinalIgnoreCase);
        if (context.ApiVersion >= 4)
        {
            for (int left = body.ReadArrayLengthOrEmpty(1); left > 0; left--)
            {
                states.Add(body.ReadString());
            }
        }

        body.SkipTags();
        Group[] listed = [.. groups.Groups.Where(group => states.Count == 0 || states.Contains(group.State.ToString()))];
        KafkaWriter response = context.Response;
        if (context.ApiVersion >= 1)
        {
            response.WriteInt32(0);
        }

        response.WriteError(ErrorCode.None);
        response.WriteArrayLength(listed.Length);
        foreach (Group group in listed)
        {
            response.WriteString(group.Id);
            response.WriteString(group.ProtocolType ?? "");
            if (context.ApiVersion >= 4)
            {
                response.WriteString(group.State.ToString());
            }

            response.WriteEmptyTags();
        }

        response.WriteEmptyTags();
        context.Send();
    }
}
