using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// FindCoordinator (10), versions 0 to 4.
/// <para>There is one node: it coordinates every group (key type 0) and every transactional id (1).</para>
/// <list type="bullet">
/// <item>v1: key type, error message, throttle time. v3: flexible. v4: several keys at once.</item>
/// </list>
/// </summary>
internal sealed class FindCoordinatorApi(IBrokerContext broker) : IApiHandler
{
    private const short FirstBatchVersion = 4;
    private const sbyte LastKeyType = 1;

    public short Key => 10;

    public string Name => "FindCoordinator";

    public short MinVersion => 0;

    public short MaxVersion => 4;

    public short FirstFlexibleVersion => 3;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        short version = context.ApiVersion;
        List<string> keys = [];
        if (version < FirstBatchVersion)
        {
            keys.Add(body.ReadString());
        }

        sbyte keyType = version >= 1 ? body.ReadInt8() : (sbyte)0;
        if (version >= FirstBatchVersion)
        {
            for (int left = body.ReadArrayLengthOrEmpty(1); left > 0; left--)
            {
                keys.Add(body.ReadString());
            }
        }

        body.SkipTags();
        Write(context, keys, keyType is >= 0 and <= LastKeyType ? ErrorCode.None : ErrorCode.InvalidRequest);
    }

    private void Write(RequestContext context, List<string> keys, ErrorCode error)
    {
        KafkaWriter response = context.Response;
        if (context.ApiVersion >= 1)
        {
            response.WriteInt32(0);
        }

        if (context.ApiVersion < FirstBatchVersion)
        {
            response.WriteError(error);
            if (context.ApiVersion >= 1)
            {
                WriteMessage(response, error);
            }

            WriteNode(response, error);
        }
        else
        {
            response.WriteArrayLength(keys.Count);
            foreach (string key in keys)
            {
                response.WriteString(key);
                WriteNode(response, error);
                response.WriteError(error);
                WriteMessage(response, error);
                response.WriteEmptyTags();
            }
        }

        response.WriteEmptyTags();
        context.Send();
    }

    private static void WriteMessage(KafkaWriter response, ErrorCode error) =>
        response.WriteNullableString(error == ErrorCode.None ? null : "Only groups (0) and transactions (1) have coordinators");

    private void WriteNode(KafkaWriter response, ErrorCode error)
    {
        bool isFound = error == ErrorCode.None;
        response.WriteInt32(isFound ? broker.NodeId : -1);
        response.WriteString(isFound ? broker.AdvertisedHost : "");
        response.WriteInt32(isFound ? broker.AdvertisedPort : -1);
    }
}
