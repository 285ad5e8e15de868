using Fabric.Delta;
using Fabric.Delta.Actions;
using Fabric.Lakehouse.Tests.World;
using Fabric.Schemas;
using Fabric.Testing;

namespace Fabric.Lakehouse.Tests.Sink;

/// <summary>When rows become visible: by rows, bytes, wall clock, dates, and when the sink stops.</summary>
[Collection("broker")]
public sealed class FlushTests(BrokerFixture broker) : IDisposable
{
    private readonly SinkWorld _world = new(broker);

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Rows_reached_commits_before_the_interval_is_over()
    {
        await WriteAsync(10);
        await using RunningSink sink = _world.Start(_world.Table("raw", SinkWorld.Flush(rows: 5, seconds: 600))).Go();
        await _world.WaitForOffsetAsync("raw", 9);
        Assert.Equal("5, 5", await RowsPerCommitAsync());
    }

    [Fact]
    public async Task Bytes_reached_commits_before_the_interval_is_over()
    {
        await _world.CreateTopicsAsync(1, "raw");
        _world.Write("raw", 0, Enumerable.Range(0, 8).Select(i => _world.Encode("raw", Observations.Of(i, new string('x', 300_000)))));
        await using RunningSink sink = _world.Start(_world.Table("raw", SinkWorld.Flush(bytes: 1 << 20, seconds: 600))).Go();
        await _world.WaitForOffsetAsync("raw", 7);
        Assert.Equal("4, 4", await RowsPerCommitAsync());
    }

    [Fact]
    public async Task Interval_over_commits_what_is_there_even_when_nothing_more_comes()
    {
        await WriteAsync(3);
        var clock = new ManualTimeProvider();
        var kafka = new WatchedKafka(_world.Kafka, _world.Signal);
        await using RunningSink sink = _world
            .Start(_world.Table("raw", SinkWorld.Flush(seconds: 60)), _world.Services(clock: clock, kafka: kafka)).Go();
        await SeenAsync(kafka, 3);
        clock.Advance(TimeSpan.FromSeconds(59.9));
        await EmptyPollsAsync(kafka, 3);
        Assert.Null(await _world.LoadAsync("raw"));
        clock.Advance(TimeSpan.FromSeconds(0.1));
        await _world.WaitForOffsetAsync("raw", 2);
        Assert.Equal("3", await RowsPerCommitAsync());

        // The interval counts from the first record after a commit, not from the commit.
        clock.Advance(TimeSpan.FromSeconds(59));
        _world.Write("raw", 0, _world.Encode("raw", Observations.Of(3, 1L)));
        await SeenAsync(kafka, 4);
        clock.Advance(TimeSpan.FromSeconds(59));
        await EmptyPollsAsync(kafka, 3);
        Assert.Equal("3", await RowsPerCommitAsync());
        clock.Advance(TimeSpan.FromSeconds(1));
        await _world.WaitForOffsetAsync("raw", 4);
        Assert.Equal("3, 1", await RowsPerCommitAsync());
    }

    [Fact]
    public async Task Stopped_commits_what_is_there()
    {
        await WriteAsync(3);
        var kafka = new WatchedKafka(_world.Kafka, _world.Signal);
        await using RunningSink sink = _world
            .Start(_world.Table("raw", SinkWorld.Flush(seconds: 600)), _world.Services(kafka: kafka)).Go();
        await SeenAsync(kafka, 3);
        Assert.Null(await _world.LoadAsync("raw"));
        await sink.StopAsync();
        Assert.Equal("3", await RowsPerCommitAsync());
    }

