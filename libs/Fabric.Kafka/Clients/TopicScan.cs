using Fabric.Core;

namespace Fabric.Kafka.Clients;

/// <summary>Reads a topic from its start to its present end, once: compacted topics, listings.</summary>
public static class TopicScan
{
    private static readonly TimeSpan PollStep = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(30);
    private const int PollEventsMax = 10_000;

    /// <summary>
    /// Calls <paramref name="take"/> with every committed record, in order per partition, until each partition's end was reached.
    /// </summary>
    /// <param name="partitions">Partitions 0 to this number less one; 0 reads nothing.</param>
    /// <exception cref="KafkaException">The cluster refused, or nothing was heard for 30 s (retriable).</exception>
    /// <exception cref="OperationCanceledException">The token ended the reading.</exception>
    public static void ReadToEnd(
        IKafkaClients kafka, string topic, int partitions, Action<ConsumedRecord> take, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var open = Enumerable.Range(0, partitions).Select(partition => new TopicPartition(topic, partition)).ToHashSet();
        if (open.Count == 0)
        {
            return;
        }

        using IRecordConsumer consumer = kafka.OpenConsumer(null, null);
        consumer.Assign([.. open.Select(partition => new PartitionPosition(partition, PartitionPosition.Beginning))]);
        var batch = new PollBatch();
        long heardAt = clock.GetTimestamp();
        while (open.Count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            batch.Clear();
            consumer.Poll(PollStep, PollEventsMax, batch);
            batch.Records.ForEach(take);
            batch.Ends.ForEach(end => open.Remove(end.Partition));
            if (batch.Records.Count > 0 || batch.Ends.Count > 0)
            {
                heardAt = clock.GetTimestamp();
            }
            else if (clock.GetElapsedTime(heardAt) > SilenceMax)
            {
                throw new KafkaException(
                    "TOPIC_SILENT", $"Reading the topic to its end heard nothing for {SilenceMax.TotalSeconds:0} s", topic,
                    isRetriable: true);
            }
        }
    }
}
