using System.Text;
using Fabric.Core;
using Fabric.Kafka.Clients;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Kafka.Tests.Clients;

/// <summary>What the tests of the doors share: opening, writing a few records, reading until a condition holds.</summary>
internal static class ClientFixture
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    public static ConfluentKafkaClients Clients(string bootstrap) =>
        new(bootstrap, null, TimeProvider.System, NullLoggerFactory.Instance);

    public static void ProduceText(
        this ITransactionalProducer producer, string topic, int? partition, string? key, string? value,
        IReadOnlyList<RecordHeader>? headers = null) =>
        producer.Produce(
            topic, partition, Encoding.UTF8.GetBytes(key ?? ""), key is not null, Encoding.UTF8.GetBytes(value ?? ""),
            value is not null, headers: headers);

    public static void ReadUntil(this IRecordConsumer consumer, PollBatch batch, Func<bool> isDone)
    {
        long startedAt = TimeProvider.System.GetTimestamp();
        while (!isDone())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(startedAt) < Bound, "Nothing more came within the bound");
            consumer.Poll(TimeSpan.FromMilliseconds(100), 500, batch);
        }
    }

    public static string Text(byte[]? bytes) => bytes is null ? "<null>" : Encoding.UTF8.GetString(bytes);

    public static string[] ReadAll(ConfluentKafkaClients clients, string topic, int partitions)
    {
        using IRecordConsumer consumer = clients.OpenConsumer(null, null);
        consumer.Assign(
            [.. Enumerable.Range(0, partitions).Select(
                index => new PartitionPosition(new TopicPartition(topic, index), PartitionPosition.Beginning))]);
        var batch = new PollBatch();
        consumer.ReadUntil(batch, () => batch.Ends.Select(end => end.Partition).Distinct().Count() == partitions);
        return [.. batch.Records.Select(record => Text(record.Value))];
    }
}

/// <summary>Writes down what the group told it, in order.</summary>
internal sealed class RecordingListener : IRebalanceListener
{
    public List<TopicPartition> Held { get; } = [];

    public List<string> Events { get; } = [];

    public Action<IReadOnlyCollection<TopicPartition>> Revoking { get; set; } = _ => { };

    public IReadOnlyCollection<PartitionPosition> OnAssigned(IReadOnlyCollection<TopicPartition> added)
    {
        Held.AddRange(added);
        Events.Add($"assigned {string.Join(' ', added.Order())}");
        return [];
    }

    public void OnRevoked(IReadOnlyCollection<TopicPartition> removed)
    {
        Revoking(removed);
        Held.RemoveAll(removed.Contains);
        Events.Add($"revoked {string.Join(' ', removed.Order())}");
    }

    public void OnLost(IReadOnlyCollection<TopicPartition> removed)
    {
        Held.RemoveAll(removed.Contains);
        Events.Add($"lost {string.Join(' ', removed.Order())}");
    }
}
