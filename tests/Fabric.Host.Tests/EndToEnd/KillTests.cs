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
    private const int DefaultKills = 40;
    private const int SamplesPerSecond = 5000;
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
        await using var link = new BrokenLink(mosquitto.Port);
        WriteConfiguration(folder, link.Port);
        var processes = new Dictionary<string, FabricProcess>(StringComparer.Ordinal);
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
            List<TimeSpan> recoveries = await KillAsync(kills, new Random(seed), folder, processes, link);
            plant.Stop();
            long samples = await plant.WhenDoneAsync(TimeSpan.FromMinutes(1));
            await Lake.WhenRowsAsync(folder["data/lake"], "raw", samples, TimeSpan.FromMinutes(3));
            await Lake.WhenRowsAsync(folder["data/lake"], "telemetry", samples, TimeSpan.FromMinutes(2));
            recoveries.Sort();
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"measured {kills} kills under {samples} samples; a part that came back made progress after p50 {recoveries[recoveries.Count / 2].TotalSeconds:0.0} s, p95 {recoveries[recoveries.Count * 95 / 100].TotalSeconds:0.0} s, worst {recoveries[^1].TotalSeconds:0.0} s (goal 10 s)"));
            await AssertExactlyOnceAsync(folder, samples);
            int commits = await LineageJudge.EveryCommitIsToldAsync(folder["data/lake"], TimeSpan.FromMinutes(1));
            output.WriteLine($"measured {commits} commits, each with its completed run in the lineage");
            Assert.True(recoveries[^1] < TimeSpan.FromSeconds(60), "recovery took six times the goal");
        }
        catch (Exception)
        {
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

    /// <summary>Each part in turn, at a random moment; returns how long the tables stood still each time.</summary>
    private static async Task<List<TimeSpan>> KillAsync(
        int kills, Random random, TempFolder folder, Dictionary<string, FabricProcess> processes, BrokenLink link)
    {
        const int pauseMsMin = 200, pauseMsMax = 2000;
        var recoveries = new List<TimeSpan>();
        for (int kill = 0; kill < kills; kill++)
        {
            await Task.Delay(random.Next(pauseMsMin, pauseMsMax));
            string part = Parts[kill % Parts.Length];
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

            recoveries.Add(await WhenProgressAsync(folder));
        }

        return recoveries;
    }

    /// <summary>
    /// Waits for new rows in telemetry: whatever part was killed, they pass through all of them. Commits that were on their way
    /// are let by first.
    /// </summary>
    private static async Task<TimeSpan> WhenProgressAsync(TempFolder folder)
    {
        const int commits = 2;
        long startedAt = Stopwatch.GetTimestamp();
        for (int commit = 0; commit < commits; commit++)
        {
            long before = await Lake.RowsAsync(folder["data/lake"], "telemetry");
            long after = await Lake.WhenRowsAsync(folder["data/lake"], "telemetry", before + 1, TimeSpan.FromMinutes(2));
            Assert.True(after > before, "no progress for two minutes");
        }

        return Stopwatch.GetElapsedTime(startedAt);
    }

    private static async Task AssertExactlyOnceAsync(TempFolder folder, long samples)
    {
        string ledger = $"""
            read_json('{folder["ledger.jsonl"]}', format = 'newline_delimited',
              columns = {"{"}device: 'VARCHAR', ts: 'BIGINT', sequence: 'BIGINT', samples: 'BIGINT'{"}"})
            """;
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
            SELECT count(*) FROM {ledger} AS l LEFT JOIN ({rows}) AS r ON r.device = l.device AND r.ts = l.ts
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
        for (int device = 0; device < 8; device++)
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
