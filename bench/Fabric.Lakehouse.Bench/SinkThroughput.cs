using System.Globalization;
using Fabric.Delta;
using Fabric.Kafka.Clients;
using Fabric.Lakehouse.Sink;
using Fabric.Lakehouse.Tables;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Lakehouse.Bench;

/// <summary>
/// Goal 1a: the sink as it runs in the product, from a topic on the embedded broker to a committed table (flush of the defaults,
/// lineage events included), against librdkafka that only reads the same topic. Broker in a process of its own on the second core,
/// the reader on the first; A/B interleaved. The time runs from the first record to the last commit.
/// </summary>
internal static class SinkThroughput
{
    private const int Rounds = 7;

    public static async Task<int> RunAsync()
    {
        await MeasureAsync(records: 600_000, samplesPerRecord: 1);
        await MeasureAsync(records: 75_000, samplesPerRecord: 20);
        return 0;
    }

    private static async Task MeasureAsync(int records, int samplesPerRecord)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fabric-bench-broker-");
        using (BrokerProcess broker = BrokerProcess.Start(folder.FullName))
        {
            var clients = new ConfluentKafkaClients(broker.Bootstrap, null, TimeProvider.System, NullLoggerFactory.Instance);
            var registry = new BenchRegistry();
            long bytes = await RawTopic.FillAsync(clients, registry, RawTopic.Machines(records, samplesPerRecord));
            Console.WriteLine(Invariant(
                $"{samplesPerRecord} samples a record: {records} records, {(double)bytes / records:F0} bytes each"));
            List<(Took Bare, Took Sink)> rounds = [];
            for (int round = 0; round <= Rounds; round++)
            {
                Took bare = BareConsumer.Read(broker.Bootstrap, RawTopic.Name, RawTopic.Partitions, records, out long read);
                Took sink = await SinkAsync(clients, registry, records, (long)records * samplesPerRecord);
                if (read != bytes)
                {
                    throw new InvalidOperationException($"librdkafka read {read} bytes of {bytes}");
                }

                Tell(round, bare, sink, bytes, (long)records * samplesPerRecord);
                rounds.Add((bare, sink));
            }

            rounds.RemoveAt(0);
            Console.WriteLine($"  1a sink/bare, bytes per second: {Ratios.Tell(rounds.Select(r => r.Bare.Elapsed / r.Sink.Elapsed))}, goal 0.6x");
            Console.WriteLine($"     the same by CPU time: {Ratios.Tell(rounds.Select(r => r.Bare.Cpu / r.Sink.Cpu))}");
        }

        folder.Delete(recursive: true);
    }

    private static async Task<Took> SinkAsync(IKafkaClients clients, BenchRegistry registry, long records, long rows)
    {
        using var lake = new BenchLake();
        var kafka = new CountedKafka(clients, records);
        TableDefinition table = StandardTables.Create("raw", BenchLake.Fabric, FlushPolicy.Default);
        await new TableSink(table, lake.Services(kafka, registry)).RunAsync(kafka.AllRead.Token);
        Snapshot snapshot = await lake.Table("raw").LoadAsync(default);
        long committed = snapshot.Files.Sum(file => System.Text.Json.JsonDocument.Parse(file.Stats!).RootElement.GetProperty("numRecords").GetInt64());
        return committed == rows
            ? kafka.First.Until(kafka.Closed) : throw new InvalidOperationException($"{committed} rows of {rows} are in the table");
    }

    private static void Tell(int round, Took bare, Took sink, long bytes, long rows)
    {
        string Rate(Took took) => Invariant(
            $"{bytes / took.Elapsed.TotalSeconds / 1e6,6:F0} MB/s {rows / took.Elapsed.TotalSeconds / 1e6,5:F2} M samples/s {took.Cpu.TotalMicroseconds / rows,6:F3} us CPU/sample");
        Console.WriteLine($"  librdkafka {Rate(bare)}   sink {Rate(sink)}{(round == 0 ? "   (warm-up, discarded)" : "")}");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
