using System.Globalization;
using Fabric.EndToEnd.Bench.Publishing;
using Fabric.Testing;

namespace Fabric.EndToEnd.Bench;

/// <summary>
/// One measured run: mosquitto, <c>fabric run</c> and the publisher as three processes; warm-up, the measured stretch, then the publisher
/// stops and everything that was acknowledged must reach the tables.
/// </summary>
internal sealed class EndToEndRun(BenchOptions options, int samplesPerSecond)
{
    private const int SamplesPerMessage = 20;
    private static readonly TimeSpan StartMax = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan QuietMax = TimeSpan.FromSeconds(45);

    public async Task<RunReport> RunAsync()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fabric-e2e-");
        try
        {
            return await RunAsync(folder.FullName);
        }
        finally
        {
            if (options.KeepsFolder)
            {
                Console.WriteLine($"kept: {folder.FullName}");
            }
            else
            {
                folder.Delete(recursive: true);
            }
        }
    }

    private async Task<RunReport> RunAsync(string folder)
    {
        await using MosquittoServer mosquitto = await MosquittoServer.StartAsync();
        FabricSetup.Write(folder, mosquitto.Port, options);
        string lake = Path.Combine(folder, "data", "lake");
        await using var raw = new CommitWatch(lake, "raw");
        await using var telemetry = new CommitWatch(lake, "telemetry");
        RunReport report;
        await using (ChildProcess fabric = ChildProcess.Start("fabric.dll", "run", "--config", Path.Combine(folder, "fabric.yaml")))
        {
            await fabric.WhenSaidAsync("connector:plant running", StartMax);
            report = await MeasureAsync(folder, mosquitto, fabric, raw, telemetry);
            await File.WriteAllLinesAsync(Path.Combine(folder, "fabric.log"), fabric.Output);
        }

        using LedgerCheck check = await LedgerCheck.OpenAsync(folder, lake);
        return report with
        {
            Raw = check.Compare("raw", "point", "value_double, value_long"),
            Telemetry = check.Compare("telemetry", "signal", "number, value_long"),
            RawFreshness = check.FreshnessOf(raw, report.FromMicros, report.ToMicros),
            TelemetryFreshness = check.FreshnessOf(telemetry, report.FromMicros, report.ToMicros),
        };
    }

    private async Task<RunReport> MeasureAsync(
        string folder, MosquittoServer mosquitto, ChildProcess fabric, CommitWatch raw, CommitWatch telemetry)
    {
        string[] numbers = [.. new[] { mosquitto.Port, samplesPerSecond / SamplesPerMessage, options.Devices, options.Gateways }
            .Select(number => number.ToString(CultureInfo.InvariantCulture))];
        await using ChildProcess publisher = ChildProcess.Start(
            "Fabric.EndToEnd.Bench.dll", [PublisherProgram.Word, .. numbers, folder]);
        int[] processes = [fabric.Id, mosquitto.ProcessId, publisher.Id];
        await Task.Delay(TimeSpan.FromSeconds(options.WarmUpSeconds));
        ProcessUsage[] before = [.. processes.Select(ProcessUsage.Read)];
        long fromMicros = NowMicros();
        await Task.Delay(TimeSpan.FromSeconds(options.Seconds));
        ProcessUsage[] after = [.. processes.Select(ProcessUsage.Read)];
        long toMicros = NowMicros();
        int exitCode = await publisher.EndAsync("stop", StartMax);
        (_, long sent, long acknowledged) = Progress(publisher, long.MaxValue);
        long stoppedMicros = NowMicros();
        bool isDrained = await raw.WhenRowsAsync(acknowledged * SamplesPerMessage, QuietMax)
            & await telemetry.WhenRowsAsync(acknowledged * SamplesPerMessage, QuietMax);
        (long startMicros, long sentBefore, long acknowledgedBefore) = Progress(publisher, fromMicros);
        (long endMicros, long sentAfter, long acknowledgedAfter) = Progress(publisher, toMicros);
        double seconds = (endMicros - startMicros) / 1e6;
        return new RunReport
        {
            SamplesOffered = samplesPerSecond, FromMicros = fromMicros, ToMicros = toMicros, IsDrained = isDrained && exitCode == 0,
            DrainSeconds = (NowMicros() - stoppedMicros) / 1e6,
            SamplesPublished = (sentAfter - sentBefore) * SamplesPerMessage / seconds,
            SamplesAcknowledged = (acknowledgedAfter - acknowledgedBefore) * SamplesPerMessage / seconds,
            SamplesInLedger = acknowledged * SamplesPerMessage, SamplesUnacknowledged = (sent - acknowledged) * SamplesPerMessage,
            Before = before, After = after, PeakResidentMiB = ProcessUsage.PeakResidentMiB(fabric.Id),
            RawCommits = [.. raw.Commits], TelemetryCommits = [.. telemetry.Commits],
        };
    }

    /// <summary>What the publisher last said up to a moment.</summary>
    private static (long Micros, long Sent, long Acknowledged) Progress(ChildProcess publisher, long untilMicros)
    {
        (long Micros, long Sent, long Acknowledged)[] said = [.. publisher.Output
            .Select(line => line.Split(' ')).Where(words => words.Length == 3 && long.TryParse(words[0], out _))
            .Select(words => (
                long.Parse(words[0], CultureInfo.InvariantCulture), long.Parse(words[1], CultureInfo.InvariantCulture),
                long.Parse(words[2], CultureInfo.InvariantCulture)))];
        return said.Any(line => line.Item1 <= untilMicros)
            ? said.Last(line => line.Micros <= untilMicros)
            : throw new InvalidOperationException($"The publisher said nothing: {string.Join('\n', publisher.Output)}");
    }

    private static long NowMicros() =>
        (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
