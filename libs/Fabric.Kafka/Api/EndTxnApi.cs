using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;
using Fabric.Kafka.Transactions;

namespace Fabric.Kafka.Api;

/// <summary>
/// EndTxn (26), versions 0 to 3.
/// <para>
/// Answered when the outcome is durable; the markers follow. Asked again with the same outcome it succeeds, or is
/// CONCURRENT_TRANSACTIONS while the markers are on their way; the other outcome is INVALID_TXN_STATE.
/// </para>
/// <list type="bullet">
/// <item>v2: PRODUCER_FENCED; before, INVALID_PRODUCER_EPOCH. v3: flexible.</item>
/// </list>
/// </summary>
internal sealed class EndTxnApi(TransactionCoordinator transactions) : IApiHandler
{
    private const short FencedSince = 2;

    public short Key => 26;

    public string Name => "EndTxn";

    public short MinVersion => 0;

    public short MaxVersion => 3;

    public short FirstFlexibleVersion => 3;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        string transactionalId = body.ReadString();
        long producerId = body.ReadInt64();
        short epoch = body.ReadInt16();
        bool isCommit = body.ReadBoolean();
        body.SkipTags();
        transactions.End(transactionalId, producerId, epoch, isCommit, error =>
        {
            context.Response.WriteInt32(0);
            context.Response.WriteError(error.ForClient().FencedSince(context.ApiVersion, FencedSince));
            context.Response.WriteEmptyTags();
            context.Send();
        });
    }
}
