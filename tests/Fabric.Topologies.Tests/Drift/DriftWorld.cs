using Fabric.Schemas;
using Fabric.Streams.Testing;
using Fabric.Topologies.Drift;
using Fabric.Topologies.Serdes;
using Fabric.Topologies.Testing;

namespace Fabric.Topologies.Tests;

/// <summary>A drift topology over one signal of one pump, unless said otherwise; times in seconds since the driver's start.</summary>
internal sealed class DriftWorld : IDisposable
{
    private static readonly long StartMicros = new TestDriverOptions().StartTime.ToUnixTimeMilliseconds() * 1000;

    private readonly TestInputTopic<string, AssetObservation> _telemetry;
    private readonly TestOutputTopic<string, DriftResult> _drift;

    public DriftWorld(Baseline baseline, Func<DriftOptions, DriftOptions>? with = null)
    {
        Baseline = baseline;
        var ids = new SchemaIds(new TestSchemaRegistry(), CancellationToken.None);
        DriftOptions options = with?.Invoke(Options) ?? Options;
        Driver = new TopologyTestDriver(DriftTopology.Build("f", options, ids, () => Baseline, NowMs));
        _telemetry = Driver.CreateInputTopic("f.telemetry", Streams.Serdes.String, new AvroSerde<AssetObservation>(ids));
        _drift = Driver.CreateOutputTopic("f.drift", Streams.Serdes.String, new AvroSerde<DriftResult>(ids));
    }

    public static DriftOptions Options { get; } = new(
        "d", [new SignalSelector("Pump", null)], new BaselineOptions.OfFile("/b.csv"), TimeSpan.FromSeconds(60),
        TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), 0.01, DriftOptions.MinimumDefault);

    public TopologyTestDriver Driver { get; }

    /// <summary>What the next start reads.</summary>
    public Baseline Baseline { get; set; }

    public static Baseline BaselineOf(IEnumerable<double> values, string? asset = null, string signal = "vibration")
    {
        var baseline = new Baseline("b");
        double[] sorted = [.. values.Order()];
        baseline.Add(asset, signal, sorted, sorted.Length);
        return baseline;
    }

    public static long MicrosOf(double seconds) => StartMicros + (long)(seconds * 1_000_000);

    public void Send(double atSeconds, double number, string device = "one", Action<SignalSample>? change = null) =>
        Send("p1", atSeconds, [("vibration", number)], device, change);

    public void Send(
        string asset, double atSeconds, (string Signal, double Number)[] numbers, string device = "one",
        Action<SignalSample>? change = null, string model = "Pump")
    {
        var observation = new AssetObservation { Asset = asset, Model = model, Source = "s", Device = device };
        foreach ((string signal, double number) in numbers)
        {
            SignalSample sample = observation.Samples.Add();
            sample.Signal = signal;
            sample.Number = number;
            sample.ObservedAtMicros = MicrosOf(atSeconds);
            change?.Invoke(sample);
        }

        _telemetry.PipeInput(asset, observation, Math.Max(0, MicrosOf(atSeconds) / 1000));
    }

    /// <summary>Values evenly over a minute.</summary>
    public void SendMinute(int minute, IReadOnlyList<double> values, string device = "one")
    {
        for (int i = 0; i < values.Count; i++)
        {
            Send((minute * 60) + (60.0 * i / values.Count), values[i], device);
        }
    }

    public void Tombstone(string asset) => _telemetry.PipeTombstone(asset);

    public IReadOnlyList<DriftResult> Results() => [.. _drift.ReadAll().Select(record => record.Value)];

    public Streams.Record<string, DriftResult> Record() => _drift.ReadRecord();

    public void Dispose() => Driver.Dispose();

    private long NowMs() => (Driver?.Now ?? new TestDriverOptions().StartTime).ToUnixTimeMilliseconds();
}
