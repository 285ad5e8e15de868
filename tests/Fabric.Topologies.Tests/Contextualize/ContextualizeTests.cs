using Fabric.Core;
using Fabric.Schemas;
using Fabric.Streams.Testing;
using Fabric.Testing;
using Fabric.Topologies.Contextualize;
using Fabric.Topologies.Serdes;
using Fabric.Topologies.Testing;
using Fabric.Twins;
using BindingInterval = Fabric.Twins.BindingInterval;

namespace Fabric.Topologies.Tests;

public sealed class ContextualizeTests : IDisposable
{
    private const long Day = 86_400_000_000;
    private static readonly long Noon = new DateTimeOffset(2026, 1, 10, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1000;

    private readonly TopologyTestDriver _driver;
    private readonly TestInputTopic<string, Observation> _raw;
    private readonly TestInputTopic<string, TwinEntry> _twins;
    private readonly TestOutputTopic<string, AssetObservation> _telemetry;

    public ContextualizeTests()
    {
        var ids = new SchemaIds(new TestSchemaRegistry(), CancellationToken.None);
        var clock = new ManualTimeProvider();
        _driver = new TopologyTestDriver(ContextualizeTopology.Build("f", ids, clock));
        _raw = _driver.CreateInputTopic("f.raw", Streams.Serdes.String, new AvroSerde<Observation>(ids));
        _twins = _driver.CreateInputTopic("f.twins", Streams.Serdes.String, new TwinEntrySerde(ids, clock));
        _telemetry = _driver.CreateOutputTopic("f.telemetry", Streams.Serdes.String, new AvroSerde<AssetObservation>(ids));
    }

    [Fact]
    public void A_sensor_that_moved_speaks_for_the_asset_it_was_at_when_it_observed()
    {
        Publish(1, ("t", [Binding("old", to: Noon), Binding("new", from: Noon)]));
        Send([Sample("t", 1L, Noon - 1)]);
        Send([Sample("t", 2L, Noon)]);
        Send([Sample("t", 3L, Noon - Day)]); // comes late, and still belongs to the old one
        Assert.Equal(
            [("old", 1.0), ("new", 2.0), ("old", 3.0)],
            Telemetry().Select(record => (record.Asset, record.Samples[0].Number!.Value)));
    }

    [Fact]
    public void Points_that_nobody_bound_or_not_then_pass_by_and_indexes_stay_those_of_the_raw_record()
    {
        Publish(1, ("t", [Binding("a", from: Noon, to: Noon + Day)]));
        Send([Sample("x", 1L, Noon), Sample("t", 2L, Noon), Sample("t", 3L, Noon + Day), Sample("t", 4L, Noon - 1)]);
        Send([Sample("x", 1L, Noon)]);
        AssetObservation record = Assert.Single(Telemetry());
        Assert.Equal((1, 2.0), (Assert.Single(record.Samples).Index, record.Samples[0].Number));
    }

    [Fact]
    public void Several_assets_in_one_record_become_one_record_each_under_their_keys()
    {
        Publish(4, ("t", [Binding("a/1")]), ("u", [Binding("b", signal: "speed")]), ("v", [Binding("a/1", signal: "flow")]));
        Send([Sample("t", 1L, Noon), Sample("u", 2L, Noon), Sample("v", 3L, Noon)]);
        IReadOnlyList<Streams.Record<string, AssetObservation>> records = _telemetry.ReadAll();
        Assert.Equal(["a%2F1", "b"], records.Select(record => record.Key));
        Assert.Equal(["temperature 0", "flow 2"], records[0].Value.Samples.Select(sample => $"{sample.Signal} {sample.Index}"));
        AssetObservation second = records[1].Value;
        Assert.Equal(("Pump", "site/b", "s", "d", 7L, 4L), (second.Model, second.Path, second.Source, second.Device, second.Sequence, second.ContextVersion));
        Assert.Equal(("f.raw", 0, 0L), (second.Raw.Topic, second.Raw.Partition, second.Raw.Offset));
        Assert.Equal(1, Assert.Single(second.Samples).Index);
    }

    [Fact]
    public void Numbers_are_converted_to_the_declared_unit_and_the_value_stays_as_it_was_said()
    {
        Publish(1, ("t", [Binding("a") with { Scale = 0.5, Shift = -10, Unit = "Cel" }]), ("u", [Binding("a")]));
        Send([Sample("t", 100L, Noon), Sample("u", 1.5, Noon), Sample("t", SampleValue.From("12"), Noon)]);
        List<SignalSample> samples = [.. Assert.Single(Telemetry()).Samples];
        Assert.Equal([40.0, 1.5, null], samples.Select(sample => sample.Number));
        Assert.Equal(["Cel", "raw", "Cel"], samples.Select(sample => sample.Unit));
        Assert.Equal(100, samples[0].Value.AsLong());
        Assert.Equal([SampleFlag.Converted], samples[0].Flags);
        Assert.Empty(samples[1].Flags);
        Assert.Empty(samples[2].Flags);
    }

    [Fact]
    public void Negative_zero_stays_negative_where_nothing_is_converted()
    {
        Publish(1, ("t", [Binding("a")]));
        Send([Sample("t", -0.0, Noon)]);
        SignalSample sample = Assert.Single(Assert.Single(Telemetry()).Samples);
        Assert.True(double.IsNegative(sample.Number!.Value));
        Assert.True(double.IsNegative(sample.Value.AsDouble()));
    }

    [Fact]
    public void Implausible_numbers_and_times_are_flagged_and_kept()
    {
        Publish(1, ("t", [Binding("a") with { Minimum = 0, Maximum = 10 }]));
        Send(
        [
            Sample("t", 0.0, Noon), Sample("t", 10.0, Noon), Sample("t", -0.1, Noon), Sample("t", 10.1, Noon),
            Sample("t", 5.0, Noon + (2 * Day)), Sample("t", 5.0, Noon - (401 * Day)),
        ]);
        Assert.Equal(
            ["", "", "OutOfRange", "OutOfRange", "ClockSuspect", "ClockSuspect"],
            Assert.Single(Telemetry()).Samples.Select(sample => string.Join(',', sample.Flags)));
    }

    [Fact]
    public void A_point_deleted_from_the_twins_is_unmapped_once_the_revision_is_out()
    {
        Publish(1, ("t", [Binding("a")]));
        Send([Sample("t", 1L, Noon)]);
        _twins.PipeTombstone(RecordKey.Join("s", "d", "t"));
        Publish(2);
        Send([Sample("t", 2L, Noon)]);
        Assert.Equal(1, Assert.Single(Telemetry()).ContextVersion);
    }

    [Fact]
    public void A_new_revision_takes_effect_with_the_next_record_and_is_named_in_it()
    {
        Send([Sample("t", 0L, Noon)]);
        Publish(1, ("t", [Binding("a")]));
        Send([Sample("t", 1L, Noon)]);
        Publish(2, ("t", [Binding("b")]));
        Send([Sample("t", 2L, Noon)]);
        _driver.Restart();
        Send([Sample("t", 3L, Noon)]);
        Assert.Equal(
            [("a", 1L), ("b", 2L), ("b", 2L)], Telemetry().Select(record => (record.Asset, record.ContextVersion)));
    }

    [Fact]
    public void A_tombstone_on_raw_says_nothing()
    {
        Publish(1, ("t", [Binding("a")]));
        _raw.PipeTombstone("s/d");
        Assert.Empty(Telemetry());
        Assert.Empty(_driver.Rejected);
    }

    public void Dispose() => _driver.Dispose();

    private static BindingInterval Binding(
        string asset, long from = BindingInterval.SinceEver, long to = BindingInterval.UntilFurtherNotice,
        string signal = "temperature") => new(from, to, asset, "Pump", $"site/{asset}", signal, null, 1, 0, null, null);

    private static Sample Sample(string point, SampleValue value, long observedAtMicros) => new()
    {
        Point = point, Value = value, ObservedAtMicros = observedAtMicros, Type = "number", Unit = "raw", Quality = Quality.Good,
    };

    private void Publish(long revision, params (string Point, BindingInterval[] Intervals)[] points)
    {
        foreach ((string point, BindingInterval[] intervals) in points)
        {
            _twins.PipeInput(RecordKey.Join("s", "d", point), new TwinEntry(new PointTimeline(intervals), revision, ""));
        }

        _twins.PipeInput(TwinEntry.RevisionKey, new TwinEntry(null, revision, $"hash {revision}"));
    }

    private void Send(IReadOnlyList<Sample> samples)
    {
        var observation = new Observation { Node = "n", Source = "s", Device = "d", Sequence = 7, ReceivedAtMicros = Noon };
        foreach (Sample sample in samples)
        {
            Sample added = observation.Samples.Add();
            added.Point = sample.Point;
            added.Value = sample.Value;
            added.Type = sample.Type;
            added.ObservedAtMicros = sample.ObservedAtMicros;
            added.Quality = sample.Quality;
            added.Unit = sample.Unit;
        }

        _raw.PipeInput("s/d", observation, Noon / 1000);
    }

    private List<AssetObservation> Telemetry() => [.. _telemetry.ReadAll().Select(record => record.Value)];
}
