using Fabric.Core;
using Fabric.Kafka.Clients;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Streams.Tests.Runtime;

/// <summary>Topologies against the embedded broker, through librdkafka.</summary>
public sealed class KafkaStreamsTests(BrokerFixture broker, ITestOutputHelper output) : IClassFixture<BrokerFixture>, IDisposable
{
    private readonly CollectedLogs _logs = new();

    /// <summary>What the runtime and librdkafka said, for whoever reads a failure.</summary>
    public void Dispose() => output.WriteLine(_logs.Text);

    [Fact]
    public async Task Stateless_topology_reads_every_record_once_and_stops_in_order()
    {
        await broker.CreateTopicsAsync(4, "map-in", "map-out");
        var builder = new StreamBuilder();
        builder.Stream<string, string>("map-in").MapValues(value => value + "!").To("map-out");
        broker.Write("map-in", Enumerable.Range(0, 1_000).Select(index => ($"key{index}", $"{index}")));
        await using (KafkaStreams streams = await Running.StartAsync(builder.Build(), Running.Config("map"), broker.Clients, _logs))
        {
            broker.ReadUntil("map-out", 4, records => records.Count >= 1_000);
            await streams.UntilAsync(StreamsState.Running);
            await streams.StopAsync(default);
            Assert.Equal(StreamsState.NotRunning, streams.State);
        }

        broker.Write("map-in", Enumerable.Range(1_000, 10).Select(index => ($"key{index}", $"{index}")));
        await using (KafkaStreams streams = await Running.StartAsync(builder.Build(), Running.Config("map"), broker.Clients, _logs))
        {
            broker.ReadUntil("map-out", 4, records => records.Count >= 1_010);
        }

        Assert.Equal(
            Enumerable.Range(0, 1_010).Select(index => $"{index}!").Order(),
            broker.ReadAll("map-out", 4).Select(record => BrokerFixture.Text(record.Value)).Order());
    }

    [Fact]
    public async Task Counts_through_a_repartition_topic_survive_a_restart()
    {
        await broker.CreateTopicsAsync(3, "count-in", "count-out");
        var builder = new StreamBuilder();
        builder.Stream<string, string>("count-in")
            .GroupBy((_, value) => value, Grouped.With("byValue", Serdes.String, Serdes.String))
            .Count(Materialized.As<string, long>("counts")).ToStream().To("count-out");
        for (int round = 1; round <= 2; round++)
        {
            broker.Write("count-in", Enumerable.Range(0, 300).Select(index => ($"key{index}", $"v{index % 7}")));
            await using KafkaStreams streams = await Running.StartAsync(builder.Build(), Running.Config("count"), broker.Clients, _logs);
            broker.ReadUntil("count-out", 3, records => records.Count >= 300 * round);
        }

        Dictionary<string, long> last = broker.ReadAll("count-out", 3).GroupBy(record => BrokerFixture.Text(record.Key))
            .ToDictionary(group => group.Key, group => Serdes.Long.Deserialize(group.Last().Value, default));
        Assert.Equal(600, last.Values.Sum());
        Assert.Equal(7, last.Count);
    }

    [Fact]
    public async Task Join_reads_the_table_to_its_end_before_the_stream_and_again_after_a_restart()
    {
        await broker.CreateTopicsAsync(3, "join-in", "join-names", "join-out");
        var builder = new StreamBuilder();
        IKTable<string, string> names = builder.Table<string, string>("join-names");
        builder.Stream<string, string>("join-in").Join(names, (value, name) => $"{name}:{value}").To("join-out", Produced.With(Serdes.String, Serdes.String));
        broker.Write("join-in", Enumerable.Range(0, 500).Select(index => ($"key{index % 50}", $"{index}")), timestampMs: 1);
        broker.Write("join-names", Enumerable.Range(0, 50).Select(index => ($"key{index}", $"old{index}")), timestampMs: 2_000);
        broker.Write("join-names", Enumerable.Range(0, 50).Select(index => ($"key{index}", $"name{index}")), timestampMs: 3_000);
        await using (KafkaStreams streams = await Running.StartAsync(builder.Build(), Running.Config("join"), broker.Clients, _logs))
        {
            broker.ReadUntil("join-out", 3, records => records.Count >= 500);
        }

        broker.Write("join-in", Enumerable.Range(500, 100).Select(index => ($"key{index % 50}", $"{index}")), timestampMs: 4_000);
        await using (KafkaStreams streams = await Running.StartAsync(builder.Build(), Running.Config("join"), broker.Clients, _logs))
        {
            broker.ReadUntil("join-out", 3, records => records.Count >= 600);
        }

        Assert.Equal(
            Enumerable.Range(0, 600).Select(index => $"name{index % 50}:{index}").Order(),
            broker.ReadAll("join-out", 3).Select(record => BrokerFixture.Text(record.Value)).Order());
    }

