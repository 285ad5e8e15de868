using Fabric.Streams.Testing;

namespace Fabric.Streams.Tests.Dsl;

public sealed class TableTests
{
    [Fact]
    public void Count_Reduce_and_Aggregate_emit_each_update()
    {
        using Pipeline pipeline = Pipeline.Of(stream =>
        {
            IKGroupedStream<string, long> grouped = stream.GroupByKey();
            grouped.Count().ToStream().To("counts");
            grouped.Reduce((one, other) => one + other).ToStream().To("sums");
            grouped.Aggregate(() => 100L, (_, value, total) => total - value).ToStream().To("rests");
        });
        pipeline.Send(("a", 1), ("b", 5), ("a", 2));
        Assert.Equal(["a=1", "b=1", "a=2"], pipeline.Read("counts"));
        Assert.Equal(["a=1", "b=5", "a=3"], pipeline.Read("sums"));
        Assert.Equal(["a=99", "b=95", "a=97"], pipeline.Read("rests"));
    }

    [Fact]
    public void Aggregate_that_returns_null_deletes_the_key()
    {
        var builder = new StreamBuilder();
        builder.Stream<string, string>("in").GroupByKey()
            .Aggregate(() => "", (_, value, all) => value == "reset" ? null! : all + value, Materialized.As<string, string>("texts"))
            .ToStream().To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        TestInputTopic<string, string> input = driver.CreateInputTopic<string, string>("in");
        input.PipeInput("a", "x");
        input.PipeInput("a", "reset");
        Assert.Equal([true, false], driver.CreateOutputTopic<string, string>("out").ReadAll().Select(record => record.HasValue));
        Assert.Equal(0, driver.GetKeyValueStore<string, string>("texts").Count);
        Assert.False(driver.CreateOutputTopic<string, string>("test-texts-changelog").ReadAll()[^1].HasValue);
    }

    [Fact]
    public void GroupBy_brings_records_of_one_key_together_whatever_partition_they_came_from()
    {
        using Pipeline pipeline = Pipeline.Of(
            stream => stream.GroupBy((_, value) => $"k{value % 3}", new Grouped<string, long> { Name = "mod" })
                .Count(Materialized.As<string, long>("counts")).ToStream().To("out"),
            new TestDriverOptions { Partitions = 4 });
        for (int i = 0; i < 30; i++)
        {
            pipeline.Input.PipeInput($"key{i}", i);
        }

        Assert.Equal(["k0=10", "k1=10", "k2=10"], pipeline.Read("out").GroupBy(text => text[..2]).Select(group => group.Last()).Order());
    }

    [Fact]
    public void Restart_from_the_changelog_continues_where_the_state_was()
    {
        using Pipeline pipeline = Pipeline.Of(stream => stream.GroupByKey()
            .Reduce((one, other) => one + other, Materialized.As<string, long>("sums")).ToStream().To("out"));
        pipeline.Send(("a", 1), ("b", 2), ("a", 3));
        pipeline.Driver.Restart();
        Assert.Equal(
            [KeyValuePair.Create("a", 4L), KeyValuePair.Create("b", 2L)],
            pipeline.Driver.GetKeyValueStore<string, long>("sums").All().OrderBy(entry => entry.Key));
        pipeline.Send(("a", 10));
        Assert.Equal(["a=1", "b=2", "a=4", "a=14"], pipeline.Read("out"));
    }

