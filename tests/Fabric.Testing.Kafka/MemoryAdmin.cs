using Fabric.Core;
using Fabric.Kafka.Clients;

namespace Fabric.Testing.Kafka;

/// <summary>Topic administration of <see cref="MemoryKafka"/>.</summary>
internal sealed class MemoryAdmin(MemoryKafka kafka) : IKafkaAdmin
{
    public Task EnsureTopicsAsync(IReadOnlyCollection<TopicSpec> topics, CancellationToken cancellationToken)
    {
        foreach (TopicSpec topic in topics)
        {
            kafka.Create(topic.Name, topic.Partitions);
        }

        return Task.CompletedTask;
    }

    public Task<int> PartitionCountAsync(string topic, CancellationToken cancellationToken) =>
        Task.FromResult(kafka.PartitionsOf(topic));

    public Task DeleteRecordsAsync(IReadOnlyCollection<PartitionPosition> before, CancellationToken cancellationToken)
    {
        lock (kafka.Lock)
        {
            foreach (PartitionPosition position in before)
            {
                kafka.LogOf(position.Partition).Start = position.Offset;
            }
        }

        return Task.CompletedTask;
    }

    public void Dispose()
    {
    }
}
