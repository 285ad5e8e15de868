using Fabric.Kafka.Broker;
using Fabric.Kafka.Broker.Configs;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Transactions;
using Microsoft.Extensions.Logging;

namespace Fabric.Kafka.Api;

/// <summary>Every API key this broker speaks, wired to the core and the coordinators.</summary>
internal static class BrokerApis
{
    /// <summary>Opens the core, lets the coordinators take up where they left off, and returns who answers what.</summary>
    /// <exception cref="KafkaException">What is on disk cannot be opened.</exception>
    public static ApiTable Open(BrokerCore core, GroupOptions groupOptions, TransactionOptions transactionOptions, ILogger log)
    {
        core.Open();
        var groups = new GroupCoordinator(core, groupOptions);
        var transactions = new TransactionCoordinator(core, groups, transactionOptions);
        groups.Load();
        transactions.Load();
        core.TopicDeleted = groups.TopicDeleted;
        return Build(core, groups, transactions, log);
    }

    private static ApiTable Build(BrokerCore core, GroupCoordinator groups, TransactionCoordinator transactions, ILogger log)
    {
        var administration = new TopicAdministration(core, log);
        var configs = new ConfigAdministration(core, log);
        ApiTable? table = null;
        return table = new ApiTable(
        [
            new ProduceApi(core, transactions.MayAppend),
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
            .. CoordinatorApis.All(core, groups, transactions),
        ]);
    }
}
