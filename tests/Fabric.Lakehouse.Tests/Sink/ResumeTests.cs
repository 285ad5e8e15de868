using Fabric.Core;
using Fabric.Core.Health;
using Fabric.Delta;
using Fabric.Kafka.Clients;
using Fabric.Lakehouse.Tests.World;
using Fabric.Schemas;

namespace Fabric.Lakehouse.Tests.Sink;

/// <summary>Where reading goes on: behind what the table says, never where the group says.</summary>
[Collection("broker")]
public sealed class ResumeTests(BrokerFixture broker) : IDisposable
{
    private readonly SinkWorld _world = new(broker);

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Restarted_goes_on_behind_the_table_and_commits_no_group_offset()
    {
        await _world.CreateTopicsAsync(1, "raw");
        for (int run = 0; run < 3; run++)
        {
            _world.Write("raw", 0, _world.Encode("raw", Observations.Of(run, (long)run)));
            await using RunningSink sink = _world.Start(_world.Table("raw")).Go();
            await _world.WaitForOffsetAsync("raw", 2 * run);
            await sink.StopAsync();
        }

        Assert.Equal(
            ["0 | 0", "2 | 1", "4 | 2"],
            (await _world.QueryAsync("SELECT _offset, value_long FROM raw ORDER BY _offset", "raw")).Select(RowText.Of));
        using IRecordConsumer group = _world.Kafka.OpenConsumer($"{_world.Fabric}.sink.raw", null);
        var partition = new TopicPartition(_world.Topic("raw"), 0);
        Assert.Null(group.Committed([partition], TimeSpan.FromSeconds(30))[partition]);
    }

    [Fact]
    public async Task Table_beyond_the_end_of_the_log_stops_with_topic_recreated()
    {
        await _world.CreateTopicsAsync(1, "raw");
        _world.Write("raw", 0, _world.Encode("raw", Observations.Of(0, 1L)));
        await RunUntilAsync(0);
        DeltaTable table = _world.Open("raw");
        string appId = $"{_world.Fabric}/raw/{_world.Topic("raw")}/0";
        await table.Begin(await table.LoadAsync(default)).Advance(appId, 1000, 0).CommitAsync(default);
        _world.Write("raw", 0, _world.Encode("raw", Observations.Of(1, 2L)));
        await using RunningSink sink = _world.Start(_world.Table("raw")).Go();
        LakehouseException stopped = await Assert.ThrowsAsync<LakehouseException>(() => sink.Running.WaitAsync(Signal.Bound));
        Assert.Equal("TOPIC_RECREATED", stopped.Code);
        Assert.Contains("1000", stopped.Message, StringComparison.Ordinal);
        Assert.Equal(HealthState.Failed, _world.Status.Reports[^1].State);
        Assert.Equal(1L, await _world.ScalarAsync("SELECT count(*) FROM raw", "raw"));
    }

    [Fact]
    public async Task Log_that_starts_behind_the_table_is_a_gap_told_once()
    {
        await _world.CreateTopicsAsync(1, "raw");
        _world.Write("raw", 0, _world.Encode("raw", Observations.Of(0, 1L)));
        await RunUntilAsync(0);
        _world.Write("raw", 0, Enumerable.Range(1, 5).Select(i => _world.Encode("raw", Observations.Of(i, (long)i))));
        using (IKafkaAdmin admin = _world.Kafka.OpenAdmin())
        {
            await admin.DeleteRecordsAsync([new PartitionPosition(new TopicPartition(_world.Topic("raw"), 0), 5)], default);
        }

        await RunUntilAsync(6);
        await RunUntilAsync(6);
        Gap gap = Assert.Single(_world.ReadTopic<Gap>("gaps"));
        Assert.Equal(
            ("LOG_TRUNCATED", "sink:raw", _world.Topic("raw"), 0, 1L, 4L),
            (gap.Kind, gap.Component, gap.Topic, gap.Partition, gap.FirstOffset, gap.LastOffset));
        Assert.Equal(
            ["0", "5", "6"], (await _world.QueryAsync("SELECT _offset FROM raw ORDER BY _offset", "raw")).Select(RowText.Of));
    }

    private async Task RunUntilAsync(long offset)
    {
        await using RunningSink sink = _world.Start(_world.Table("raw")).Go();
        await _world.WaitForOffsetAsync("raw", offset);
        await sink.StopAsync();
    }
}
