using Fabric.Kafka.Clients;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Kafka.Bench;

/// <summary>
/// Goal 3g: what a transaction commit costs as librdkafka's caller sees it (through the fabric's producer, the same settings on
/// both sides): Begin, n records of 200 bytes to four partitions, then the commit, which is what is timed.
/// </summary>
internal static class CommitLatency
{
    private const int Transactions = 100;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    /// <param name="settings">librdkafka settings to try, <c>name=value</c>.</param>
    public static int Run(string[] settings)
    {
        Dictionary<string, string> overrides = settings.Select(setting => setting.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        using ChildProcess broker = ChildProcess.Broker();
        using ChildProcess mock = ChildProcess.Peer(MockBroker.Role);
        using (var admin = new RawClient(broker.Address))
        {
            admin.CreateTopic(MockBroker.Topic, MockBroker.Partitions);
        }

        using ITransactionalProducer toBroker = Open(broker, overrides);
        using ITransactionalProducer toMock = Open(mock, overrides);
        foreach (int records in (int[])[1, 100, 1_000])
        {
            Compare(records, toBroker, toMock);
        }

        return 0;
    }

    private static ITransactionalProducer Open(ChildProcess server, Dictionary<string, string> overrides)
    {
        var clients = new ConfluentKafkaClients(server.Bootstrap, overrides, TimeProvider.System, NullLoggerFactory.Instance);
        ITransactionalProducer producer = clients.OpenProducer("bench");
        producer.InitTransactions(Bound);
        return producer;
    }

    private static void Compare(int records, ITransactionalProducer toBroker, ITransactionalProducer toMock)
    {
        var comparison = new Comparison($"3g transaction commit p50, {records} records", "ms", "<= 1.15");
        Comparison.Interleave((_, counts) =>
        {
            double ours = MedianMs(toBroker, records);
            double peer = MedianMs(toMock, records);
            if (counts)
            {
                comparison.Add(ours, peer);
            }
        });
        comparison.Print();
    }

    private static double MedianMs(ITransactionalProducer producer, int records)
    {
        List<double> commits = new(Transactions);
        Span<byte> value = stackalloc byte[200];
        for (int i = 0; i < Transactions; i++)
        {
            producer.Begin();
            for (int record = 0; record < records; record++)
            {
                producer.Produce(MockBroker.Topic, record % MockBroker.Partitions, value[..8], true, value, true);
            }

            long startedAt = TimeProvider.System.GetTimestamp();
            producer.Commit(Bound);
            commits.Add(TimeProvider.System.GetElapsedTime(startedAt).TotalMilliseconds);
        }

        return Comparison.Median(commits);
    }
}
