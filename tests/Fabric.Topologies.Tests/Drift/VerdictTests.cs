using Fabric.Schemas;
using Fabric.Statistics;
using Fabric.Topologies.Drift;

namespace Fabric.Topologies.Tests;

public sealed class VerdictTests
{
    private static readonly double[] Reference = [.. Enumerable.Range(0, 100).Select(i => (double)i)];

    [Theory]
    [InlineData(0.0, DriftVerdict.Stable)]
    [InlineData(45.0, DriftVerdict.Drift)]
    [InlineData(-45.0, DriftVerdict.Drift)]
    public void A_window_is_judged_as_the_two_whole_samples_would_be(double shift, DriftVerdict expected)
    {
        using var world = new DriftWorld(DriftWorld.BaselineOf(Reference));
        double[] values = [.. Enumerable.Range(0, 60).Select(i => (i * 37 % 100) + 0.5 + shift)];
        world.SendMinute(0, values);
        world.Send(70, 0);
        DriftResult result = Assert.Single(world.Results());
        TwoSampleResult whole = KolmogorovSmirnov.Test(Reference, values);
        Assert.Equal(expected, result.Verdict);
        Assert.Equal(whole.D, result.D);
        Assert.Equal(whole.P, result.P);
        Assert.Equal(Cliff(Reference, values), result.Effect!.Value, 12);
        Assert.Equal((100, 60, 0.01, "b", "d"), (result.NRef, result.NCur, result.Alpha, result.Baseline, result.Drift));
    }

    [Fact]
    public void Ties_within_and_between_samples_are_stepped_over_together()
    {
        double[] reference = [.. Enumerable.Range(0, 200).Select(i => (double)(i % 5))];
        double[] same = [.. Enumerable.Range(0, 50).Select(i => (double)(i % 5))];
        double[] stuck = [.. Enumerable.Repeat(2.0, 50)];
        using var world = new DriftWorld(DriftWorld.BaselineOf(reference));
        world.SendMinute(0, same);
        world.SendMinute(1, stuck);
        world.Send(130, 0);
        IReadOnlyList<DriftResult> results = world.Results();
        Assert.Equal([DriftVerdict.Stable, DriftVerdict.Drift], results.Select(result => result.Verdict));
        Assert.Equal((0.0, 1.0, 0.0), (results[0].D, results[0].P, results[0].Effect));
        Assert.Equal(0.4, results[1].D!.Value, 12);
        Assert.Equal(KolmogorovSmirnov.Test(reference, stuck).P, results[1].P);
    }

    [Theory]
    [InlineData(29, DriftVerdict.Insufficient)]
    [InlineData(30, DriftVerdict.Drift)]
    public void A_verdict_needs_enough_values(int count, DriftVerdict expected)
    {
        using var world = new DriftWorld(DriftWorld.BaselineOf(Reference));
        world.SendMinute(0, [.. Enumerable.Repeat(500.0, count)]);
        world.Send(70, 0);
        DriftResult result = Assert.Single(world.Results());
        Assert.Equal((expected, count, 1.0), (result.Verdict, result.NCur, result.D));
    }

    [Fact]
    public void A_reference_of_too_few_values_gives_numbers_but_no_verdict()
    {
        using var world = new DriftWorld(DriftWorld.BaselineOf(Reference.Take(29)));
        world.SendMinute(0, [.. Enumerable.Repeat(500.0, 60)]);
        world.Send(70, 0);
        DriftResult result = Assert.Single(world.Results());
        Assert.Equal((DriftVerdict.Insufficient, 29, 1.0), (result.Verdict, result.NRef, result.D));
    }

    [Fact]
    public void Without_a_reference_the_window_says_so()
    {
        using var world = new DriftWorld(DriftWorld.BaselineOf(Reference, signal: "pressure"));
        world.SendMinute(0, [.. Enumerable.Repeat(1.0, 60)]);
        world.Send(70, 0);
        DriftResult result = Assert.Single(world.Results());
        Assert.Equal((DriftVerdict.Insufficient, 0, 60), (result.Verdict, result.NRef, result.NCur));
        Assert.Null(result.D);
        Assert.Null(result.P);
        Assert.Null(result.Effect);
        Assert.Equal("b", result.Baseline);
    }

    [Fact]
    public void An_asset_is_held_against_its_own_reference_before_the_common_one()
    {
        Baseline baseline = DriftWorld.BaselineOf(Reference);
        baseline.Add("p2", "vibration", [.. Enumerable.Range(1000, 40).Select(i => (double)i)], 40);
        using var world = new DriftWorld(baseline);
        for (int i = 0; i < 80; i++)
        {
            world.Send("p1", i, [("vibration", i * 37 % 100)]);
            world.Send("p2", i, [("vibration", i * 37 % 100)]);
        }

        Assert.Equal(
            [("p1", DriftVerdict.Stable, 100L), ("p2", DriftVerdict.Drift, 40L)],
            world.Results().Select(result => (result.Asset, result.Verdict, result.NRef)));
    }

    [Fact]
    public void Only_finite_good_numbers_of_selected_signals_count()
    {
        using var world = new DriftWorld(DriftWorld.BaselineOf(Reference));
        for (int i = 0; i < 40; i++)
        {
            world.Send(i, i);
        }

        world.Send(41, double.NaN);
        world.Send(41, double.NegativeInfinity);
        world.Send(41, 5, change: sample => sample.Quality = Quality.Bad);
        world.Send(41, 5, change: sample => sample.Quality = Quality.Uncertain);
        world.Send(41, 5, change: sample => sample.Number = null);
        world.Send(40_000_000, 5, change: sample => sample.Flags.Add(SampleFlag.ClockSuspect));
        world.Send("p1", 41, [("vibration", 5)], model: "Press");
        world.Tombstone("p1");
        world.Send("p1", 70, [("pressure", 1), ("vibration", 0)]);
        DriftResult result = Assert.Single(world.Results());
        Assert.Equal(("vibration", 40), (result.Signal, result.NCur));
        Assert.Empty(world.Driver.Rejected);
    }

    private static double Cliff(double[] reference, double[] values) =>
        values.Sum(value => reference.Sum(other => Math.Sign(value - other))) / (double)(reference.Length * values.Length);
}
