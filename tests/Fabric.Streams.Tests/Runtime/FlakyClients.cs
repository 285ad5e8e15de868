using Fabric.Kafka;
using Fabric.Kafka.Clients;

namespace Fabric.Streams.Tests.Runtime;

/// <summary>
/// Real clients whose commits fail at random, before or after they took place: abortable (the coordinator refused), fatal
/// (the producer is finished), or fatal with the commit done and the answer lost.
/// </summary>
internal sealed class FlakyClients(IKafkaClients inner, int seed, double share) : IKafkaClients
{
    private readonly Random _random = new(seed);

    public int Failures { get; private set; }

    public IRecordConsumer OpenConsumer(string? groupId, string? instanceId) => inner.OpenConsumer(groupId, instanceId);

    public ITransactionalProducer OpenProducer(string transactionalId) => new Flaky(this, inner.OpenProducer(transactionalId));

    public IKafkaAdmin OpenAdmin() => inner.OpenAdmin();

    private int Draw()
    {
        lock (_random)
        {
            if (_random.NextDouble() >= share)
            {
                return 0;
            }

            Failures++;
            return _random.Next(1, 5);
        }
    }

    private sealed class Flaky(FlakyClients owner, ITransactionalProducer inner) : ITransactionalProducer
    {
        public void InitTransactions(TimeSpan timeout) => inner.InitTransactions(timeout);

        public void Begin() => inner.Begin();

        public void Produce(
            string topic, int? partition, ReadOnlySpan<byte> key, bool hasKey, ReadOnlySpan<byte> value, bool hasValue,
            long? timestampMs = null, IReadOnlyList<RecordHeader>? headers = null) =>
            inner.Produce(topic, partition, key, hasKey, value, hasValue, timestampMs, headers);

        public void SendOffsets(IReadOnlyCollection<PartitionPosition> nextOffsets, object groupMetadata, TimeSpan timeout) =>
            inner.SendOffsets(nextOffsets, groupMetadata, timeout);

        public void Commit(TimeSpan timeout)
        {
            switch (owner.Draw())
            {
                case 1:
                case 2:
                    throw new KafkaException("TEST_ABORTABLE", "refused", isAbortable: true);
                case 3:
                    throw new KafkaException("TEST_FATAL", "finished before the commit");
                case 4:
                    inner.Commit(timeout);
                    throw new KafkaException("TEST_FATAL", "finished after the commit");
                default:
                    inner.Commit(timeout);
                    break;
            }
        }

        public void Abort(TimeSpan timeout) => inner.Abort(timeout);

        public void Dispose() => inner.Dispose();
    }
}
