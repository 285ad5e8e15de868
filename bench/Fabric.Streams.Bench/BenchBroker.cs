using Fabric.Core;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Clients;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Streams.Bench;

/// <summary>An embedded broker in this process, in a temporary folder.</summary>
internal sealed class BenchBroker : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly EmbeddedBroker _broker;

    private BenchBroker(DirectoryInfo folder, EmbeddedBroker broker)
    {
        _folder = folder;
        _broker = broker;
    }

    public string Bootstrap => _broker.BootstrapServers;

    public static async Task<BenchBroker> StartAsync(FsyncPolicy fsync = FsyncPolicy.Always)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fabric-bench-");
        EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { DataDirectory = folder.FullName, Listen = "127.0.0.1:0", Fsync = fsync },
            NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);
        return new BenchBroker(folder, broker);
    }

    public IKafkaClients Clients(IReadOnlyDictionary<string, string>? settings = null) =>
        new ConfluentKafkaClients(Bootstrap, settings, TimeProvider.System, NullLoggerFactory.Instance);

    public async Task CreateTopicAsync(string topic, int partitions, string policy = "delete")
    {
        using IKafkaAdmin admin = Clients().OpenAdmin();
        await admin.EnsureTopicsAsync(
            [new TopicSpec(topic, partitions, 1, new Dictionary<string, string> { ["cleanup.policy"] = policy })], default);
    }

    /// <summary>Reads from the start to the end, and counts.</summary>
    public static long Drain(IKafkaClients clients, string topic, int partitions)
    {
        using IRecordConsumer consumer = clients.OpenConsumer(null, null);
        consumer.Assign([.. Enumerable.Range(0, partitions).Select(
            index => new PartitionPosition(new TopicPartition(topic, index), PartitionPosition.Beginning))]);
        var batch = new PollBatch();
        long records = 0;
        int ended = 0;
        while (ended < partitions)
        {
            batch.Clear();
            consumer.Poll(TimeSpan.FromMilliseconds(100), 5_000, batch);
            records += batch.Records.Count;
            ended += batch.Ends.Count;
        }

        return records;
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

/// <summary>Times and what to say about them.</summary>
internal static class Figures
{
    public static double Percentile(List<double> sorted, double share) => sorted[(int)Math.Min(sorted.Count - 1, sorted.Count * share)];

    public static double ElapsedMs(long since) => TimeProvider.System.GetElapsedTime(since).TotalMilliseconds;
}
