using System.Text;
using Fabric.Kafka.Clients;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Streams.Bench;

/// <summary>Goal 2f: restoring a store of 500,000 keys against bare consuming of its changelog.</summary>
internal static class RestoreRate
{
    private const int Keys = 500_000;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync()
    {
        await using BenchBroker broker = await BenchBroker.StartAsync();
        IKafkaClients clients = broker.Clients();
        await broker.CreateTopicAsync("in", 1);
        using (ITransactionalProducer producer = clients.OpenProducer("fill"))
        {
            producer.InitTransactions(Bound);
            for (int sent = 0; sent < Keys;)
            {
                producer.Begin();
                for (int i = 0; i < 20_000 && sent < Keys; i++, sent++)
                {
                    producer.Produce("in", 0, Encoding.UTF8.GetBytes($"device/{sent}"), true, new byte[100], true, 1_000);
                }

                producer.Commit(Bound);
            }
        }

        await RunOnceAsync(clients, 1);
        for (int round = 0; round < 5; round++)
        {
            long startedAt = TimeProvider.System.GetTimestamp();
            long records = BenchBroker.Drain(clients, "restore-values-changelog", 1);
            double bareMs = Figures.ElapsedMs(startedAt);
            double restoreMs = await RunOnceAsync(clients, 0);
            Console.WriteLine(
                $"bare {records / bareMs * 1000:N0}/s, restore {records / restoreMs * 1000:N0}/s, ratio {bareMs / restoreMs:F2}");
        }

        return 0;
    }

    /// <summary>Starts, waits until the state is there (and the input processed), stops.</summary>
    private static async Task<double> RunOnceAsync(IKafkaClients clients, int expectInput)
    {
        int seen = 0;
        var builder = new StreamBuilder();
        builder.Stream<string, byte[]>("in").Peek((_, _) => seen++).ToTable(Materialized.As<string, byte[]>("values"));
        await using var streams = new KafkaStreams(
            builder.Build(), new StreamsConfig { ApplicationId = "restore", NodeId = "bench", Quarantine = new TopicQuarantine("in") },
            clients, TimeProvider.System, NullLoggerFactory.Instance);
        long joinedAt = 0;
        streams.StateChanged += _ => { };
        await streams.StartAsync(default);
        while (streams.Threads[0].State is not (StreamThreadState.Restoring or StreamThreadState.Running))
        {
            await Task.Delay(1);
        }

        joinedAt = TimeProvider.System.GetTimestamp();
        while (streams.State != StreamsState.Running || (expectInput > 0 && Volatile.Read(ref seen) < Keys))
        {
            await Task.Delay(1);
        }

        double restoreMs = Figures.ElapsedMs(joinedAt);
        await streams.StopAsync(default);
        return restoreMs;
    }
}
