using System.Text.Json;
using Fabric.Core;
using Fabric.Core.Columns;
using Fabric.Core.Storage;
using Fabric.Delta;
using Fabric.Delta.Checkpoints;
using Fabric.Delta.Commits;
using Fabric.DuckDb;
using Fabric.Kafka.Clients;
using Fabric.Lakehouse.Sink;
using Fabric.Lakehouse.Tables;
using Fabric.Lakehouse.Tests.World;
using Fabric.Schemas;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Lakehouse.Tests.Sink;

/// <summary>
/// Several sinks on one table while partitions move between them: contiguous versions, nothing overwritten, no row doubled or
/// lost, by SQL and by a reader that is not ours.
/// </summary>
[Collection("broker")]
public sealed class TwoSinksTests(BrokerFixture broker, ITestOutputHelper output)
{
    private const int Partitions = 8;

    [SkippableFact]
    public async Task Partitions_move_between_two_sinks_that_come_and_go()
    {
        using var world = new SinkWorld(broker);
        await world.CreateTopicsAsync(Partitions, "raw");
        TableDefinition table = world.Table("raw", SinkWorld.Flush(rows: 300, seconds: 0.3));
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        int written = 0;
        await using RunningSink a = world.Start(table, world.Services("a")).Go();
        for (int round = 0; round < 6; round++)
        {
            await using RunningSink b = world.Start(table, world.Services("b")).Go();
            long before = CommitsBy("b");
            for (int i = 0; i < 4 || CommitsBy("b") == before; i++)
            {
                written = WriteSome(world, written, 100, random);
                await AllCommittedAsync(world, written, "raw");
            }

            await b.StopAsync();
            written = WriteSome(world, written, 100, random);
        }

        await AllCommittedAsync(world, written, "raw");
        await a.StopAsync();
        output.WriteLine($"{written} records, {CommitsBy("a")} commits by a, {CommitsBy("b")} by b");
        await AssertExactAsync(world, written);

        int CommitsBy(string node)
        {
            Snapshot? snapshot = world.LoadAsync("raw").GetAwaiter().GetResult();
            return snapshot is null ? 0 : world.Open("raw").HistoryAsync(int.MaxValue, default).GetAwaiter().GetResult()
                .Count(entry => CommitFacts.Read(entry)?.Node == node);
        }
    }

    [SkippableFact]
    public async Task Zombie_that_commits_late_doubles_nothing()
    {
        using var world = new SinkWorld(broker);
        await world.CreateTopicsAsync(Partitions, "raw");
        TableDefinition table = world.Table("raw", SinkWorld.Flush(rows: 200, seconds: 0.3));
        int written = WriteSome(world, 0, 200, new Random(1));
        using var released = new ManualResetEventSlim();
        using var paused = new ManualResetEventSlim();
        var slow = new WatchedStore(world.Store, world.Signal);
        slow.Fault = (operation, path, before) =>
        {
            // Everything is written and in place; only the commit itself is still to come.
            if (operation == "put-if-absent" && before && path.EndsWith("0.json", StringComparison.Ordinal) is false && !paused.IsSet)
            {
                paused.Set();
                Assert.True(released.Wait(Signal.Bound));
            }
        };

        // It polls too rarely for its group, which gives its partitions to others while it still holds rows of them.
        IKafkaClients impatient = broker.Clients(new Dictionary<string, string> { ["max.poll.interval.ms"] = "6000" });
        await using RunningSink zombie = world.Start(table, world.Services("zombie", slow, kafka: impatient)).Go();
        Assert.True(paused.Wait(Signal.Bound));
        await using RunningSink heir = world.Start(table, world.Services("heir", kafka: impatient)).Go();
        await AllCommittedAsync(world, written, "raw");
        released.Set();
        await world.Signal.WaitUntilAsync(
            () => world.Logs.Text.Contains("advanced by another", StringComparison.Ordinal), () => world.Logs.Text);
        written = WriteSome(world, written, 200, new Random(2));
        await AllCommittedAsync(world, written, "raw");
        await zombie.StopAsync();
        await heir.StopAsync();
        await AssertExactAsync(world, written);
    }

