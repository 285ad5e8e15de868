using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;
using Fabric.Kafka.Transactions;

namespace Fabric.Kafka.Api;

/// <summary>
/// AddOffsetsToTxn (25), versions 0 to 3.
/// <list type="bullet">
/// <item>v2: PRODUCER_FENCED; before, INVALID_PRODUCER_EPOCH. v3: flexible.</item>
/// </list>
/// </summary>
internal sealed class AddOffsetsToTxnApi(TransactionCoordinator transactions) : IApiHandler
{
    private const short FencedSince = 2;

    public short Key => 25;

    public string Name => "AddOffsetsToTxn";

    public short MinVersion => 0;

    public short MaxVersion => 3;

    public short FirstFlexibleVersion => 3;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        string transactionalId = body.ReadString();
        long producerId = body.ReadInt64();
        short epoch = body.ReadInt16();
        string groupId = body.ReadString();
        body.SkipTags();
        transactions.AddOffsets(transactionalId, producerId, epoch, groupId, error =>
        {
            context.Response.WriteInt32(0);
            context.Response.WriteError(error.ForClient().FencedSince(context.ApiVersion, FencedSince));
            context.Response.WriteEmptyTags();
            context.Send();
        });
    }
}
