using System.Globalization;
using System.Text;
using Fabric.Schemas;
using Fabric.Streams.Testing;
using Fabric.Testing;
using Fabric.Topologies.Drift;
using Fabric.Topologies.Serdes;
using Fabric.Topologies.Testing;
using Xunit.Abstractions;

namespace Fabric.Topologies.Tests;

/// <summary>Each recorded valve experiment against its own first 300 rows, in windows of a minute.</summary>
public sealed class RecordedPlantTests(ITestOutputHelper output)
{
    private const int ReferenceRows = 300;
    private const long WindowMicros = 60_000_000;

    private readonly Dictionary<(string Asset, long Start), (int Rows, bool IsAnomalous, bool IsReference)> _windows = [];
    private string[] _signals = [];

    [SkippableFact]
    public void Verdicts_in_normal_and_anomalous_windows_side_by_side()
    {
        Skip.If(TestData.Folder is null, TestData.Absent);
        using var folder = new TempFolder();
        var reference = new StringBuilder("asset,signal,number\n");
        var rows = new List<AssetObservation>();
        foreach (string file in Directory.EnumerateFiles(Path.Combine(TestData.Folder!, "skab", "valve1"), "*.csv").Order(StringComparer.Ordinal))
        {
            Read(file, rows, reference);
        }

        File.WriteAllText(folder["reference.csv"], reference.ToString());
        IReadOnlyList<DriftResult> results = Run(rows, new BaselineOptions.OfFile(folder["reference.csv"]));
        Assert.Equal(8, _signals.Length);
        Assert.Equal(_windows.Count * _signals.Length, results.Count);
        Assert.Equal(results.Count, results.Select(result => (result.Asset, result.Signal, result.WindowStartMicros)).Distinct().Count());
        Assert.All(results, result =>
        {
            Assert.Equal(_windows[(result.Asset, result.WindowStartMicros)].Rows, result.NCur);
            Assert.Equal(ReferenceRows, result.NRef);
        });
        Print(results);
    }

    private void Print(IReadOnlyList<DriftResult> results)
    {
        output.WriteLine($"{rowsText()} windows of 60 s after the reference; share of verdicts DRIFT at p < 0.01 (of those with 30 values)");
        output.WriteLine($"{"signal",-22} {"normal",16} {"anomalous",16}");
        foreach (string signal in _signals.Append("all"))
        {
            DriftResult[] judged = [.. results.Where(result => (signal == "all" || result.Signal == signal)
                && result.Verdict != DriftVerdict.Insufficient && !_windows[(result.Asset, result.WindowStartMicros)].IsReference)];
            DriftResult[] normal = [.. judged.Where(result => !_windows[(result.Asset, result.WindowStartMicros)].IsAnomalous)];
            DriftResult[] anomalous = [.. judged.Except(normal)];
            double normalRate = Rate(normal), anomalousRate = Rate(anomalous);
            Assert.InRange(normalRate, 0, 1);
            Assert.InRange(anomalousRate, 0, 1);
            output.WriteLine($"{signal,-22} {normalRate,7:P1} of {normal.Length,5} {anomalousRate,7:P1} of {anomalous.Length,5}");
        }

        string rowsText() => _windows.Values.Count(window => !window.IsReference).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>NaN when nothing was judged, which no range holds.</summary>
    private static double Rate(DriftResult[] judged) =>
        judged.Count(result => result.Verdict == DriftVerdict.Drift) / (double)judged.Length;

    private static IReadOnlyList<DriftResult> Run(List<AssetObservation> rows, BaselineOptions baseline)
    {
        var ids = new SchemaIds(new TestSchemaRegistry(), CancellationToken.None);
        var options = new DriftOptions(
            "skab", [new SignalSelector("Valve", null)], baseline, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(5),
            TimeSpan.FromSeconds(30), 0.01, DriftOptions.MinimumDefault);
        var loader = new BaselineLoader(Path.GetTempPath(), TimeProvider.System);
        using var driver = new TopologyTestDriver(DriftTopology.Build("f", options, ids, loader, new ManualTimeProvider()));
        TestInputTopic<string, AssetObservation> telemetry = driver.CreateInputTopic(
            "f.telemetry", Streams.Serdes.String, new AvroSerde<AssetObservation>(ids));
        foreach (AssetObservation row in rows)
        {
            telemetry.PipeInput(row.Asset, row, row.Samples[0].ObservedAtMicros / 1000);
        }

        driver.AdvanceWallClock(TimeSpan.FromSeconds(32));
        Assert.Empty(driver.Rejected);
        return [.. driver.CreateOutputTopic("f.drift", Streams.Serdes.String, new AvroSerde<DriftResult>(ids))
            .ReadAll().Select(record => record.Value)];
    }

    private void Read(string file, List<AssetObservation> rows, StringBuilder reference)
    {
        string asset = Path.GetFileNameWithoutExtension(file);
        string[] lines = File.ReadAllLines(file);
        _signals = lines[0].Split(';')[1..9];
        for (int i = 1; i < lines.Length; i++)
        {
            string[] cells = lines[i].Split(';');
            long micros = DateTimeOffset.ParseExact(
                cells[0], "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
                .ToUnixTimeMilliseconds() * 1000;
            var row = new AssetObservation { Asset = asset, Model = "Valve", Source = "csv", Device = asset };
            for (int signal = 0; signal < _signals.Length; signal++)
            {
                SignalSample sample = row.Samples.Add();
                sample.Signal = _signals[signal];
                sample.Number = double.Parse(cells[signal + 1], CultureInfo.InvariantCulture);
                sample.ObservedAtMicros = micros;
                if (i <= ReferenceRows)
                {
                    reference.Append(CultureInfo.InvariantCulture, $"{asset},{_signals[signal]},{sample.Number:R}\n");
                }
            }

            rows.Add(row);
            (string, long) key = (asset, micros - (micros % WindowMicros));
            (int Rows, bool IsAnomalous, bool IsReference) window = _windows.GetValueOrDefault(key);
            _windows[key] = (window.Rows + 1, window.IsAnomalous || cells[9] == "1.0", window.IsReference || i <= ReferenceRows);
        }
    }
}
