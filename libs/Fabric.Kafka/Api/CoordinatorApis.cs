using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Transactions;

namespace Fabric.Kafka.Api;

/// <summary>The API keys that the two coordinators answer.</summary>
internal static class CoordinatorApis
{
    public static IEnumerable<IApiHandler> All(IBrokerContext broker, GroupCoordinator groups, TransactionCoordinator transactions) =>
    [
        new OffsetCommitApi(broker, groups), new OffsetFetchApi(groups), new FindCoordinatorApi(broker), new JoinGroupApi(groups),
        new HeartbeatApi(groups), new LeaveGroupApi(groups), new SyncGroupApi(groups), new DescribeGroupsApi(groups),
        new ListGroupsApi(groups), new InitProducerIdApi(transactions), new AddPartitionsToTxnApi(broker, transactions),
        new AddOffsetsToTxnApi(transactions), new EndTxnApi(transactions), new TxnOffsetCommitApi(broker, groups, transactions),
        new DeleteGroupsApi(groups), new OffsetDeleteApi(broker, groups),
    ];
}
