using Fabric.Core;
using Fabric.Core.Storage;
using Fabric.Delta;
using Fabric.Kafka;
using Fabric.Lakehouse.Tests.World;
using Fabric.Schemas;
using Xunit.Abstractions;

namespace Fabric.Lakehouse.Tests.Sink;

/// <summary>Disk and Kafka fail in every step once: nothing lost, nothing doubled, nothing left lying about.</summary>
public sealed class FaultTests(ITestOutputHelper output) : IDisposable
{
    private const int Records = 6;

    private readonly MemoryKafka _kafka = new();
    private SinkWorld? _world;

    public void Dispose() => _world?.Dispose();

    [Fact]
    public async Task Store_failing_at_every_operation_loses_and_doubles_nothing()
    {
        int faults = 0;
        foreach (bool before in new[] { true, false })
        {
            for (int at = 1; await RunAsync(StoreFault(at, before)); at++)
            {
                faults++;
            }
        }

        output.WriteLine($"{faults} faults");
        Assert.True(faults >= 40, $"Only {faults} operations were reached");
    }

    [Fact]
    public async Task Kafka_failing_at_every_operation_loses_and_doubles_nothing()
    {
        int faults = 0;
        for (int at = 1; await RunAsync(ProducerFault(at)); at++)
        {
            faults++;
        }

        output.WriteLine($"{faults} faults");
        Assert.True(faults >= 10, $"Only {faults} operations were reached");
    }

    [Fact]
    public async Task Commit_that_the_disk_did_not_keep_stops_the_sink()
    {
        SinkWorld world = await NewWorldAsync();
        world.Store.Fault = (operation, path, before) =>
        {
            if (operation == "put-if-absent" && path.EndsWith("1.json", StringComparison.Ordinal) && !before)
            {
                throw new StorageException(StorageCode.NotDurable, "fsync failed");
            }
        };
        await using RunningSink sink = world.Start(world.Table("raw")).Go();
        LakehouseException stopped = await Assert.ThrowsAsync<LakehouseException>(() => sink.Running.WaitAsync(Signal.Bound));
        Assert.Equal("COMMIT_NOT_DURABLE", stopped.Code);

        // Its files are part of a version that may be there: they stay, and a start goes by what is there.
        world.Store.Fault = (_, _, _) => { };
        await using RunningSink again = world.Start(world.Table("raw")).Go();
        await world.WaitForOffsetAsync("raw", Last);
        await ToldAsync(world);
        await AssertExactAsync(world);
    }

    [Fact]
    public async Task Commit_whose_outcome_cannot_be_told_keeps_its_files()
    {
        SinkWorld world = await NewWorldAsync();
        bool lost = false;
        int refused = 0;
        world.Store.Fault = (operation, path, before) =>
        {
            if (operation == "put-if-absent" && path.EndsWith("1.json", StringComparison.Ordinal) && !before && !lost)
            {
                lost = true;
                throw new TimeoutException("no answer");
            }

            if (operation == "read" && path.EndsWith("1.json", StringComparison.Ordinal) && lost && refused++ < 6)
            {
                throw new StorageException(StorageCode.Failed, "away", isRetriable: true);
            }
        };
        await using RunningSink sink = world.Start(world.Table("raw")).Go();
        await world.Signal.WaitUntilAsync(
            () => world.Logs.Text.Contains("cannot be told", StringComparison.Ordinal), () => world.Logs.Text);
        await world.WaitForOffsetAsync("raw", Last);
        await sink.StopAsync();
        await ToldAsync(world);
        await AssertExactAsync(world);
    }

    [Fact]
    public async Task Parquet_writer_failing_is_tried_again()
    {
        SinkWorld world = await NewWorldAsync();
        int stages = 0;
        world.Store.Fault = (operation, path, before) =>
        {
            if (operation == "stage" && !before && path.EndsWith(".parquet", StringComparison.Ordinal) && ++stages == 2)
            {
                Directory.CreateDirectory(Path.Combine(world.LakeFolder, path)); // nobody can write a file there
            }
        };
        await using RunningSink sink = world.Start(world.Table("raw")).Go();
        await world.WaitForOffsetAsync("raw", Last);
        await sink.StopAsync();
        Assert.Contains("The session ended and begins again", world.Logs.Text, StringComparison.Ordinal);
        await ToldAsync(world);
        await AssertExactAsync(world);
    }

    private const int Last = 2 * Records - 2;