    [Fact]
    public async Task Global_table_is_whole_before_the_first_record()
    {
        await broker.CreateTopicsAsync(2, "global-in", "global-units", "global-out");
        broker.Write("global-units", Enumerable.Range(0, 100).Select(index => ($"u{index}", $"unit{index}")));
        broker.Write("global-in", Enumerable.Range(0, 100).Select(index => ($"k{index}", $"u{index}")));
        var builder = new StreamBuilder();
        IGlobalKTable<string, string> units = builder.GlobalTable<string, string>("global-units");
        builder.Stream<string, string>("global-in").LeftJoin(units, (_, value) => value, (_, unit) => unit ?? "none")
            .To("global-out", Produced.With(Serdes.String, Serdes.String));
        await using KafkaStreams streams = await Running.StartAsync(builder.Build(), Running.Config("global"), broker.Clients, _logs);
        List<ConsumedRecord> records = broker.ReadUntil("global-out", 2, all => all.Count >= 100);
        Assert.DoesNotContain("none", records.Select(record => BrokerFixture.Text(record.Value)));
    }

    [Fact]
    public async Task Poison_records_are_in_quarantine_in_the_same_transaction_and_the_rest_goes_on()
    {
        await broker.CreateTopicsAsync(1, "poison-in", "poison-out", "poison-quarantine");
        var builder = new StreamBuilder();
        builder.Stream("poison-in", Consumed.With(Serdes.String, Serdes.Long)).To("poison-out");
        broker.Write("poison-in", Enumerable.Range(0, 100).Select(index => (
            (string?)$"key{index}", (byte[]?)(index % 10 == 3 ? [(byte)index] : [0, 0, 0, 0, 0, 0, 0, (byte)index]), 5L)));
        await using (KafkaStreams streams = await Running.StartAsync(builder.Build(), Running.Config("poison"), broker.Clients, _logs))
        {
            broker.ReadUntil("poison-out", 1, records => records.Count >= 90);
        }

        List<ConsumedRecord> refused = broker.ReadAll("poison-quarantine", 1);
        Assert.Equal(Enumerable.Range(0, 10).Select(index => (byte)((index * 10) + 3)), refused.Select(record => Assert.Single(record.Value!)));
        Assert.Equal("Deserialization", BrokerFixture.Text(refused[0].Headers.Single(header => header.Key == "quarantine.rule").Value));
        Assert.Equal(90, broker.ReadAll("poison-out", 1).Count);
    }

