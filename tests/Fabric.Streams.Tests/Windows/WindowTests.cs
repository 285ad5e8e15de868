using System.Text;
using Fabric.Kafka.Clients;

namespace Fabric.Streams.Tests.Windows;

public sealed class WindowTests
{
    private static readonly TimeSpan Size = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private static readonly ISerde<Windowed<string>> Key = Serdes.Windowed(Serdes.String, Size);

    [Fact]
    public void Result_is_revised_by_late_records_within_grace_and_closed_by_the_watermark()
    {
        List<string> seen = [];
        using Pipeline pipeline = Windowed(EmitStrategy.OnUpdate, seen);
        pipeline.Input.PipeInput("a", 1, 1_000);
        pipeline.Input.PipeInput("a", 2, 9_999);
        pipeline.Input.PipeInput("a", 4, 10_000);
        pipeline.Input.PipeInput("a", 8, 2_000);
        pipeline.Input.PipeInput("a", 16, 15_000);
        Assert.Equal(
            [
                "a@0/10000 1 r0 Partial", "a@0/10000 3 r1 Partial", "a@10000/20000 4 r0 Partial", "a@0/10000 11 r2 Complete",
                "a@0/10000 11 r3 Final", "a@10000/20000 20 r1 Partial",
            ],
            seen);
    }

    [Fact]
    public void OnWindowEnd_speaks_when_the_end_passes_then_per_late_record_then_at_the_close()
    {
        List<string> seen = [];
        using Pipeline pipeline = Windowed(EmitStrategy.OnWindowEnd, seen);
        pipeline.Input.PipeInput("a", 1, 1_000);
        pipeline.Input.PipeInput("a", 2, 9_999);
        Assert.Empty(seen);
        pipeline.Input.PipeInput("a", 4, 10_000);
        pipeline.Input.PipeInput("a", 8, 2_000);
        pipeline.Input.PipeInput("a", 16, 15_000);
        Assert.Equal(["a@0/10000 3 r0 Complete", "a@0/10000 11 r1 Complete", "a@0/10000 11 r2 Final"], seen);
    }

    [Fact]
    public void Suppressed_until_the_window_closes_each_window_speaks_once()
    {
        using Pipeline pipeline = Pipeline.Of(stream => stream.GroupByKey()
            .WindowedBy(TimeWindows.OfSizeAndGrace(Size, Grace)).Count()
            .SuppressUntilWindowCloses().ToStream().To("out"));
        foreach (long timestampMs in (long[])[1_000, 2_000, 11_000, 3_000, 16_000, 40_000])
        {
            pipeline.Input.PipeInput("a", 1, timestampMs);
        }

        Assert.Equal(["a@0/10000=3", "a@10000/20000=2"], ReadWindows(pipeline, "out"));
    }

    [Fact]
    public void Late_record_changes_nothing_and_goes_to_the_late_topic()
    {
        using Pipeline pipeline = Pipeline.Of(stream => stream.GroupByKey()
            .WindowedBy(TimeWindows.OfSizeAndGrace(Size, Grace)).EmitStrategy(EmitStrategy.OnWindowClose)
            .LateRecordsTo("late").Count().ToStream().To("out"));
        pipeline.Input.PipeInput("a", 1, 1_000);
        pipeline.Input.PipeInput("a", 1, 15_000);
        pipeline.Input.PipeInput("a", 7, 9_999);
        pipeline.Input.PipeInput("a", 1, 12_000);
        pipeline.Input.PipeInput("a", 1, 25_000);
        Assert.Equal(["a@0/10000=1", "a@10000/20000=2"], ReadWindows(pipeline, "out"));
        Assert.Equal(["a=7"], pipeline.Read("late"));
    }

    [Fact]
    public void Idle_window_closes_by_wall_clock_once_its_own_time_is_over()
    {
        List<string> seen = [];
        using Pipeline pipeline = Windowed(EmitStrategy.OnWindowClose, seen);
        long startMs = pipeline.Driver.Now.ToUnixTimeMilliseconds();
        pipeline.Input.PipeInput("a", 1, startMs + 1_000);
        pipeline.Driver.AdvanceWallClock(TimeSpan.FromSeconds(14));
        Assert.Empty(seen);
        pipeline.Driver.AdvanceWallClock(TimeSpan.FromSeconds(60));
        Assert.Equal([$"a@{startMs}/{startMs + 10_000} 1 r0 FinalByIdleness"], seen);
    }

