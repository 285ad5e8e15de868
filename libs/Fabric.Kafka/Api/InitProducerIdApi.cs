using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;
using Fabric.Kafka.Transactions;

namespace Fabric.Kafka.Api;

/// <summary>
/// InitProducerId (22), versions 0 to 4.
/// <para>
/// A producer id for idempotence, or the transactional id's own with the next epoch. A transaction in progress is aborted first;
/// CONCURRENT_TRANSACTIONS asks to come again.
/// </para>
/// <list type="bullet">
/// <item>v2: flexible. v3: the producer says who it is (KIP-360). v4: PRODUCER_FENCED; before, INVALID_PRODUCER_EPOCH.</item>
/// </list>
/// </summary>
internal sealed class InitProducerIdApi(TransactionCoordinator transactions) : IApiHandler
{
    private const short FencedSince = 4;

    public short Key => 22;

    public string Name => "InitProducerId";

    public short MinVersion => 0;

    public short MaxVersion => 4;

    public short FirstFlexibleVersion => 2;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        string? transactionalId = body.ReadNullableString();
        int timeoutMs = body.ReadInt32();
        long producerId = context.ApiVersion >= 3 ? body.ReadInt64() : -1;
        short epoch = context.ApiVersion >= 3 ? body.ReadInt16() : (short)-1;
        body.SkipTags();
        transactions.InitProducerId(transactionalId, timeoutMs, producerId, epoch, reply =>
        {
            KafkaWriter response = context.Response;
            response.WriteInt32(0);
            response.WriteError(reply.Error.ForClient().FencedSince(context.ApiVersion, FencedSince));
            response.WriteInt64(reply.ProducerId);
            response.WriteInt16(reply.Epoch);
            response.WriteEmptyTags();
            context.Send();
        });
    }
}
