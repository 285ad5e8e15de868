using System.Runtime.InteropServices;
using Fabric.Core;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Clients;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Streams.Bench;

/// <summary>What a transaction costs: Begin, n records of 200 bytes, offsets, Commit. Times the commit and the whole.</summary>
internal static partial class CommitLatency
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(string[] settings)
    {
        Dictionary<string, string> overrides = settings.Select(setting => setting.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        Console.WriteLine($"settings: {(settings.Length == 0 ? "defaults" : string.Join(' ', settings))}");
        await using (BenchBroker opening = await BenchBroker.StartAsync(FsyncPolicy.OperatingSystem))
        {
            await opening.CreateTopicAsync("out", 4);
            for (int i = 0; i < 3; i++)
            {
                Open(opening.Clients(overrides));
            }
        }

        foreach (FsyncPolicy fsync in (FsyncPolicy[])[FsyncPolicy.Always, FsyncPolicy.OperatingSystem])
        {
            await using BenchBroker broker = await BenchBroker.StartAsync(fsync);
            await broker.CreateTopicAsync("out", 4);
            Measure($"embedded, fsync {fsync}", broker.Clients(overrides));
        }

        nint mock = StartMock(out nint client, out string bootstrap);
        Measure("librdkafka mock", new ConfluentKafkaClients(bootstrap, overrides, TimeProvider.System, NullLoggerFactory.Instance));
        DestroyCluster(mock);
        Destroy(client);
        return 0;
    }

    /// <summary>What a restart waits for: the producer's first transaction and the consumer's first records.</summary>
    private static void Open(IKafkaClients clients)
    {
        long startedAt = TimeProvider.System.GetTimestamp();
        using ITransactionalProducer producer = clients.OpenProducer("bench");
        producer.InitTransactions(Bound);
        double initMs = Figures.ElapsedMs(startedAt);
        startedAt = TimeProvider.System.GetTimestamp();
        One(producer, 1, out _);
        double firstMs = Figures.ElapsedMs(startedAt);
        startedAt = TimeProvider.System.GetTimestamp();
        BenchBroker.Drain(clients, "out", 4);
        Console.WriteLine(
            $"opening: InitTransactions {initMs:F0} ms, first transaction {firstMs:F0} ms, reading to the end {Figures.ElapsedMs(startedAt):F0} ms");
    }

    private static void Measure(string name, IKafkaClients clients)
    {
        using ITransactionalProducer producer = clients.OpenProducer("bench");
        producer.InitTransactions(Bound);
        One(producer, 1, out _);
        Console.WriteLine(name);
        long startedAt;
        foreach (int records in (int[])[1, 10, 100, 1_000, 10_000])
        {
            List<double> commits = [];
            List<double> wholes = [];
            for (int i = 0; i < 200; i++)
            {
                startedAt = TimeProvider.System.GetTimestamp();
                One(producer, records, out double commitMs);
                wholes.Add(Figures.ElapsedMs(startedAt));
                commits.Add(commitMs);
            }

            commits.Sort();
            wholes.Sort();
            Console.WriteLine(
                $"  {records,6} records: commit p50 {Figures.Percentile(commits, 0.5):F2} ms, p99 {Figures.Percentile(commits, 0.99):F2} ms; "
                + $"whole p50 {Figures.Percentile(wholes, 0.5):F2} ms, p99 {Figures.Percentile(wholes, 0.99):F2} ms");
        }
    }

    private static void One(ITransactionalProducer producer, int records, out double commitMs)
    {
        Span<byte> value = stackalloc byte[200];
        producer.Begin();
        for (int i = 0; i < records; i++)
        {
            producer.Produce("out", i & 3, value[..8], true, value, true);
        }

        long startedAt = TimeProvider.System.GetTimestamp();
        producer.Commit(Bound);
        commitMs = Figures.ElapsedMs(startedAt);
    }

    private static nint StartMock(out nint client, out string bootstrap)
    {
        Span<byte> error = stackalloc byte[512];
        client = New(0, NewConf(), ref MemoryMarshal.GetReference(error), (nuint)error.Length);
        nint cluster = NewCluster(client, 1);
        CreateTopic(cluster, "out", 4, 1);
        bootstrap = Marshal.PtrToStringUTF8(Bootstraps(cluster))!;
        return cluster;
    }

    private const string Library = "librdkafka.so.1";

    [LibraryImport(Library, EntryPoint = "rd_kafka_conf_new")]
    private static partial nint NewConf();

    [LibraryImport(Library, EntryPoint = "rd_kafka_new")]
    private static partial nint New(int type, nint conf, ref byte error, nuint errorLength);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_cluster_new")]
    private static partial nint NewCluster(nint client, int brokers);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_cluster_bootstraps")]
    private static partial nint Bootstraps(nint cluster);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_topic_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateTopic(nint cluster, string topic, int partitions, int replication);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_cluster_destroy")]
    private static partial void DestroyCluster(nint cluster);

    [LibraryImport(Library, EntryPoint = "rd_kafka_destroy")]
    private static partial void Destroy(nint client);
}