    [Fact]
    public void Idle_window_in_the_future_waits_for_the_wall_clock()
    {
        List<string> seen = [];
        using Pipeline pipeline = Windowed(EmitStrategy.OnWindowClose, seen);
        long startMs = pipeline.Driver.Now.ToUnixTimeMilliseconds() + 300_000;
        pipeline.Input.PipeInput("a", 1, startMs);
        pipeline.Driver.AdvanceWallClock(TimeSpan.FromSeconds(310));
        Assert.Empty(seen);
        pipeline.Driver.AdvanceWallClock(TimeSpan.FromSeconds(10));
        Assert.Single(seen);
    }

    [Fact]
    public void Idle_closed_window_stays_closed_and_the_next_one_opens()
    {
        List<string> seen = [];
        using Pipeline pipeline = Windowed(EmitStrategy.OnWindowClose, seen);
        long startMs = pipeline.Driver.Now.ToUnixTimeMilliseconds();
        pipeline.Input.PipeInput("a", 1, startMs);
        pipeline.Driver.AdvanceWallClock(TimeSpan.FromSeconds(100));
        pipeline.Input.PipeInput("a", 2, startMs + 1_000);
        pipeline.Input.PipeInput("a", 4, startMs + 11_000);
        pipeline.Input.PipeInput("a", 8, startMs + 30_000);
        Assert.Equal(
            [$"a@{startMs}/{startMs + 10_000} 1 r0 FinalByIdleness", $"a@{startMs + 10_000}/{startMs + 20_000} 4 r0 Final"], seen);
        Assert.Equal(["a=2"], pipeline.Read("late"));
    }

    [Fact]
    public void A_fast_key_does_not_close_the_windows_of_a_slow_one()
    {
        using Pipeline pipeline = Pipeline.Of(stream => stream.GroupByKey()
            .WindowedBy(TimeWindows.OfSizeWithNoGrace(Size)).EmitStrategy(EmitStrategy.OnWindowClose)
            .LateRecordsTo("late").Count().ToStream().To("out"));
        pipeline.Input.PipeInput("slow", 1, 1_000);
        pipeline.Input.PipeInput("fast", 1, 1_000_000);
        pipeline.Input.PipeInput("slow", 1, 2_000);
        pipeline.Input.PipeInput("slow", 1, 10_000);
        Assert.Equal(["slow@0/10000=2"], ReadWindows(pipeline, "out"));
        Assert.Empty(pipeline.Read("late"));
    }

    [Fact]
    public void Key_of_several_devices_waits_for_the_slowest_that_is_not_silent()
    {
        List<string> seen = [];
        using Pipeline pipeline = Pipeline.Of(stream => stream
            .MapRecord(record => record.WithKey("asset").WithHeaders([new RecordHeader("device", Encoding.UTF8.GetBytes(record.Key))]))
            .GroupByKey(Grouped.With("byAsset", Serdes.String, Serdes.Long))
            .WindowedBy(TimeWindows.OfSizeWithNoGrace(Size)).EmitStrategy(EmitStrategy.OnWindowClose)
            .WithWatermarkBy(record => Encoding.UTF8.GetString(record.Headers[0].Value!))
            .Aggregate(() => 0L, (_, value, sum) => sum + value, Materialized.As("sums", Serdes.String, Serdes.Long))
            .ToStream().ForEach((window, sum) => seen.Add($"{window} {sum} {window.Completeness}")));
        pipeline.Input.PipeInput("one", 1, 1_000);
        pipeline.Input.PipeInput("two", 2, 2_000);
        pipeline.Input.PipeInput("one", 4, 11_000);
        Assert.Empty(seen);
        pipeline.Input.PipeInput("two", 8, 3_000);
        pipeline.Input.PipeInput("two", 16, 12_000);
        Assert.Equal(["asset@0/10000 11 Final"], seen);

        pipeline.Driver.AdvanceWallClock(TimeSpan.FromSeconds(30));
        pipeline.Input.PipeInput("one", 32, 25_000);
        pipeline.Driver.AdvanceWallClock(TimeSpan.FromSeconds(31));
        Assert.Equal(["asset@0/10000 11 Final", "asset@10000/20000 20 FinalByIdleness"], seen);
    }

    [Fact]
    public void Aggregator_sees_the_window_the_revision_and_whether_the_record_is_late()
    {
        List<string> contexts = [];
        using Pipeline pipeline = Pipeline.Of(stream => stream.GroupByKey()
            .WindowedBy(TimeWindows.OfSizeAndGrace(Size, Grace))
            .Aggregate(
                () => 0L,
                (record, window, sum) =>
                {
                    contexts.Add($"{record.Origin.Offset}: {window.StartMs} r{window.Revision} {window.Completeness} {window.WatermarkMs}");
                    return sum + record.Value;
                },
                Materialized.As("sums", Serdes.String, Serdes.Long)));
        pipeline.Input.PipeInput("a", 1, 9_000);
        pipeline.Input.PipeInput("a", 1, 11_000);
        pipeline.Input.PipeInput("a", 1, 8_000);
        Assert.Equal(["0: 0 r0 Partial 9000", "1: 10000 r0 Partial 11000", "2: 0 r1 Complete 11000"], contexts);
    }

