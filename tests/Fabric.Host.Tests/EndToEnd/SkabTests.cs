using System.Diagnostics;
using System.Globalization;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>The recorded plant over mosquitto: every value of every file in the tables, once and bit by bit.</summary>
[Collection("EndToEnd")]
public sealed class SkabTests(ITestOutputHelper output)
{
    private const int RowsTraced = 100;
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);

    [SkippableFact]
    public async Task Recorded_plant_every_row_is_in_the_tables_exactly_once()
    {
        Skip.If(TestData.Folder is null, TestData.Absent);
        Skip.IfNot(MosquittoServer.Judge.IsPresent, MosquittoServer.Judge.Absent);
        Skip.IfNot(PlantRun.IsInstalled, "The plant is not installed: run 'make setup'");
        string skab = Path.Combine(TestData.Folder!, "skab");
        string[] files = [Path.Combine(skab, "anomaly-free.csv"), .. Directory.GetFiles(Path.Combine(skab, "valve1"), "*.csv")];
        using var folder = new TempFolder();
        await using MosquittoServer mosquitto = await MosquittoServer.StartAsync();
        Prepare(folder, mosquitto);
        long samples;
        await using (FabricProcess fabric = FabricProcess.Start("run", "--config", folder["fabric.yaml"]))
        {
            await fabric.WhenSaidAsync("connector:testbed running", TimeSpan.FromMinutes(1));
            await using PlantRun plant = PlantRun.Start(
                ["--url", mosquitto.Url.ToString(), "--topic", "skab/{device}", "--leave-out", "anomaly", "--leave-out", "changepoint",
                    "--ledger", folder["ledger.jsonl"], .. files.SelectMany(file => new[] { "--csv", file })]);
            samples = await plant.WhenDoneAsync(TimeSpan.FromMinutes(3));
            Assert.Equal(files.Sum(file => File.ReadLines(file).Count(line => line.Length > 0) - 1) * 8, samples);
            Assert.Equal(samples, await Lake.WhenRowsAsync(folder["data/lake"], "raw", samples, TimeSpan.FromMinutes(2)));
            Assert.Equal(samples, await Lake.WhenRowsAsync(folder["data/lake"], "telemetry", samples, TimeSpan.FromMinutes(2)));
        }

        long equal = await Lake.CountAsync(folder["data/lake"], Matches(files), skab);
        output.WriteLine($"measured {samples} samples published, {equal} rows bit-equal to the files");
        Assert.Equal(samples, equal);
        Assert.Equal(
            samples, await Lake.CountAsync(
                folder["data/lake"], "SELECT count(DISTINCT (raw_partition, raw_offset, raw_index)) FROM telemetry"));
        await TraceAsync(folder, files);
        await AskAsync(folder, skab);
    }

    /// <summary>Rows of raw that equal a cell of the files, and rows of telemetry that equal that row, joined in SQL.</summary>
    private static string Matches(string[] files)
    {
        string list = string.Join(", ", files.Select(file => $"'{file}'"));
        return $"""
            SELECT count(*) FROM (
              SELECT parse_filename(filename, true) AS device, datetime, column_name, cell
              FROM (FROM read_csv([{list}], delim = ';', all_varchar = true, filename = true, header = true))
              UNPIVOT (cell FOR column_name IN (Accelerometer1RMS, Accelerometer2RMS, Current, Pressure, Temperature, Thermocouple,
                Voltage, "Volume Flow RateRMS"))) AS file
            JOIN raw ON raw.device = file.device AND raw.point = 'values.' || file.column_name
              AND raw.observed_at = CAST(file.datetime || '+00' AS TIMESTAMPTZ)
              AND coalesce(raw.value_double, CAST(raw.value_long AS DOUBLE)) = CAST(file.cell AS DOUBLE)
            JOIN telemetry ON telemetry.raw_partition = raw._partition AND telemetry.raw_offset = raw._offset
              AND telemetry.raw_index = raw._index AND telemetry.number = CAST(file.cell AS DOUBLE)
            """;
    }

    /// <summary>Random rows of telemetry lead to the line of the file they came from: the ledger's row is the raw record's place.</summary>
    private async Task TraceAsync(TempFolder folder, string[] files)
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        (int exitCode, string said) = await FabricProcess.RunAsync(
            TimeSpan.FromMinutes(2), "lineage", "trace", "--config", folder["fabric.yaml"], "--table", "telemetry", "--json",
            "--limit", RowsTraced.ToString(CultureInfo.InvariantCulture), "--row",
            string.Create(CultureInfo.InvariantCulture, $"hash(raw_partition, raw_offset, raw_index, {seed}) % 1000 < 8"));
        Assert.True(exitCode == 0, said);
        var lines = files.ToDictionary(
            file => Path.GetFileNameWithoutExtension(file), file => File.ReadAllLines(file).Skip(1).Where(line => line.Length > 0).ToArray());
        int traced = 0;
        foreach (string line in said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.StartsWith('{')))
        {
            System.Text.Json.JsonElement origin = System.Text.Json.JsonDocument.Parse(line).RootElement, raw = origin.GetProperty("raw");
            string device = raw.GetProperty("device").GetString()!, point = raw.GetProperty("point").GetString()!;
            long sequence = raw.GetProperty("sequence").GetInt64();
            string[] header = File.ReadLines(files.Single(file => Path.GetFileNameWithoutExtension(file) == device)).First().Split(';');
            string cell = lines[device][sequence].Split(';')[Array.IndexOf(header, point["values.".Length..])];
            long matches = await Lake.CountAsync(
                folder["data/lake"], string.Create(
                    CultureInfo.InvariantCulture,
                    $"""
                    SELECT count(*) FROM raw WHERE _partition = {raw.GetProperty("partition").GetInt32()}
                      AND _offset = {raw.GetProperty("offset").GetInt64()} AND _index = {raw.GetProperty("index").GetInt32()}
                      AND coalesce(value_double, CAST(value_long AS DOUBLE)) = CAST('{cell}' AS DOUBLE)
                    """));
            Assert.Equal(1, matches);
            traced++;
        }

        output.WriteLine($"measured {traced} random rows traced to their line");
        Assert.Equal(RowsTraced, traced);
    }

    /// <summary>What the example's README says to ask, over these tables.</summary>
    private async Task AskAsync(TempFolder folder, string skab)
    {
        const string document = "examples/skab/README.md";
        DocumentedCommand[] commands =
            [.. DocumentedCommands.Of(document).Where(command => DocumentedCommands.ReasonNotToRun(command) is null)];
        Assert.NotEmpty(commands);
        foreach (DocumentedCommand command in commands)
        {
            var shell = new ProcessStartInfo("bash", ["-c", command.Line]) { RedirectStandardOutput = true, RedirectStandardError = true };
            shell.Environment["SKAB"] = skab;
            (int exitCode, string said) = command.IsFabric
                ? await FabricProcess.RunAsync(Bound, Array.ConvertAll(
                    command.Arguments, word => word.Replace("examples/skab/fabric.yaml", folder["fabric.yaml"], StringComparison.Ordinal)))
                : await OutsideProcess.RunAsync(shell, Bound);
            output.WriteLine($"$ {command.Line}\n{said}");
            Assert.True(exitCode == 0 && said.Trim().Length > 0, $"{command.Line}: {exitCode}\n{said}");
        }
    }

    private static void Prepare(TempFolder folder, MosquittoServer mosquitto)
    {
        string example = Path.Combine(TestData.RepositoryRoot, "examples", "skab");
        File.Copy(Path.Combine(example, "twins.yaml"), folder["twins.yaml"]);
        string config = File.ReadAllText(Path.Combine(example, "fabric.yaml"))
            .Replace("mqtt://127.0.0.1:18883", mosquitto.Url.ToString().TrimEnd('/'), StringComparison.Ordinal)
            .Replace("127.0.0.1:19092", "127.0.0.1:0", StringComparison.Ordinal)
            .Replace("console: http://127.0.0.1:18080", "", StringComparison.Ordinal);
        File.WriteAllText(folder["fabric.yaml"], config);
    }
}
