using System.Globalization;
using Fabric.Delta;
using Fabric.DuckDb;
using Fabric.Kafka.Clients;
using Fabric.Lakehouse.Sink;
using Fabric.Lakehouse.Tables;
using Fabric.Schemas;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Lakehouse.Bench;

/// <summary>
/// Goal 1f on recorded data: bytes a sample of the table <c>raw</c> as the sink writes it, against what DuckDB makes of the very
/// same rows and columns with COPY, zstd, V1 and V2 pages, the better of the two.
/// </summary>
internal static class RecordedPlant
{
    private static readonly Random Chance = new(20260101);

    public static async Task<int> RunAsync()
    {
        if (Folder() is not { } skab)
        {
            Console.WriteLine("skipped: the recorded data are not beside this checkout (../shared/data), nor where FABRIC_TEST_DATA says");
            return 0;
        }

        string[] files = [Path.Combine(skab, "anomaly-free.csv"), .. Directory.GetFiles(Path.Combine(skab, "valve1"), "*.csv").Order(StringComparer.Ordinal)];
        List<Observation> observations = [.. files.SelectMany(Read)];
        long samples = observations.Sum(observation => (long)observation.Samples.Count);
        using var lake = new BenchLake();
        await FillAsync(lake, observations);
        Snapshot snapshot = await lake.Table("raw").LoadAsync(default);
        long ours = snapshot.Files.Sum(file => file.Size);
        Tell($"table raw, {snapshot.Files.Count} files", ours, samples);
        string[] paths = [.. snapshot.Files.Select(file => Path.Combine(lake.Folder, "raw", snapshot.RelativePath(file)))];
        using DuckDbConnection connection = lake.Database.Connect();
        connection.Execute($"CREATE TABLE same AS {ParquetFileReader.Select(connection, paths)} ORDER BY _partition, _offset, _index");
        long best = new[] { "v1", "v2" }.Min(version => Copy(connection, lake.Folder, version, samples));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"1f table/DuckDB: {(double)ours / best:0.000}x, goal 1.0x"));
        TellColumns(connection, paths, samples);
        return 0;
    }

    private static string? Folder()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Fabric.sln")))
        {
            at = at.Parent;
        }

        string data = Environment.GetEnvironmentVariable("FABRIC_TEST_DATA") ?? Path.Combine(at?.FullName ?? ".", "..", "shared", "data");
        string skab = Path.Combine(data, "skab");
        return Directory.Exists(skab) ? skab : null;
    }

    /// <summary>One observation a line, as the connector makes it of the recording: received some milliseconds after it was observed.</summary>
    private static IEnumerable<Observation> Read(string path)
    {
        string[] lines = File.ReadAllLines(path);
        string[] names = lines[0].Split(';');
        long sequence = 0;
        foreach (string[] cells in lines.Skip(1).Where(line => line.Length > 0).Select(line => line.Split(';')))
        {
            DateTime at = DateTime.Parse(cells[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
            long observedAt = (at - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
            var observation = new Observation
            {
                Node = "edge-1", Source = "testbed", Device = Path.GetFileNameWithoutExtension(path), Epoch = 1, Sequence = sequence++,
                ReceivedAtMicros = observedAt + 2_000 + Chance.Next(20_000), Delivery = Delivery.Live,
            };
            for (int i = 1; i <= 8; i++)
            {
                observation.Samples.Add(new Sample
                {
                    Point = $"values.{names[i]}", Type = "number", ObservedAtMicros = observedAt, Clock = Clock.Device, Quality = Quality.Good,
                    Value = long.TryParse(cells[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole)
                        ? whole : double.Parse(cells[i], CultureInfo.InvariantCulture),
                });
            }

            yield return observation;
        }
    }

    private static async Task FillAsync(BenchLake lake, List<Observation> observations)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fabric-bench-broker-");
        using (BrokerProcess broker = BrokerProcess.Start(folder.FullName))
        {
            var clients = new ConfluentKafkaClients(broker.Bootstrap, null, TimeProvider.System, NullLoggerFactory.Instance);
            var registry = new BenchRegistry();
            await RawTopic.FillAsync(clients, registry, observations);
            var kafka = new CountedKafka(clients, observations.Count);
            TableDefinition table = StandardTables.Create("raw", BenchLake.Fabric, FlushPolicy.Default);
            await new TableSink(table, lake.Services(kafka, registry)).RunAsync(kafka.AllRead.Token);
        }

        folder.Delete(recursive: true);
    }

    private static long Copy(DuckDbConnection connection, string folder, string version, long samples)
    {
        string path = Path.Combine(folder, $"duckdb-{version}.parquet");
        connection.Execute($"COPY same TO '{path}' (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION {version})");
        long bytes = new FileInfo(path).Length;
        Tell($"DuckDB COPY {version} zstd", bytes, samples);
        return bytes;
    }

    private static void Tell(string what, long bytes, long samples) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{what,-28}{(double)bytes / samples,8:F3} bytes a sample ({bytes} bytes, {samples} samples)"));

    /// <summary>Where the bytes are.</summary>
    private static void TellColumns(DuckDbConnection connection, string[] paths, long samples)
    {
        string list = string.Join(", ", paths.Select(path => $"'{path}'"));
        using DuckDbResult result = connection.Query(
            $"SELECT path_in_schema, sum(total_compressed_size)::DOUBLE FROM parquet_metadata([{list}]) GROUP BY ALL ORDER BY 2 DESC LIMIT 8");
        Console.WriteLine("  of these, bytes a sample: " + string.Join(", ", result.Rows().Select(row =>
            string.Create(CultureInfo.InvariantCulture, $"{row[0]} {(double)row[1]! / samples:F3}"))));
    }
}
