using System.Globalization;
using System.Text;
using System.Text.Json;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>
/// Drift on the embedded broker: a signal whose distribution moves, against rows of a table pinned to a version and against a file,
/// with the whole process killed in the middle of a window. The verdicts stand in the table <c>drift</c>, and scipy judges their numbers by
/// the rows that they name.
/// </summary>
[Collection("EndToEnd")]
public sealed class DriftRunTests(ITestOutputHelper output)
{
    private const int Reference = 600, Outliers = 5, InWindow = 200, InSparseWindow = 10;
    private const double ShiftedBy = 5;
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);

    /// <summary>One minute each; the first ten hold the reference, one value a second.</summary>
    private static readonly DateTimeOffset Begin = new(2026, 1, 10, 12, 0, 0, TimeSpan.Zero);

    private static readonly DateTimeOffset Alike = Begin.AddMinutes(20), Shifted = Begin.AddMinutes(21), Sparse = Begin.AddMinutes(22), After = Begin.AddMinutes(30);

    [SkippableFact]
    public async Task Windows_are_judged_against_a_pinned_table_and_a_file_and_scipy_agrees()
    {
        Skip.IfNot(MosquittoServer.Judge.IsPresent, MosquittoServer.Judge.Absent);
        Judge scipy = Judge.Python("scipy-ks.py");
        Skip.IfNot(scipy.IsPresent, scipy.Absent);
        using var folder = new TempFolder();
        await using MosquittoServer mosquitto = await MosquittoServer.StartAsync();
        string lake = folder["data/lake"];
        var random = new Random(1); // verdicts follow from the values: the same ones in every run
        double[] inFile = [.. Normal(random, 400, ShiftedBy)];
        File.WriteAllText(folder["commissioning.csv"], "signal,number\n" + string.Join('\n', inFile.Select(value => $"vibration,{Text(value)}")));

        Configure(folder, mosquitto, "");
        await using (FabricProcess fabric = await StartAsync(folder))
        {
            await SendAsync(mosquitto, Begin, [.. Normal(random, Reference, 0), .. Enumerable.Repeat(1000.0, Outliers)]);
            await TelemetryAsync(lake, Reference + Outliers, fabric);
        }

        long version = LatestVersion(lake, "telemetry");
        Configure(folder, mosquitto, $$"""
              - { use: drift, name: by_table, signals: [Pump.vibration], window: 1m, grace: 1s, baseline: { table: telemetry, version: {{version}}, where: "number < 100" } }
              - { use: drift, name: by_file, signals: [Pump.vibration], window: 1m, grace: 1s, baseline: { file: commissioning.csv } }
            """);
        double[] shifted = [.. Normal(random, InWindow, ShiftedBy)];
        await using (FabricProcess fabric = await StartAsync(folder))
        {
            await SendAsync(mosquitto, Alike, [.. Normal(random, InWindow, 0)]);
            await SendAsync(mosquitto, Shifted, shifted[..(InWindow / 2)]);
            await TelemetryAsync(lake, Reference + Outliers + InWindow + (InWindow / 2), fabric);
            await fabric.KillAsync();
        }

        await using (FabricProcess fabric = await StartAsync(folder))
        {
            await SendAsync(mosquitto, Shifted.AddSeconds(30), shifted[(InWindow / 2)..]);
            await SendAsync(mosquitto, Sparse, [.. Normal(random, InSparseWindow, 0)]);
            await SendAsync(mosquitto, After, [0]);
            const int windows = 2 * (11 + 3); // eleven of the reference and its outliers, then alike, shifted, sparse
            long rows = await Lake.WhenRowsAsync(lake, "drift", windows, Bound);
            Assert.True(rows == windows, $"{rows} rows in drift\n{fabric.Output}");
        }

        await AssertVerdictsAsync(lake);
        await AssertScipyAgreesAsync(lake, scipy, inFile);
        await LineageOverRestartsAsync(folder);
    }

    private static async Task AssertVerdictsAsync(string lake)
    {
        IReadOnlyList<object?[]> rows = await Lake.RowsOfAsync(lake, $"""
            SELECT drift, epoch_ms(window_start), verdict FROM drift WHERE epoch_ms(window_start) >= {Alike.ToUnixTimeMilliseconds()}
            ORDER BY drift DESC, window_start
            """);
        Assert.Equal(
            [
                ("by_table", Alike, "STABLE"), ("by_table", Shifted, "DRIFT"), ("by_table", Sparse, "INSUFFICIENT"),
                ("by_file", Alike, "DRIFT"), ("by_file", Shifted, "STABLE"), ("by_file", Sparse, "INSUFFICIENT"),
            ],
            rows.Select(row => ((string)row[0]!, DateTimeOffset.FromUnixTimeMilliseconds((long)row[1]!), (string)row[2]!)));
    }

    /// <summary>Each row of drift against the rows of telemetry in its window, and those of its reference.</summary>
    private async Task AssertScipyAgreesAsync(string lake, Judge scipy, double[] inFile)
    {
        double[] inTable = await NumbersAsync(lake, $"observed_at < TIMESTAMPTZ '{Alike:yyyy-MM-dd HH:mm:ss}+00' AND number < 100");
        Assert.Equal(Reference, inTable.Length);
        IReadOnlyList<object?[]> rows = await Lake.RowsOfAsync(lake, """
            SELECT drift, n_ref, n_cur, d, p, effect, input_partition, first_offset, last_offset, epoch_us(window_start), epoch_us(window_end), asset, signal
            FROM drift ORDER BY ALL
            """);
        var input = new StringBuilder();
        var windows = new List<(double[] Reference, double[] Window)>();
        foreach (object?[] row in rows)
        {
            string inWindow = $"epoch_us(observed_at) >= {row[9]} AND epoch_us(observed_at) < {row[10]} AND asset = '{row[11]}' AND signal = '{row[12]}'";
            double[] window = await NumbersAsync(lake, inWindow), reference = (string)row[0]! == "by_table" ? inTable : inFile;
            Assert.Equal((reference.Length, window.Length), ((long)row[1]!, (long)row[2]!));
            Assert.Equal(
                [row[6], row[7], row[8]],
                (await Lake.RowsOfAsync(lake, $"SELECT any_value(_partition), min(_offset), max(_offset) FROM telemetry WHERE {inWindow}"))[0]);
            windows.Add((reference, window));
            input.Append(CultureInfo.InvariantCulture, $"{{\"a\":[{Join(reference)}],\"b\":[{Join(window)}]}}\n");
        }

        JudgeResult judged = await scipy.RunAsync(input.ToString(), Bound);
        Assert.True(judged.ExitCode == 0, judged.Error);
        JsonElement[] expected = [.. judged.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(rows.Count, expected.Length);
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double p = expected[i].GetProperty("p").GetDouble(), difference = Math.Abs((double)rows[i][4]! - p);
            worst = p >= 1e-12 ? Math.Max(worst, difference / p) : worst;
            Assert.Equal(expected[i].GetProperty("d").GetDouble(), (double)rows[i][3]!, 12);
            Assert.True(p < 1e-12 ? difference < 1e-12 : difference <= 1e-10 * p, $"p is {rows[i][4]}, scipy's {p}");
            Assert.Equal(Effect(windows[i].Reference, windows[i].Window), (double)rows[i][5]!, 12);
        }

        output.WriteLine($"measured {rows.Count} windows, largest relative difference of p to scipy's {worst:E2}");
    }

    /// <summary>Three lives of the fabric, one ended by SIGKILL: after a fourth one every commit has been told.</summary>
    private async Task LineageOverRestartsAsync(TempFolder folder)
    {
        string lake = folder["data/lake"];
        string[] jobs = ["connector.pumps", "topology.contextualize", "topology.by_table", "topology.by_file"];
        await using (FabricProcess again = FabricProcess.Start("run", "--config", folder["fabric.yaml"], "--only", "broker,registry,sinks"))
        {
            int commits = await LineageJudge.EveryCommitIsToldAsync(lake, Bound);
            output.WriteLine($"measured {commits} commits over four lives, each told with its offsets and files");
            Assert.Empty(await LineageJudge.JobsWithoutAWholeRunAsync(lake, jobs, Bound));
        }

        Judge ajv = Judge.Script("openlineage-validate.mjs");
        if (TestData.Folder is null || !ajv.IsPresent)
        {
            output.WriteLine("the standard's schemas or ajv are absent: the events were not validated");
            return;
        }

        output.WriteLine($"measured {await LineageJudge.EveryEventIsValidAsync(lake, ajv)} events valid by the standard's schemas");
    }

    private static async Task<FabricProcess> StartAsync(TempFolder folder)
    {
        FabricProcess fabric = FabricProcess.Start("run", "--config", folder["fabric.yaml"]);
        await fabric.WhenSaidAsync("connector:pumps running", Bound);
        return fabric;
    }

    /// <summary>A value every quarter of a second at most, so that none leaves its minute.</summary>
    private static async Task SendAsync(MosquittoServer mosquitto, DateTimeOffset from, double[] values)
    {
        await using MqttSender sender = MqttSender.Start(mosquitto);
        double stepMs = values.Length > InWindow ? 1000 : 140;
        for (int i = 0; i < values.Length; i++)
        {
            long micros = from.AddMilliseconds(i * stepMs).ToUnixTimeMilliseconds() * 1000;
            await sender.SendAsync("pump/1", $$"""{"ts":{{micros}},"vibration":{{Text(values[i])}}}""");
        }
    }

    private static async Task TelemetryAsync(string lake, long rows, FabricProcess fabric)
    {
        long found = await Lake.WhenRowsAsync(lake, "telemetry", rows, Bound);
        Assert.True(found == rows, $"{found} of {rows} rows in telemetry\n{fabric.Output}");
    }

    private static async Task<double[]> NumbersAsync(string lake, string where) =>
        [.. (await Lake.RowsOfAsync(lake, $"SELECT number FROM telemetry WHERE {where}")).Select(row => (double)row[0]!)];

    /// <summary>Box and Muller's transform of what the generator gives.</summary>
    private static IEnumerable<double> Normal(Random random, int count, double mean) => Enumerable.Range(0, count).Select(_ =>
        mean + (Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())));

    /// <summary>Cliff's delta by its definition.</summary>
    private static double Effect(double[] reference, double[] window) =>
        window.Sum(value => reference.Sum(other => (double)value.CompareTo(other))) / ((double)reference.Length * window.Length);

    private static long LatestVersion(string lake, string table) => Directory.EnumerateFiles(Path.Combine(lake, table, "_delta_log"), "*.json")
        .Max(file => long.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture));

    private static string Join(double[] values) => string.Join(',', values.Select(Text));

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static void Configure(TempFolder folder, MosquittoServer mosquitto, string topologies)
    {
        File.WriteAllText(folder["twins.yaml"], """
            assets:
              - { id: pump-1, model: Pump, path: site/pump-1, signals: { vibration: { unit: m/s2, points: [pumps/1/vibration] } } }
            """);
        File.WriteAllText(folder["fabric.yaml"], $$"""
            fabric: drifting
            kafka: { bootstrap: embedded, listen: 127.0.0.1:0 }
            twins: twins.yaml
            connectors:
              - name: pumps
                kind: mqtt
                url: {{mosquitto.Url.ToString().TrimEnd('/')}}
                subscribe: [pump/+]
                topic: pump/{device}
                payload: { format: json, time: $.ts, timeUnit: us }
            topologies:
              - use: contextualize
            {{topologies}}
            tables: { default: { flush: { every: 500ms } } }
            """);
    }
}
