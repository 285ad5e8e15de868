using Fabric.Kafka.Broker;
using Fabric.Kafka.Broker.Configs;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Protocol;
using Microsoft.Extensions.Logging;

namespace Fabric.Kafka.Api;

/// <summary>Every API key this broker speaks, wired to the core and the coordinators.</summary>
internal static class BrokerApis
{
    public static ApiTable Build(BrokerCore core, ILogger log)
    {
        var administration = new TopicAdministration(core, log);
        var configs = new ConfigAdministration(core, log);
        ApiTable? table = null;
        return table = new ApiTable(
        [
            new ProduceApi(core, (_, _, _, _) => ErrorCode.InvalidTxnState),
            new FetchApi(core),
            new ListOffsetsApi(core),
            new MetadataApi(core, administration),
            new SaslHandshakeApi(),
            new ApiVersionsApi(() => table!),
            new CreateTopicsApi(core, administration),
            new DeleteTopicsApi(core, administration),
            new DeleteRecordsApi(core),
            new OffsetForLeaderEpochApi(core),
            new DescribeAclsApi(),
            new CreateAclsApi(),
            new DeleteAclsApi(),
            new DescribeConfigsApi(configs),
            new AlterConfigsApi(configs),
            new SaslAuthenticateApi(),
            new CreatePartitionsApi(administration),
            new IncrementalAlterConfigsApi(configs),
            new DescribeClusterApi(core),
        ]);
    }
}