    [Fact]
    public async Task More_dates_than_may_be_open_make_more_commits_and_lose_nothing()
    {
        await _world.CreateTopicsAsync(1, "raw");
        _world.Write("raw", 0, Enumerable.Range(0, 200).Select(i => _world.Encode("raw", OnDay(i % 100, i))));
        await using RunningSink sink = _world.Start(_world.Table("raw", SinkWorld.Flush(seconds: 1))).Go();
        await _world.WaitForOffsetAsync("raw", 199);
        Assert.Equal("64, 64, 64, 8", await RowsPerCommitAsync());
        Assert.All(
            await CommitsAsync(), files => Assert.True(files.Length <= 64, $"{files.Length} partitions in one commit"));
        Assert.Equal(200L, await _world.ScalarAsync("SELECT count(DISTINCT value_long) FROM raw", "raw"));
    }

    [Fact]
    public async Task One_record_with_more_dates_than_may_be_open_stays_together()
    {
        await _world.CreateTopicsAsync(1, "raw");
        Observation wide = Observations.Of(1, [.. Enumerable.Range(0, 70).Select(i => (SampleValue)(long)i)]);
        for (int i = 0; i < wide.Samples.Count; i++)
        {
            wide.Samples[i].ObservedAtMicros = Observations.Moment - (i * Observations.MicrosPerDay);
        }

        _world.Write(
            "raw", 0, _world.Encode("raw", Observations.Of(0, 1L)), _world.Encode("raw", wide), _world.Encode("raw", Observations.Of(2, 1L)));
        await using RunningSink sink = _world.Start(_world.Table("raw", SinkWorld.Flush(seconds: 1))).Go();
        await _world.WaitForOffsetAsync("raw", 2);
        Assert.Equal("1, 70, 1", await RowsPerCommitAsync());
    }

    [Fact]
    public async Task Two_partitions_go_into_one_commit_with_both_positions()
    {
        await _world.CreateTopicsAsync(2, "raw");
        _world.Write("raw", 0, _world.Encode("raw", Observations.Of(0, 1L)));
        _world.Write("raw", 1, _world.Encode("raw", Observations.Of(1, 2L, 3L)));
        await using RunningSink sink = _world.Start(_world.Table("raw", SinkWorld.Flush(rows: 3, seconds: 600))).Go();
        await _world.WaitForOffsetAsync("raw", 0, partition: 1);
        Assert.Equal("3", await RowsPerCommitAsync());
        Assert.Equal(0, await _world.ReachedAsync("raw", 0));
    }

    private static Observation OnDay(int daysAgo, long value)
    {
        Observation observation = Observations.Of(0, value);
        observation.Samples[0].ObservedAtMicros = Observations.Moment - (daysAgo * Observations.MicrosPerDay);
        return observation;
    }

    private async Task WriteAsync(int records)
    {
        await _world.CreateTopicsAsync(1, "raw");
        _world.Write("raw", 0, Enumerable.Range(0, records).Select(i => _world.Encode("raw", Observations.Of(i, (long)i))));
    }

    /// <summary>Waits until the sink has taken so many records.</summary>
    private async Task SeenAsync(WatchedKafka kafka, int records)
    {
        await _world.Signal.WaitUntilAsync(() => kafka.RecordsSeen >= records, () => "The sink reads nothing\n" + _world.Logs.Text);
        await EmptyPollsAsync(kafka, 1);
    }

    private Task EmptyPollsAsync(WatchedKafka kafka, int more)
    {
        long wanted = kafka.EmptyPolls + more;
        return _world.Signal.WaitUntilAsync(() => kafka.EmptyPolls >= wanted, () => "The sink does not poll\n" + _world.Logs.Text);
    }

    /// <summary>Files of each commit after the one that made the table, oldest first.</summary>
    private async Task<AddAction[][]> CommitsAsync() =>
        [.. (await _world.Open("raw").HistoryAsync(100, default)).Reverse().Skip(1)
            .Select(entry => entry.Actions.OfType<AddAction>().ToArray())];

    private async Task<string> RowsPerCommitAsync() =>
        string.Join(", ", (await CommitsAsync()).Select(files => files.Sum(file =>
            System.Text.Json.JsonDocument.Parse(file.Stats!).RootElement.GetProperty("numRecords").GetInt64())));
}