    [Fact]
    public async Task Start_without_the_topics_names_all_that_are_missing()
    {
        await broker.CreateTopicsAsync(1, "missing-in");
        var builder = new StreamBuilder();
        builder.Stream<string, string>("missing-in").To("missing-out");
        builder.Table<string, string>("missing-table").ToStream().To("missing-in");
        var missing = await Assert.ThrowsAsync<StreamsException>(
            () => Running.StartAsync(builder.Build(), Running.Config("missing"), broker.Clients, _logs));
        Assert.Equal("TOPICS_MISSING", missing.Code);
        Assert.Contains("missing-out", missing.Message, StringComparison.Ordinal);
        Assert.Contains("missing-table", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_with_different_partition_counts_in_a_join_is_refused()
    {
        await broker.CreateTopicsAsync(2, "differ-in", "differ-out");
        await broker.CreateTopicsAsync(3, "differ-table");
        var builder = new StreamBuilder();
        builder.Stream<string, string>("differ-in").Join(builder.Table<string, string>("differ-table"), (value, _) => value)
            .To("differ-out", Produced.With(Serdes.String, Serdes.String));
        var refused = await Assert.ThrowsAsync<StreamsException>(
            () => Running.StartAsync(builder.Build(), Running.Config("differ"), broker.Clients, _logs));
        Assert.Equal("COPARTITIONS_DIFFER", refused.Code);
        Assert.Contains("differ-table has 3", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task State_without_offsets_is_refused_instead_of_counted_twice()
    {
        await broker.CreateTopicsAsync(1, "lost-in", "lost-out", "lost-also");
        Topology CountOf(string topic)
        {
            var builder = new StreamBuilder();
            builder.Stream<string, string>(topic).GroupByKey().Count(Materialized.As<string, long>("counts")).ToStream().To("lost-out");
            return builder.Build();
        }

        broker.Write("lost-in", [("a", "1")]);
        await using (KafkaStreams streams = await Running.StartAsync(CountOf("lost-in"), Running.Config("lost"), broker.Clients, _logs))
        {
            broker.ReadUntil("lost-out", 1, records => records.Count == 1);
        }

        await using KafkaStreams other = await Running.StartAsync(CountOf("lost-also"), Running.Config("lost"), broker.Clients, _logs);
        await other.UntilAsync(StreamsState.Error);
        Assert.Contains("no committed offset", Assert.Single(other.Threads).Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Second_process_under_the_same_node_id_fences_the_first_which_gives_up()
    {
        await broker.CreateTopicsAsync(1, "twice-in", "twice-out");
        var builder = new StreamBuilder();
        builder.Stream<string, string>("twice-in").To("twice-out");
        await using KafkaStreams first = await Running.StartAsync(builder.Build(), Running.Config("twice"), broker.Clients, _logs);
        await first.UntilAsync(StreamsState.Running);
        await using KafkaStreams second = await Running.StartAsync(builder.Build(), Running.Config("twice"), broker.Clients, _logs);
        await first.UntilAsync(StreamsState.Error);
        broker.Write("twice-in", Enumerable.Range(0, 50).Select(index => ($"k{index}", $"{index}")));
        broker.ReadUntil("twice-out", 1, records => records.Count >= 50);
        await second.UntilAsync(StreamsState.Running);
        Assert.Equal(50, broker.ReadAll("twice-out", 1).Count);
    }

    [Fact]
    public async Task Thread_that_is_fenced_once_comes_back()
    {
        await broker.CreateTopicsAsync(1, "once-in", "once-out");
        var builder = new StreamBuilder();
        builder.Stream<string, string>("once-in").To("once-out");
        await using KafkaStreams streams = await Running.StartAsync(builder.Build(), Running.Config("once"), broker.Clients, _logs);
        await streams.UntilAsync(StreamsState.Running);

        // A rival that comes, and is gone again.
        using (IRecordConsumer rival = broker.Clients.OpenConsumer("once.once-in", $"{Running.Config("once").NodeId}.0.0"))
        {
            rival.Subscribe("once-in", new NoListener());
            var batch = new PollBatch();
            while (streams.State == StreamsState.Running)
            {
                rival.Poll(TimeSpan.FromMilliseconds(50), 1, batch);
            }
        }

        broker.Write("once-in", Enumerable.Range(0, 50).Select(index => ($"k{index}", $"{index}")));
        broker.ReadUntil("once-out", 1, records => records.Count >= 50);
        await streams.UntilAsync(StreamsState.Running);
        Assert.Equal(50, broker.ReadAll("once-out", 1).Count);
    }

    [Fact]
    public async Task Outage_longer_than_a_session_is_not_taken_for_another_process()
    {
        await broker.CreateTopicsAsync(1, "away-in", "away-out");
        var builder = new StreamBuilder();
        builder.Stream<string, string>("away-in").To("away-out");
        await using KafkaStreams streams = await Running.StartAsync(builder.Build(), Running.Config("away"), broker.Clients, _logs);
        await streams.UntilAsync(StreamsState.Running);
        await broker.BeAwayAsync(TimeSpan.FromSeconds(7.5));

        broker.Write("away-in", Enumerable.Range(0, 50).Select(index => ($"k{index}", $"{index}")));
        broker.ReadUntil("away-out", 1, records => records.Count >= 50);
        await streams.UntilAsync(StreamsState.Running);
        Assert.Equal(50, broker.ReadAll("away-out", 1).Count);
        string[] own = [.. _logs.Text.Split('\n').Where(line => line.Contains("opening clients anew", StringComparison.Ordinal))];
        Assert.All(own, line => Assert.Contains("SESSION_TIMED_OUT", line, StringComparison.Ordinal));
        output.WriteLine(string.Join('\n', own));
    }

    private sealed class NoListener : IRebalanceListener
    {
        public IReadOnlyCollection<PartitionPosition> OnAssigned(IReadOnlyCollection<TopicPartition> added) => [];

        public void OnRevoked(IReadOnlyCollection<TopicPartition> removed)
        {
        }

        public void OnLost(IReadOnlyCollection<TopicPartition> removed)
        {
        }
    }

    [Fact]
    public async Task A_turn_that_takes_too_long_is_reported_and_forgiven()
    {
        await broker.CreateTopicsAsync(1, "stall-in", "stall-out");
        using var go = new ManualResetEventSlim();
        var builder = new StreamBuilder();
        builder.Stream<string, string>("stall-in").Peek((_, _) => go.Wait(BrokerFixture.Bound)).To("stall-out");
        await using KafkaStreams streams = await Running.StartAsync(
            builder.Build(), Running.Config("stall") with { StepMax = TimeSpan.FromMilliseconds(200) }, broker.Clients, _logs);
        await streams.UntilAsync(StreamsState.Running);
        broker.Write("stall-in", [("a", "1")]);
        await streams.UntilAsync(StreamsState.Rebalancing);
        Assert.Equal(StreamThreadState.Stalled, Assert.Single(streams.Threads).State);
        go.Set();
        broker.ReadUntil("stall-out", 1, records => records.Count == 1);
        await streams.UntilAsync(StreamsState.Running);
    }
}
