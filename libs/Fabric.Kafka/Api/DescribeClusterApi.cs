using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// DescribeCluster (60), versions 0 and 1, always flexible.
/// <code>
/// request:  clusterOperations bool | [v1+ endpointType int8 = 1 brokers]
/// response: throttleTimeMs int32 | error int16 | message nullable | [v1+ endpointType int8] | clusterId | controllerId int32
///           | [] { nodeId int32 | host | port int32 | rack nullable } | clusterOperations int32
/// </code>
/// v1: endpoints; controllers (2) are not asked here, as on any broker: UNSUPPORTED_ENDPOINT_TYPE would follow, answered as
/// INVALID_REQUEST.
/// </summary>
internal sealed class DescribeClusterApi(BrokerCore core) : IApiHandler
{
    private const sbyte Brokers = 1;

    public short Key => 60;

    public string Name => "DescribeCluster";

    public short MinVersion => 0;

    public short MaxVersion => 1;

    public short FirstFlexibleVersion => 0;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        bool wantsOperations = body.ReadBoolean();
        sbyte endpoints = context.ApiVersion >= 1 ? body.ReadInt8() : Brokers;
        body.SkipTags();
        bool isServed = endpoints == Brokers;

        KafkaWriter response = context.Response;
        response.WriteInt32(0);
        response.WriteError(isServed ? ErrorCode.None : ErrorCode.InvalidRequest);
        response.WriteNullableString(isServed ? null : "Only endpoints of brokers are known here.");
        if (context.ApiVersion >= 1)
        {
            response.WriteInt8(endpoints);
        }

        response.WriteString(core.ClusterId);
        response.WriteInt32(core.NodeId);
        response.WriteArrayLength(isServed ? 1 : 0);
        if (isServed)
        {
            response.WriteInt32(core.NodeId);
            response.WriteString(core.AdvertisedHost);
            response.WriteInt32(core.AdvertisedPort);
            response.WriteNullableString(null);
            response.WriteEmptyTags();
        }

        response.WriteInt32(wantsOperations ? AuthorizedOperations.Cluster : AuthorizedOperations.NotAsked);
        response.WriteEmptyTags();
        context.Send();
    }
}