    [Fact]
    public void Restart_keeps_open_windows_revisions_and_what_is_late()
    {
        List<string> seen = [];
        using Pipeline pipeline = Windowed(EmitStrategy.OnUpdate, seen);
        pipeline.Input.PipeInput("a", 1, 1_000);
        pipeline.Input.PipeInput("a", 2, 16_000);
        seen.Clear();
        pipeline.Driver.Restart();
        Assert.True(pipeline.Driver.GetWindowStore<string, long>("sums", Size)
            .TryGet(new Windowed<string>("a", 10_000, 20_000, 0, Completeness.Partial), out long open));
        Assert.Equal(2, open);
        pipeline.Input.PipeInput("a", 4, 2_000);
        pipeline.Input.PipeInput("a", 8, 17_000);
        Assert.Equal(["a=4"], pipeline.Read("late"));
        Assert.Equal(["a@10000/20000 10 r1 Partial"], seen);
    }

    [Fact]
    public void Result_that_a_later_step_refuses_is_reported_and_the_key_lives_on()
    {
        using Pipeline pipeline = Pipeline.Of(stream => stream.GroupByKey()
            .WindowedBy(TimeWindows.OfSizeWithNoGrace(Size)).EmitStrategy(EmitStrategy.OnWindowClose)
            .Count(Materialized.As<string, long>("counts")).ToStream()
            .Filter((window, _) => window.StartMs > 0 ? true : throw new InvalidOperationException()).To("out"));
        foreach (long timestampMs in (long[])[1_000, 11_000, 12_000, 25_000])
        {
            pipeline.Input.PipeInput("a", 1, timestampMs);
        }

        Assert.Equal(["a@10000/20000=2"], ReadWindows(pipeline, "out"));
        Assert.Single(pipeline.Driver.Rejected);
    }

    [Fact]
    public void Forgotten_key_leaves_a_tombstone()
    {
        List<string> seen = [];
        using Pipeline pipeline = Windowed(EmitStrategy.OnWindowClose, seen);
        pipeline.Input.PipeInput("a", 1, 1_000);
        pipeline.Driver.AdvanceWallClock(TimeSpan.FromMinutes(2));
        Assert.Single(seen);
        pipeline.Driver.AdvanceWallClock(TimeSpan.FromHours(1));
        Assert.False(pipeline.Driver.CreateOutputTopic<string, byte[]>("test-sums-changelog").ReadAll()[^1].HasValue);
    }

    [Fact]
    public void Reduce_in_windows_starts_from_the_first_value()
    {
        using Pipeline pipeline = Pipeline.Of(stream => stream.GroupByKey()
            .WindowedBy(TimeWindows.OfSizeWithNoGrace(Size)).EmitStrategy(EmitStrategy.OnWindowClose)
            .Reduce(Math.Min, Materialized.As("least", Serdes.String, Serdes.Long)).ToStream()
            .To("out", Produced.With(Key, Serdes.Long)));
        pipeline.Input.PipeInput("a", 5, 1_000);
        pipeline.Input.PipeInput("a", 3, 2_000);
        pipeline.Driver.Restart();
        pipeline.Input.PipeInput("a", 9, 11_000);
        Assert.Equal(["a@0/10000=3"], ReadWindows(pipeline, "out"));
    }

    private static Pipeline Windowed(EmitStrategy emit, List<string> seen) => Pipeline.Of(stream => stream.GroupByKey()
        .WindowedBy(TimeWindows.OfSizeAndGrace(Size, Grace) with { Retention = TimeSpan.FromHours(1) })
        .EmitStrategy(emit).LateRecordsTo("late")
        .Aggregate(() => 0L, (_, value, sum) => sum + value, Materialized.As("sums", Serdes.String, Serdes.Long))
        .ToStream().ForEach((window, sum) => seen.Add($"{window} {sum} r{window.Revision} {window.Completeness}")));

    private static string[] ReadWindows(Pipeline pipeline, string topic) =>
        [.. pipeline.Driver.CreateOutputTopic(topic, Key, Serdes.Long).ReadAll().Select(record => $"{record.Key}={record.Value}")];
}