    private async Task<SinkWorld> NewWorldAsync()
    {
        _world?.Dispose();
        _kafka.Fault = _ => { };
        _world = new SinkWorld(_kafka, $"f{SinkWorld.Ids.NewId():N}");
        await _world.CreateTopicsAsync(1, "raw");
        for (int i = 0; i < Records; i++)
        {
            _world.Write("raw", 0, i == 2 ? [1, 2, 3] : _world.Encode("raw", OnDay(i)));
        }

        return _world;
    }

    private static Observation OnDay(int i)
    {
        Observation observation = Observations.Of(i, (long)i, -0.0);
        observation.Samples[1].ObservedAtMicros -= Observations.MicrosPerDay;
        return observation;
    }

    /// <summary>False when the fault was never reached.</summary>
    private async Task<bool> RunAsync(Func<SinkWorld, Func<bool>> arm)
    {
        SinkWorld world = await NewWorldAsync();
        Func<bool> wasReached = arm(world);
        await using RunningSink sink = world.Start(world.Table("raw", SinkWorld.Flush(rows: 4, seconds: 0.05))).Go();
        await world.WaitForOffsetAsync("raw", Last);
        await sink.StopAsync();
        world.Store.Fault = (_, _, _) => { };
        _kafka.Fault = _ => { };
        await ToldAsync(world);
        await AssertExactAsync(world);
        return wasReached();
    }

    private static Func<SinkWorld, Func<bool>> StoreFault(int at, bool before) => world =>
    {
        int count = 0;
        world.Store.Fault = (operation, _, isBefore) =>
        {
            if (isBefore == before && Interlocked.Increment(ref count) == at)
            {
                throw new StorageException(StorageCode.Failed, $"{operation} failed", isRetriable: true);
            }
        };
        return () => count >= at;
    };

    private Func<SinkWorld, Func<bool>> ProducerFault(int at) => _ =>
    {
        int count = 0;
        _kafka.Fault = operation =>
        {
            if (Interlocked.Increment(ref count) == at)
            {
                throw new KafkaException("BROKEN", $"{operation} failed", isRetriable: true);
            }
        };
        return () => count >= at;
    };

    /// <summary>A sink that was stopped while it could not tell tells it when it starts again.</summary>
    private static async Task ToldAsync(SinkWorld world)
    {
        await using RunningSink sink = world.Start(world.Table("raw")).Go();
        await world.Signal.WaitUntilAsync(
            async () => (await ExpectedRunsAsync(world)).IsSubsetOf(
                world.ReadTopic<LineageEvent>("lineage").Where(e => e.EventType == "COMPLETE").Select(e => e.RunId)),
            () => "Lineage is not told\n" + world.Logs.Text);
        await sink.StopAsync();
    }

    private static async Task<HashSet<string>> ExpectedRunsAsync(SinkWorld world)
    {
        var expected = new HashSet<string>();
        Snapshot snapshot = (await world.LoadAsync("raw"))!;
        foreach (HistoryEntry entry in await world.Open("raw").HistoryAsync(100, default))
        {
            if (Fabric.Lakehouse.Sink.CommitFacts.Read(entry) is { } facts)
            {
                expected.Add(Fabric.Governance.Lineage.LineageRunId.OfCommit(snapshot.Metadata.Id, facts.Version).ToString());
            }
        }

        return expected;
    }

    private static async Task AssertExactAsync(SinkWorld world)
    {
        Assert.Equal(
            Enumerable.Range(0, Records).Where(i => i != 2).SelectMany(i => new[] { $"{2 * i} | 0 | {i}", $"{2 * i} | 1 | null" }),
            (await world.QueryAsync("SELECT _offset, _index, value_long FROM raw ORDER BY _offset, _index", "raw")).Select(RowText.Of));
        Snapshot snapshot = (await world.LoadAsync("raw"))!;
        Assert.All(snapshot.Files, file => Assert.True(
            File.Exists(Path.Combine(world.LakeFolder, "raw", snapshot.RelativePath(file))), $"{file.Path} is gone"));
        Assert.Empty(await world.OrphansAsync("raw"));

        // Quarantine is at least once, recognizable as the same.
        var quarantined = world.ReadTopic<QuarantinedRecord>("quarantine").Select(record => (record.Offset, record.Rule)).ToHashSet();
        Assert.Equal([(4L, "AVRO_FRAME_TOO_SHORT")], quarantined);

        // Each commit of the sink told its lineage; what was told twice is the same run.
        HashSet<string> expected = await ExpectedRunsAsync(world);
        List<LineageEvent> told = world.ReadTopic<LineageEvent>("lineage");
        Assert.Equal(expected.Order(), told.Where(e => e.EventType == "COMPLETE").Select(e => e.RunId).Distinct().Order());
        Assert.Equal(expected.Order(), told.Where(e => e.EventType == "START").Select(e => e.RunId).Distinct().Order());
    }
}
