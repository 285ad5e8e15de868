using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>
/// Broker, connector, topology and sink as processes of their own, killed at random points under load, and the link to the MQTT
/// broker cut. The oracle is the publisher's ledger of what mosquitto acknowledged to it.
/// </summary>
[Collection("EndToEnd")]
public sealed class KillTests(ITestOutputHelper output)
{
    private const int DefaultKills = 50;
    private const int SamplesPerSecond = 5000;
    private const int Devices = 8;
    private static readonly string[] Parts = ["broker,registry", "connectors", "topologies", "sinks", "link"];

    [SkippableFact]
    public async Task Killed_at_random_points_nothing_acknowledged_is_lost_or_doubled()
    {
        Skip.IfNot(MosquittoServer.Judge.IsPresent, MosquittoServer.Judge.Absent);
        Skip.IfNot(PlantRun.IsInstalled, "The plant is not installed: run 'make setup'");
        int seed = Seed.Next();
        int kills = int.TryParse(Environment.GetEnvironmentVariable("FABRIC_KILLS"), out int wanted) ? wanted : DefaultKills;
        output.WriteLine($"seed {seed}, {kills} kills");
        using var folder = new TempFolder();
        await using MosquittoServer mosquitto = await MosquittoServer.StartAsync();
        await using var link = new CuttableLink(mosquitto.Port);
        WriteConfiguration(folder, link.Port);
        var processes = new Dictionary<string, FabricProcess>(StringComparer.Ordinal);
        var score = new KillScore(Parts);
        try
        {
            foreach (string part in Parts.Where(part => part != "link"))
            {
                processes[part] = await StartAsync(folder, part);
            }

            await processes["connectors"].WhenSaidAsync("connector:load running", TimeSpan.FromMinutes(1));
            await using PlantRun plant = PlantRun.Start(
                "--url", mosquitto.Url.ToString(), "--load", "--rate", SamplesPerSecond.ToString(CultureInfo.InvariantCulture),
                "--topic", "load/{device}", "--seconds", "0", "--ledger", folder["ledger.jsonl"]);
            using var watch = new TableWatch(folder["data/lake"], "telemetry");
            long startedAt = Stopwatch.GetTimestamp();
            await KillAsync(Order(kills, new Random(seed)), new Random(seed), folder, processes, link, watch, score);
            TimeSpan killing = Stopwatch.GetElapsedTime(startedAt);
            plant.Stop();
            long samples = await plant.WhenDoneAsync(TimeSpan.FromMinutes(1));
            await watch.WhenRowsAsync(samples, TimeSpan.FromMinutes(3));
            await Lake.WhenRowsAsync(folder["data/lake"], "raw", samples, TimeSpan.FromMinutes(2));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"measured {kills} kills in {killing.TotalSeconds:0} s under {samples} samples; seconds until every device's newer readings stand in telemetry (goal 10 s)"));
            output.WriteLine(score.Tell(await score.FaultsAsync(folder["data/lake"], Ledger(folder), folder.Path)));
            await AssertExactlyOnceAsync(folder, samples);
            int commits = await LineageJudge.EveryCommitIsToldAsync(folder["data/lake"], TimeSpan.FromMinutes(1));
            output.WriteLine($"measured {commits} commits, each with its completed run in the lineage");
        }
        catch (Exception)
        {
            output.WriteLine($"{score.Count} kills were overcome");
            foreach ((string part, FabricProcess process) in processes)
            {
                output.WriteLine($"== {part}\n{process.Output}");
            }

            throw;
        }
        finally
        {
            foreach (string part in Parts.Reverse().Where(processes.ContainsKey))
            {
                await processes[part].DisposeAsync();
            }
        }
    }

    /// <summary>Every part as often as every other, in any order.</summary>
    private static string[] Order(int kills, Random random)
    {
        string[] order = [.. Enumerable.Range(0, kills).Select(kill => Parts[kill % Parts.Length])];
        random.Shuffle(order);
        return order;
    }

    /// <summary>Kills one part after the other, each at a random moment after the one before was overcome.</summary>
    private static async Task KillAsync(
        string[] order, Random random, TempFolder folder, Dictionary<string, FabricProcess> processes, CuttableLink link,
        TableWatch watch, KillScore score)
    {
        const int pauseMsMin = 200, pauseMsMax = 2000;
        foreach (string part in order)
        {
            await Task.Delay(random.Next(pauseMsMin, pauseMsMax));
            long startedAt = Stopwatch.GetTimestamp();
            long atMicros = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
            if (part == "link")
            {
                link.Cut();
            }
            else
            {
                await processes[part].KillAsync();
                await processes[part].DisposeAsync();
                processes[part] = await StartAsync(folder, part);
            }

            await watch.WhenReceivedAfterAsync(atMicros, Devices, TimeSpan.FromMinutes(2));
            score.Add(atMicros, part, Stopwatch.GetElapsedTime(startedAt));
        }
    }

    private static string Ledger(TempFolder folder) => $"""
        read_json('{folder["ledger.jsonl"]}', format = 'newline_delimited',
          columns = {"{"}device: 'VARCHAR', ts: 'BIGINT', sequence: 'BIGINT', samples: 'BIGINT'{"}"})
        """;

    private static async Task AssertExactlyOnceAsync(TempFolder folder, long samples)
    {
        string rows = """
            SELECT device, epoch_us(observed_at) AS ts, count(*) AS n, count(DISTINCT point) AS points,
              max(value_long) FILTER (point = 'n') AS sequence,
              sum(value_long) FILTER (point <> 'n') AS total
            FROM raw GROUP BY ALL
            """;
        string lake = folder["data/lake"];
        Assert.Equal(samples, await Lake.CountAsync(lake, "SELECT count(*) FROM raw"));
        Assert.Equal(0, await Lake.CountAsync(
            lake, $"""
            SELECT count(*) FROM {Ledger(folder)} AS l LEFT JOIN ({rows}) AS r ON r.device = l.device AND r.ts = l.ts
            WHERE r.n IS NULL OR r.n <> l.samples OR r.points <> l.samples OR r.sequence <> l.sequence
              OR r.total <> 2000 * l.sequence + 190
            """, folder.Path));
        Assert.Equal(samples, await Lake.CountAsync(
            lake, "SELECT count(DISTINCT (raw_partition, raw_offset, raw_index)) FROM telemetry"));
        Assert.Equal(samples, await Lake.CountAsync(lake, "SELECT count(*) FROM telemetry"));
    }

    private static async Task<FabricProcess> StartAsync(TempFolder folder, string part)
    {
        FabricProcess process = FabricProcess.Start("run", "--config", folder["fabric.yaml"], "--only", part);
        if (part == "broker,registry")
        {
            await process.WhenSaidAsync("runs as", TimeSpan.FromMinutes(1));
        }

        return process;
    }

    private static void WriteConfiguration(TempFolder folder, int mqttPort)
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            File.WriteAllText(folder["fabric.yaml"], $$"""
                fabric: kill
                node: edge
                data: ./data
                kafka: { bootstrap: embedded, listen: 127.0.0.1:{{((IPEndPoint)probe.LocalEndpoint).Port}} }
                twins: twins.yaml
                connectors:
                  - name: load
                    kind: mqtt
                    url: mqtt://127.0.0.1:{{mqttPort}}
                    subscribe: [load/+]
                    topic: load/{device}
                    payload: { format: json, time: $.ts, timeUnit: us }
                topologies: [{ use: contextualize }]
                tables: { default: { flush: { every: 500ms } } }
                """);
        }

        var twins = new StringBuilder("assets:\n");
        for (int device = 0; device < Devices; device++)
        {
            twins.Append(CultureInfo.InvariantCulture, $"  - id: load-{device}\n    model: Load\n    path: a/b/load-{device}\n    signals:\n");
            twins.Append(CultureInfo.InvariantCulture, $"      n: {{ points: [load/load-{device}/n] }}\n      v:\n        points:\n");
            for (int sample = 0; sample < 20; sample++)
            {
                twins.Append(CultureInfo.InvariantCulture, $"          - load/load-{device}/v%5B{sample}%5D\n");
            }
        }

        File.WriteAllText(folder["twins.yaml"], twins.ToString());
    }
}
