using Fabric.Schemas;
using Fabric.Topologies.Drift;

namespace Fabric.Topologies.Tests;

public sealed class ClosingTests
{
    private static readonly Baseline Reference = DriftWorld.BaselineOf(Enumerable.Range(0, 100).Select(i => (double)i));

    [Fact]
    public void The_watermark_closes_a_window_after_end_and_grace_and_what_comes_later_counts_nowhere()
    {
        using var world = new DriftWorld(Reference);
        world.Send(5, 1);
        world.Send(69.9, 2);
        world.Send(59.9, 3); // out of order, within the grace
        Assert.Empty(world.Results());
        world.Send(70, 4);
        DriftResult first = Assert.Single(world.Results());
        Assert.Equal((2, Completeness.Watermark), (first.NCur, first.Completeness));
        world.Send(59.9, 5); // late
        world.Send(130, 6);
        DriftResult second = Assert.Single(world.Results());
        Assert.Equal((2, DriftWorld.MicrosOf(60), DriftWorld.MicrosOf(120)), (second.NCur, second.WindowStartMicros, second.WindowEndMicros));
    }

    [Fact]
    public void A_result_names_what_it_was_made_from()
    {
        using var world = new DriftWorld(Reference);
        world.Send("a/1", 0, [("other thing", 1)]);
        world.Send("a/1", 1, [("vibration", 1)]);
        world.Send("a/1", 2, [("vibration", 2)]);
        world.Send("a/1", 70, [("vibration", 3)]);
        Streams.Record<string, DriftResult> record = world.Record();
        Assert.Equal("a%2F1/vibration", record.Key);
        Assert.Equal(DriftWorld.MicrosOf(2) / 1000, record.TimestampMs);
        DriftResult result = record.Value;
        Assert.Equal(("a/1", "vibration", 0, 1L, 2L), (result.Asset, result.Signal, result.InputPartition, result.FirstOffset, result.LastOffset));
    }

    [Fact]
    public void A_slow_device_holds_windows_open_until_it_falls_silent()
    {
        using var world = new DriftWorld(Reference);
        world.Send(1, 1, "slow");
        world.Send(200, 1, "fast");
        Assert.Empty(world.Results());
        world.Driver.AdvanceWallClock(TimeSpan.FromSeconds(29));
        world.Send(201, 1, "fast");
        Assert.Empty(world.Results());
        world.Driver.AdvanceWallClock(TimeSpan.FromSeconds(2));
        DriftResult result = Assert.Single(world.Results());
        Assert.Equal((Completeness.Idle, DriftWorld.MicrosOf(0), 1), (result.Completeness, result.WindowStartMicros, result.NCur));
        world.Send(2, 1, "slow"); // it wakes up: its window is gone
        world.Send(271, 1, "slow");
        world.Send(271, 1, "fast");
        Assert.Equal(2, Assert.Single(world.Results()).NCur);
    }

    [Fact]
    public void When_all_devices_are_silent_the_wall_clock_closes_but_not_before_end_and_grace()
    {
        using var world = new DriftWorld(Reference);
        world.Send(1, 1);
        world.Driver.AdvanceWallClock(TimeSpan.FromSeconds(69));
        Assert.Empty(world.Results());
        world.Driver.AdvanceWallClock(TimeSpan.FromSeconds(1));
        Assert.Equal(Completeness.WallClock, Assert.Single(world.Results()).Completeness);
        world.Driver.AdvanceWallClock(TimeSpan.FromDays(2));
        Assert.Empty(world.Results());
        Assert.Equal(0, world.Driver.GetKeyValueStore<string, SignalWindows>(DriftTopology.StoreName).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_restart_changes_no_result(bool restarts)
    {
        using var world = new DriftWorld(Reference);
        for (int i = 0; i < 200; i++)
        {
            world.Send(i * 0.75, i * 13 % 100, i % 2 == 0 ? "one" : "two");
            if (restarts && i % 17 == 0)
            {
                world.Driver.Restart();
            }
        }

        if (restarts)
        {
            world.Send(1, 1); // as late as before
        }

        world.Driver.AdvanceWallClock(TimeSpan.FromMinutes(4));
        IReadOnlyList<DriftResult> results = world.Results();
        Assert.Equal([80L, 80, 40], results.Select(result => result.NCur));
        Assert.Equal([0L, 80, 160], results.Select(result => result.FirstOffset!.Value));
        Assert.Equal([79L, 159, 199], results.Select(result => result.LastOffset!.Value));
        Assert.All(results, result => Assert.Equal(DriftVerdict.Stable, result.Verdict));
        Assert.Equal(0.0, results[0].Effect!.Value, 0.05);
    }

    [Fact]
    public void A_window_begun_against_another_baseline_gets_no_verdict_and_the_next_one_does()
    {
        using var world = new DriftWorld(Reference);
        double[] values = [.. Enumerable.Range(0, 60).Select(i => (double)i)];
        world.SendMinute(0, values[..30]);
        world.Baseline = DriftWorld.BaselineOf(values);
        world.Driver.Restart();
        world.SendMinute(0, values[30..]);
        world.SendMinute(1, values);
        world.Send(130, 0);
        IReadOnlyList<DriftResult> results = world.Results();
        Assert.Equal(
            [(DriftVerdict.Insufficient, 60L, 0L), (DriftVerdict.Stable, 60L, 60L)],
            results.Select(result => (result.Verdict, result.NCur, result.NRef)));
        Assert.Contains("changed", results[0].Baseline, StringComparison.Ordinal);
    }
}