    /// <summary>Membership as wild as it gets: deaths, pauses before commits, starts and stops, all at once and many times.</summary>
    [SkippableFact]
    public async Task Random_deaths_pauses_and_restarts_of_three_sinks_in_memory()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var kafka = new MemoryKafka();
        using var world = new SinkWorld(kafka, "f");
        await world.CreateTopicsAsync(Partitions, "raw");
        TableDefinition table = world.Table("raw", SinkWorld.Flush(rows: 40, seconds: 0.02));
        var sinks = new RunningSink?[3];
        int written = 0, deaths = 0, starts = 0, stops = 0;
        for (int step = 0; step < 150; step++)
        {
            written = WriteSome(world, written, random.Next(1, 40), random);
            int which = random.Next(sinks.Length);
            switch (random.Next(4))
            {
                case 0:
                    kafka.ExpireAll("f.sink.raw");
                    deaths++;
                    break;
                case 1 when sinks[which] is { } running:
                    await running.StopAsync();
                    sinks[which] = null;
                    stops++;
                    break;
                case 1 or 2 when sinks[which] is null:
                    sinks[which] = world.Start(table, world.Services($"n{which}", Pausing(world, random.Next()))).Go();
                    starts++;
                    break;
                default:
                    await world.Signal.WaitUntilAsync(() => true, () => "");
                    break;
            }
        }

        sinks[0] ??= world.Start(table, world.Services("n0")).Go();
        await AllCommittedAsync(world, written, "raw");
        foreach (RunningSink? sink in sinks)
        {
            await (sink?.StopAsync() ?? Task.CompletedTask);
        }

