using System.Security.Cryptography;
using System.Text;
using Fabric.Core;
using Fabric.Kafka.Clients;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Streams.Bench;

/// <summary>
/// Goal 2a: a stateless topology (filter, enrich with the asset of the device, anonymise one field, to) against the loop that
/// somebody would write by hand on the same doors: poll, map, produce, send offsets, commit every 100 ms. A/B interleaved; each
/// run starts at the first record of a topic filled beforehand and ends when the last result is committed.
/// </summary>
internal static class MapThroughput
{
    private const int Partitions = 4;
    private const int ValueBytes = 200;
    private static readonly byte[] PrivacyKey = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly Dictionary<string, byte[]> Assets =
        Enumerable.Range(0, 1_000).ToDictionary(i => $"device{i}", i => Encoding.UTF8.GetBytes($"plant/line{i % 7}/asset{i}"));

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(string[] args)
    {
        int records = args.Length > 0 ? int.Parse(args[0]) : 1_000_000;
        int rounds = args.Length > 1 ? int.Parse(args[1]) : 7;
        await using BenchBroker broker = await BenchBroker.StartAsync();
        IKafkaClients clients = broker.Clients();
        await broker.CreateTopicAsync("in", Partitions);
        await broker.CreateTopicAsync("out", Partitions);
        Fill(clients, records);
        List<double> ratios = [];
        for (int round = 0; round <= rounds; round++)
        {
            (double Rate, double Cpu) byHand = Time(records, () => ByHand(clients, $"hand{round}", records));
            (double Rate, double Cpu) topology = Time(records, () => AsTopology(clients, $"app{round}", records).GetAwaiter().GetResult());
            string note = round == 0 ? " (warm-up, discarded)" : "";
            Console.WriteLine(
                $"by hand {byHand.Rate,9:N0}/s {byHand.Cpu:F2} us CPU   topology {topology.Rate,9:N0}/s {topology.Cpu:F2} us CPU   "
                + $"ratio {topology.Rate / byHand.Rate:F2}{note}");
            if (round > 0)
            {
                ratios.Add(topology.Rate / byHand.Rate);
            }
        }

        ratios.Sort();
        Console.WriteLine($"median ratio {ratios[ratios.Count / 2]:F2} ({ratios[0]:F2} to {ratios[^1]:F2}), goal 0.85");
        return 0;
    }

    private static (double Rate, double CpuMicroseconds) Time(int records, Func<TimeSpan> run)
    {
        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        TimeSpan elapsed = run();
        return (records / elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - cpuBefore).TotalMicroseconds / records);
    }

    private static void Fill(IKafkaClients clients, int records)
    {
        using ITransactionalProducer producer = clients.OpenProducer("fill");
        producer.InitTransactions(Bound);
        byte[] value = new byte[ValueBytes];
        new Random(1).NextBytes(value);
        for (int sent = 0; sent < records;)
        {
            producer.Begin();
            for (int i = 0; i < 20_000 && sent < records; i++, sent++)
            {
                producer.Produce("in", sent % Partitions, Encoding.UTF8.GetBytes($"device{sent % 1000}"), true, value, true, 1_000);
            }

            producer.Commit(Bound);
        }
    }

    /// <summary>Appends the asset that the device belongs to.</summary>
    private static byte[] Enrich(string device, byte[] value)
    {
        byte[] asset = Assets[device];
        byte[] enriched = new byte[value.Length + asset.Length];
        value.CopyTo(enriched, 0);
        asset.CopyTo(enriched, value.Length);
        return enriched;
    }

    /// <summary>Puts a token in the place of the field that names a person.</summary>
    private static byte[] Anonymise(byte[] value)
    {
        Span<byte> token = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<byte> person = value.AsSpan(32, 16);
        HMACSHA256.HashData(PrivacyKey, person, token);
        token[..person.Length].CopyTo(person);
        return value;
    }

    /// <summary>From the first record to the commit of the last.</summary>
    private static TimeSpan ByHand(IKafkaClients clients, string id, int records)
    {
        using ITransactionalProducer producer = clients.OpenProducer(id);
        producer.InitTransactions(Bound);
        using IRecordConsumer consumer = clients.OpenConsumer(id, null);
        var listener = new Listener();
        consumer.Subscribe("in", listener);
        var batch = new PollBatch();
        var next = new Dictionary<TopicPartition, long>();
        long startedAt = 0;
        long committedAt = 0;
        int done = 0;
        bool isOpen = false;
        while (done < records || isOpen)
        {
            batch.Clear();
            consumer.Poll(TimeSpan.FromMilliseconds(100), 2_000, batch);
            foreach (ConsumedRecord record in batch.Records)
            {
                if (startedAt == 0)
                {
                    startedAt = committedAt = TimeProvider.System.GetTimestamp();
                }

                if (!isOpen)
                {
                    producer.Begin();
                    isOpen = true;
                }

                if (record.Value!.Length > 0)
                {
                    byte[] value = Anonymise(Enrich(Encoding.UTF8.GetString(record.Key!), record.Value));
                    producer.Produce("out", null, record.Key, true, value, true, record.TimestampMs, record.Headers);
                }

                next[record.Partition] = record.Offset + 1;
                done++;
            }

            if (isOpen && (done >= records || TimeProvider.System.GetElapsedTime(committedAt) >= TimeSpan.FromMilliseconds(100)))
            {
                producer.SendOffsets([.. next.Select(at => new PartitionPosition(at.Key, at.Value))], consumer.GroupMetadata!, Bound);
                producer.Commit(Bound);
                committedAt = TimeProvider.System.GetTimestamp();
                isOpen = false;
            }
        }

        TimeSpan elapsed = TimeProvider.System.GetElapsedTime(startedAt);
        consumer.Close(Bound);
        return elapsed;
    }

    private static async Task<TimeSpan> AsTopology(IKafkaClients clients, string id, int records)
    {
        long startedAt = 0;
        int seen = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = new StreamBuilder();
        builder.Stream<string, byte[]>("in", new Consumed<string, byte[]> { KeySerde = Serdes.String, ValueSerde = Serdes.Bytes })
            .Filter((_, value) =>
            {
                if (seen++ == 0)
                {
                    startedAt = TimeProvider.System.GetTimestamp();
                }

                if (seen == records)
                {
                    all.SetResult();
                }

                return value.Length > 0;
            })
            .MapValues(Enrich).MapValues(Anonymise).To("out", Produced.With(Serdes.String, Serdes.Bytes));
        await using var streams = new KafkaStreams(
            builder.Build(),
            new StreamsConfig { ApplicationId = id, NodeId = "bench", Quarantine = new TopicQuarantine("out") }, clients,
            TimeProvider.System, NullLoggerFactory.Instance);
        await streams.StartAsync(default);
        await all.Task;

        // Stopping commits what is in flight: the clock stops when that is done, leaving the group included.
        await streams.StopAsync(default);
        return TimeProvider.System.GetElapsedTime(startedAt);
    }

    private sealed class Listener : IRebalanceListener
    {
        public IReadOnlyCollection<PartitionPosition> OnAssigned(IReadOnlyCollection<TopicPartition> added) => [];

        public void OnRevoked(IReadOnlyCollection<TopicPartition> removed)
        {
        }

        public void OnLost(IReadOnlyCollection<TopicPartition> removed)
        {
        }
    }
}