    [Fact]
    public void Table_filter_and_mapValues_follow_updates_and_deletions()
    {
        var builder = new StreamBuilder();
        builder.Table<string, long>("in").Filter((_, value) => value > 10).MapValues(value => value * 2).ToStream().To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        TestInputTopic<string, long> input = driver.CreateInputTopic<string, long>("in");
        input.PipeInput("a", 11);
        input.PipeInput("a", 5);
        input.PipeTombstone("a");
        Assert.Equal(
            ["22", "deleted", "deleted"],
            driver.CreateOutputTopic<string, long>("out").ReadAll().Select(record => record.HasValue ? $"{record.Value}" : "deleted"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void Join_with_a_table_uses_the_value_at_that_moment(int partitions)
    {
        var builder = new StreamBuilder();
        IKTable<string, string> names = builder.Table<string, string>("names").MapValues(name => name.ToUpperInvariant());
        IKStream<string, long> stream = builder.Stream<string, long>("in");
        stream.Join(names, (value, name) => $"{name}:{value}").To("inner", Produced.With(Serdes.String, Serdes.String));
        stream.LeftJoin(names, (value, name) => $"{name ?? "?"}:{value}").To("left", Produced.With(Serdes.String, Serdes.String));
        using var driver = new TopologyTestDriver(builder.Build(), new TestDriverOptions { Partitions = partitions });
        TestInputTopic<string, string> table = driver.CreateInputTopic<string, string>("names");
        TestInputTopic<string, long> input = driver.CreateInputTopic<string, long>("in");
        input.PipeInput("a", 1);
        table.PipeInput("a", "pump");
        input.PipeInput("a", 2);
        table.PipeInput("a", "press");
        input.PipeInput("a", 3);
        table.PipeTombstone("a");
        input.PipeInput("a", 4);
        Assert.Equal(
            ["PUMP:2", "PRESS:3"], driver.CreateOutputTopic<string, string>("inner").ReadAll().Select(record => record.Value));
        Assert.Equal(
            ["?:1", "PUMP:2", "PRESS:3", "?:4"],
            driver.CreateOutputTopic<string, string>("left").ReadAll().Select(record => record.Value));
    }

    [Fact]
    public void Join_after_the_key_changed_repartitions_first()
    {
        var builder = new StreamBuilder();
        IKTable<string, string> names = builder.Table<string, string>("names");
        builder.Stream<string, long>("in").SelectKey((_, value) => $"k{value}")
            .Join(names, (value, name) => $"{name}{value}", new Grouped<string, long> { Name = "byValue" })
            .To("out", Produced.With(Serdes.String, Serdes.String));
        using var driver = new TopologyTestDriver(builder.Build(), new TestDriverOptions { Partitions = 3 });
        TestInputTopic<string, string> table = driver.CreateInputTopic<string, string>("names");
        TestInputTopic<string, long> input = driver.CreateInputTopic<string, long>("in");
        for (int i = 0; i < 9; i++)
        {
            table.PipeInput($"k{i}", "n");
        }

        for (int i = 0; i < 9; i++)
        {
            input.PipeInput("same", i);
        }

        Assert.Equal(9, driver.CreateOutputTopic<string, string>("out").ReadAll().Count);
        Assert.Equal(9, driver.CreateOutputTopic<string, long>("test-byValue-repartition").ReadAll().Count);
    }

    [Fact]
    public void Join_with_a_global_table_takes_any_key()
    {
        var builder = new StreamBuilder();
        IGlobalKTable<string, string> units = builder.GlobalTable<string, string>("units");
        IKStream<string, long> stream = builder.Stream<string, long>("in");
        stream.Join(units, (_, value) => $"u{value}", (value, unit) => $"{value}{unit}").To("inner", Produced.With(Serdes.String, Serdes.String));
        stream.LeftJoin(units, (_, value) => $"u{value}", (value, unit) => $"{value}{unit ?? "?"}").To("left", Produced.With(Serdes.String, Serdes.String));
        using var driver = new TopologyTestDriver(builder.Build(), new TestDriverOptions { Partitions = 2 });
        driver.CreateInputTopic<string, string>("units").PipeInput("u1", "bar");
        TestInputTopic<string, long> input = driver.CreateInputTopic<string, long>("in");
        input.PipeInput("a", 1);
        input.PipeInput("b", 2);
        Assert.Equal(["1bar"], driver.CreateOutputTopic<string, string>("inner").ReadAll().Select(record => record.Value));
        Assert.Equal(["1bar", "2?"], driver.CreateOutputTopic<string, string>("left").ReadAll().Select(record => record.Value));
    }

    [Fact]
    public void ToTable_can_be_joined()
    {
        var builder = new StreamBuilder();
        IKTable<string, string> latest = builder.Stream<string, string>("names").ToTable(Materialized.As<string, string>("latest"));
        builder.Stream<string, long>("in").Join(latest, (value, name) => $"{name}{value}").To("out", Produced.With(Serdes.String, Serdes.String));
        using var driver = new TopologyTestDriver(builder.Build());
        driver.CreateInputTopic<string, string>("names").PipeInput("a", "x");
        driver.CreateInputTopic<string, long>("in").PipeInput("a", 1);
        Assert.Equal("x1", driver.CreateOutputTopic<string, string>("out").ReadRecord().Value);
    }

    [Fact]
    public void Records_without_key_or_value_are_dropped_by_what_needs_them()
    {
        using Pipeline pipeline = Pipeline.Of(stream => stream.GroupByKey().Count().ToStream().To("out"));
        pipeline.Input.PipeRaw(null, [0, 0, 0, 0, 0, 0, 0, 1], 5);
        pipeline.Input.PipeTombstone("a");
        pipeline.Send(("a", 1));
        Assert.Equal(["a=1"], pipeline.Read("out"));
        Assert.Empty(pipeline.Driver.Rejected);
    }
}
