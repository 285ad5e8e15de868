using System.Text;
using Fabric.Avro.Registry;
using Fabric.Kafka.Clients;
using Fabric.Schemas;

namespace Fabric.Lakehouse.Bench;

/// <summary>The topic <c>raw</c>, created and filled beforehand in transactions, uncompressed.</summary>
internal static class RawTopic
{
    public const string Name = $"{BenchLake.Fabric}.raw";
    public const int Partitions = 4;

    private const int RecordsPerTransaction = 20_000;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    /// <summary>Returns the bytes of all values.</summary>
    public static async Task<long> FillAsync(
        IKafkaClients clients, ISchemaRegistry registry, IEnumerable<Observation> observations, string topic = Name)
    {
        using (IKafkaAdmin admin = clients.OpenAdmin())
        {
            await admin.EnsureTopicsAsync(
                [Spec(topic, Partitions), .. new[] { "quarantine", "gaps", "lineage" }.Select(name => Spec($"{BenchLake.Fabric}.{name}", 1))],
                default);
        }

        using RecordEncoder<Observation> encoder = await RecordEncoder<Observation>.OpenAsync(registry, topic, default);
        using ITransactionalProducer producer = clients.OpenProducer("bench-fill");
        producer.InitTransactions(Bound);
        long bytes = 0;
        foreach (Observation[] chunk in observations.Chunk(RecordsPerTransaction))
        {
            producer.Begin();
            foreach (Observation observation in chunk)
            {
                ReadOnlySpan<byte> value = encoder.Encode(observation);
                bytes += value.Length;
                producer.Produce(
                    topic, null, Encoding.UTF8.GetBytes($"{observation.Source}/{observation.Device}"), true, value, true,
                    observation.ReceivedAtMicros / 1_000);
            }

            producer.Commit(Bound);
        }

        return bytes;
    }

    /// <summary>
    /// Machines with 20 signals each, once a second: random walks in two decimals, a few milliseconds of jitter. A record has
    /// all signals of a moment, or one.
    /// </summary>
    public static IEnumerable<Observation> Machines(int records, int samplesPerRecord)
    {
        const int machines = 50, signals = 20;
        var random = new Random(20260101);
        var levels = new double[machines, signals];
        for (int record = 0; record < records; record++)
        {
            int machine = record % machines;
            long at = 1_767_225_600_000_000 + (record / machines * 1_000_000L) + random.Next(5_000);
            var observation = new Observation
            {
                Node = "edge-1", Source = "sensors", Device = $"press-{machine:D2}", Epoch = 1, Sequence = record,
                ReceivedAtMicros = at + 10_000 + random.Next(10_000), Delivery = Delivery.Live,
            };
            for (int i = 0; i < samplesPerRecord; i++)
            {
                int signal = samplesPerRecord == 1 ? record / machines % signals : i;
                double level = levels[machine, signal] += random.NextDouble() - 0.5;
                observation.Samples.Add(new Sample
                {
                    Point = $"signal-{signal:D2}", Value = Math.Round(50 + level, 2), Type = "number", ObservedAtMicros = at,
                    Clock = Clock.Device, Quality = Quality.Good,
                });
            }

            yield return observation;
        }
    }

    private static TopicSpec Spec(string topic, int partitions) => new(topic, partitions, 1, new Dictionary<string, string>());
}