        int dropped = world.Logs.Text.Split("Another sink was first").Length - 1;
        output.WriteLine($"{written} records, {starts} starts, {stops} stops, {deaths} deaths, {dropped} dropped commits");
        await AssertExactAsync(world, written);
    }

    [SkippableFact]
    public async Task Eight_writers_make_200_commits_each()
    {
        using var world = new SinkWorld(new MemoryKafka(), "f");
        const int writers = 8, commits = 200;
        var shape = new TableShape(
            new TableDefinition("raw", "f.raw", null, null, null, null, TablePartitioning.None, FlushPolicy.Default),
            [new TableColumn(new ColumnField("n", ColumnType.Int64), "n")]);
        await world.Open("raw").CreateAsync(new NewTable(shape.ToSchema(), []), default);
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(() => WriteAsync(world, shape, writer, commits))));

        Snapshot snapshot = (await world.LoadAsync("raw"))!;
        Assert.Equal(writers * commits, snapshot.Version);
        string[] logs = [.. Directory.GetFiles(Path.Combine(world.LakeFolder, "raw", "_delta_log"), "*.json")
            .Select(path => Path.GetFileNameWithoutExtension(path)!).Where(name => name.Length == 20).Order(StringComparer.Ordinal)];
        Assert.Equal(Enumerable.Range(0, (writers * commits) + 1).Select(version => $"{version:D20}"), logs);
        Assert.Equal(
            [(long)writers * commits, (long)writers * commits, (long)commits - 1],
            (await world.QueryAsync(
                "SELECT count(*), count(DISTINCT (_partition, n)), max(n) FROM raw", "raw"))[0]);
        Assert.All(Enumerable.Range(0, writers), writer => Assert.Equal(commits - 1, snapshot.TxnVersion($"writer-{writer}")));
        (JsonElement state, List<string> rows) = await RowText.JudgeAsync(Path.Combine(world.LakeFolder, "raw"));
        Assert.Equal(writers * commits, rows.Distinct().Count());
        Assert.Equal(writers * commits, state.GetProperty("version").GetInt32());
    }

    private static async Task WriteAsync(SinkWorld world, TableShape shape, int writer, int commits)
    {
        using DuckDbDatabase database = DuckDbDatabase.Open();
        using var parquet = new ParquetFileWriter(database, shape.FileFields);
        var batch = new ColumnBatch(shape.FileFields);
        var environment = new DeltaEnvironment(
            TimeProvider.System, new Random(writer), SinkWorld.Ids, new DuckDbCheckpointFiles(database));
        var table = new DeltaTable(new LocalObjectStore(world.LakeFolder, SinkWorld.Ids), "raw", environment);
        Snapshot at = await table.LoadAsync(default);
        for (int n = 0; n < commits; n++)
        {
            batch.Clear();
            batch.Fixed<long>("n").Append(n);
            batch.Bytes("_topic").Append("t"u8);
            batch.Fixed<int>("_partition").Append(writer);
            batch.Fixed<long>("_offset").Append(n);
            batch.Fixed<int>("_index").Append(0);
            parquet.Append(batch);
            StagedObject staged = await table.Store.StageAsync(
                $"raw/{DataFile.NewPath([], new Dictionary<string, string?>(), SinkWorld.Ids)}", default);
            parquet.Finish(staged.LocalPath);
            StoredObject file = await table.Store.FinishAsync(staged, default);
            CommitOutcome outcome = await table.Begin(at)
                .Add(DataFile.ToAdd(table, file, new Dictionary<string, string?>(), null))
                .Advance($"writer-{writer}", n, n == 0 ? null : n - 1).CommitAsync(default);
            at = Assert.IsType<CommitOutcome.Committed>(outcome).Snapshot;
        }
    }

    /// <summary>A store that now and then holds a commit up for a while.</summary>
    private static WatchedStore Pausing(SinkWorld world, int seed)
    {
        var random = new Random(seed);
        return new WatchedStore(world.Store, world.Signal)
        {
            Fault = (operation, _, before) =>
            {
                if (operation == "put-if-absent" && before && random.Next(3) == 0)
                {
                    Thread.Sleep(random.Next(60)); // a slow disk; nothing waits for it
                }
            },
        };
    }

    /// <summary>Numbered records over all partitions, each with two samples.</summary>
    private static int WriteSome(SinkWorld world, int from, int count, Random random)
    {
        foreach (IGrouping<int, int> group in Enumerable.Range(from, count).GroupBy(_ => random.Next(Partitions)))
        {
            world.Write("raw", group.Key, group.Select(n => world.Encode("raw", Observations.Of(n, (long)n, $"{n}"))));
        }

        return from + count;
    }

    private static Task AllCommittedAsync(SinkWorld world, int written, string table) => world.Signal.WaitUntilAsync(
        async () => await world.LoadAsync(table) is { } snapshot
            && snapshot.Files.Sum(file => JsonDocument.Parse(file.Stats!).RootElement.GetProperty("numRecords").GetInt64()) >= 2L * written,
        () => $"{written} records are not in the table\n{world.Logs.Text}");

    private static async Task AssertExactAsync(SinkWorld world, int written)
    {
        Assert.Equal(
            [2L * written, 2L * written, (long)written, (long)written - 1],
            (await world.QueryAsync(
                """
                SELECT count(*), count(DISTINCT (_partition, _offset, _index)), count(DISTINCT value_long), max(value_long) FROM raw
                """, "raw"))[0]);
        Assert.Equal(0L, await world.ScalarAsync(
            "SELECT count(*) FROM raw WHERE (_index = 0) != (value_long = sequence) OR (_index = 1 AND value_text != CAST(sequence AS VARCHAR))",
            "raw"));
        (JsonElement state, List<string> judged) = await RowText.JudgeAsync(Path.Combine(world.LakeFolder, "raw"));
        Assert.Equal(2 * written, judged.Count);
        Assert.Equal(2 * written, judged.Distinct().Count());
        Assert.Equal(
            (await world.QueryAsync("SELECT * FROM raw", "raw")).Select(RowText.Of).Order(StringComparer.Ordinal), judged);
        string[] versions = [.. Directory.GetFiles(Path.Combine(world.LakeFolder, "raw", "_delta_log"), "*.json")
            .Select(path => Path.GetFileNameWithoutExtension(path)!).Where(name => name.Length == 20).Order(StringComparer.Ordinal)];
        Assert.Equal(Enumerable.Range(0, state.GetProperty("version").GetInt32() + 1).Select(version => $"{version:D20}"), versions);
        Assert.Empty(await world.OrphansAsync("raw"));
    }
}
