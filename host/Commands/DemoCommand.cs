using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Fabric.DuckDb;
using Fabric.Host.Configuration;
using Fabric.Host.Demo;
using Fabric.Host.Runtime;
using Fabric.Lakehouse.Sql;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Commands;

/// <summary>
/// <c>fabric demo</c>: a simulated plant, the whole way into the tables, and the proof that every value arrived once, by reading
/// the tables back against the plant's ledger. On free ports; ends by itself.
/// </summary>
internal static class DemoCommand
{
    private static readonly TimeSpan CatchUpMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var seconds = new Option<int>("--seconds") { Description = "How long the plant runs", DefaultValueFactory = _ => 60 };
        Option<bool> json = new("--json") { Description = "Print only the result, as JSON" };
        var data = new Option<string?>("--data")
        {
            Description = "An empty folder for everything the demo writes; default: a new temporary one", HelpName = "DIR",
        };
        Option<LogLevel> log = CommonOptions.Log();
        var command = new Command("demo", "The whole fabric on this machine with a simulated plant") { seconds, json, data, log };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(seconds), parsed.GetValue(json), parsed.GetValue(data), parsed.GetValue(log), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        int seconds, bool json, string? folder, LogLevel log, CancellationToken cancellation)
    {
        void Say(string line)
        {
            if (!json)
            {
                Console.WriteLine(line);
            }
        }

        RuntimeDoors doors = CommonOptions.Doors(log);
        DemoFiles files = DemoFiles.Prepare(folder);
        Say($"demo in {files.Folder}");
        PlantProcess plant = await PlantProcess.StartAsync(
            ["--seconds", seconds.ToString(CultureInfo.InvariantCulture), "--ledger", files.Ledger, "--wait-for", "3"],
            doors.Clock, cancellation).ConfigureAwait(false);
        await using (plant.ConfigureAwait(false))
        {
            files.WriteConfiguration(plant.Port);
            FabricConfiguration configuration = CommonOptions.Load(files.Configuration);
            JsonObject result = await PlayAsync(plant, files, configuration, doors, Say, seconds, cancellation).ConfigureAwait(false);
            Say("look at the tables with:");
            Say($"  fabric sql --config {files.Configuration} 'SELECT asset, signal, count(*), avg(number) FROM telemetry GROUP BY ALL ORDER BY ALL'");
            Console.WriteLine(result.ToJsonString());
            return result["ok"]!.GetValue<bool>() ? ExitCode.Done : ExitCode.No;
        }
    }

    private static async Task<JsonObject> PlayAsync(
        PlantProcess plant, DemoFiles files, FabricConfiguration configuration, RuntimeDoors doors, Action<string> say, int seconds,
        CancellationToken cancellation)
    {
        long startedAt = doors.Clock.GetTimestamp();
        FabricRuntime runtime = await FabricRuntime.StartAsync(configuration, RuntimeRoles.All, doors, cancellation)
            .ConfigureAwait(false);
        PlantTotals totals;
        await using (runtime.ConfigureAwait(false))
        {
            say($"fabric runs, Kafka at {runtime.BootstrapServers}, MQTT broker of the plant at 127.0.0.1:{plant.Port}");
            await plant.WhenStartedAsync(cancellation).ConfigureAwait(false);
            Task<PlantTotals> done = plant.WhenDoneAsync(cancellation);
            await WatchAsync(done, files, doors, startedAt, say, cancellation).ConfigureAwait(false);
            totals = await done.ConfigureAwait(false);
            say($"the plant is done: {totals.Samples} samples in {totals.Messages} messages were acknowledged to it, {totals.Malformed} malformed");
            await CatchUpAsync(totals, files, doors, cancellation).ConfigureAwait(false);
        }

        using LakeSql lake = await OpenLakeAsync(files, cancellation).ConfigureAwait(false);
        DemoVerdict verdict = DemoVerdict.Reach(lake, files);
        return Result(verdict, runtime);
    }

    /// <summary>Tells how many rows there are while the plant runs.</summary>
    private static async Task WatchAsync(
        Task done, DemoFiles files, RuntimeDoors doors, long startedAt, Action<string> say, CancellationToken cancellation)
    {
        long shown = 0;
        while (!done.IsCompleted)
        {
            await Task.WhenAny(done, Task.Delay(LookEvery * 5, doors.Clock, cancellation)).ConfigureAwait(false);
            using LakeSql lake = await OpenLakeAsync(files, cancellation).ConfigureAwait(false);
            long raw = DemoVerdict.Count(lake, "raw"), telemetry = DemoVerdict.Count(lake, "telemetry");
            if (shown == 0 && raw > 0)
            {
                say($"first rows are in the table {doors.Clock.GetElapsedTime(startedAt).TotalSeconds:0} s after the start");
            }

            shown = raw;
            say($"  {raw} rows in raw, {telemetry} in telemetry");
        }
    }

    private static async Task CatchUpAsync(
        PlantTotals totals, DemoFiles files, RuntimeDoors doors, CancellationToken cancellation)
    {
        long since = doors.Clock.GetTimestamp();
        while (doors.Clock.GetElapsedTime(since) < CatchUpMax)
        {
            using (LakeSql lake = await OpenLakeAsync(files, cancellation).ConfigureAwait(false))
            {
                if (DemoVerdict.Count(lake, "raw") >= totals.Samples && DemoVerdict.Count(lake, "quarantine") >= totals.Malformed)
                {
                    return;
                }
            }

            await Task.Delay(LookEvery, doors.Clock, cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<LakeSql> OpenLakeAsync(DemoFiles files, CancellationToken cancellation)
    {
        using DuckDbDatabase checkpoints = DuckDbDatabase.Open();
        return await LakeSql.OpenAsync(
            files.Lake, SqlCommand.ReadingEnvironment(checkpoints), null, [files.Folder], cancellation).ConfigureAwait(false);
    }

    private static JsonObject Result(DemoVerdict verdict, FabricRuntime runtime)
    {
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        return new JsonObject
        {
            ["samples_published"] = verdict.SamplesPublished, ["samples_in_table"] = verdict.SamplesInTable,
            ["duplicates"] = verdict.Duplicates, ["missing"] = verdict.Missing, ["quarantined"] = verdict.Quarantined,
            ["tables"] = new JsonObject([.. verdict.Tables.Select(table =>
                KeyValuePair.Create(table.Key, (JsonNode?)JsonValue.Create(table.Value)))]),
            ["freshness_ms_p50"] = Milliseconds(runtime, 0.50), ["freshness_ms_p99"] = Milliseconds(runtime, 0.99),
            ["rss_mb_peak"] = self.PeakWorkingSet64 >> 20, ["pii_hits"] = verdict.PiiHits, ["ok"] = verdict.IsOk,
        };
    }

    private static long Milliseconds(FabricRuntime runtime, double quantile) =>
        (long)(runtime.Freshness.Quantile("raw", quantile)?.TotalMilliseconds ?? -1);
}
