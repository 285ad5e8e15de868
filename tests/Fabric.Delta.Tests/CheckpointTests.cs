using System.Text.Json;
using Fabric.Core.Storage;
using Fabric.Delta.Actions;
using Fabric.Delta.Checkpoints;
using Fabric.Delta.Commits;
using Fabric.Delta.Log;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Delta.Tests;

public sealed class CheckpointTests(ITestOutputHelper output) : IDisposable
{
    private const int Histories = 1000;

    private readonly TestTable _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task Replay_of_a_checkpoint_equals_replay_of_the_commits_for_1000_random_histories()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var chance = new Random(seed);
        int actions = 0;
        for (int history = 0; history < Histories; history++)
        {
            var table = new DeltaTable(_test.Store, $"h{history}", _test.Environment);
            int commits = chance.Next(1, 12);
            WriteHistory(table, new RandomHistory(chance), commits);
            Snapshot byCommits = await table.LoadAsync(default);
            long at = chance.Next(commits + 1);
            await CheckpointWriter.WriteAsync(table, await table.LoadAsync(at, default), default);
            Snapshot byCheckpoint = await table.LoadAsync(default);
            AssertSame(byCommits, byCheckpoint, $"history {history}");
            DeleteCommitsUpTo(table, at);
            if (chance.Next(2) == 0)
            {
                File.Delete(Path.Combine(table.Root, "_delta_log", "_last_checkpoint"));
            }

            AssertSame(byCommits, await table.LoadAsync(default), $"history {history} without its first commits");
            actions += byCommits.Files.Count + byCommits.Tombstones.Count;
            Directory.Delete(table.Root, recursive: true);
        }

        output.WriteLine($"{Histories} histories, {actions} files and tombstones");
        Assert.True(actions > Histories);
    }

    [SkippableFact]
    public async Task CommitAsync_every_tenth_version_has_a_checkpoint_that_the_judge_reads_without_the_commits()
    {
        Snapshot at = await _test.CreateAsync();
        for (int i = 1; i <= 20; i++)
        {
            DeltaTransaction transaction = _test.Table.Begin(at).Advance($"app-{i % 3}", i, at.TxnVersion($"app-{i % 3}"))
                .Add(TestTable.Add($"f{i}.parquet", "{\"numRecords\":1}") with
                {
                    Tags = new Dictionary<string, string?> { ["sha256"] = $"hash-{i}" },
                });
            if (i % 5 == 0)
            {
                transaction.Remove(at.Files.First(), dataChange: true);
            }

            at = TestTable.Committed(await transaction.CommitAsync(default)).Snapshot;
        }

        string[] checkpoints = Directory.GetFiles(_test.LogPath("."), "*.parquet").Select(path => Path.GetFileName(path)!).ToArray();
        Assert.Equal(["00000000000000000010.checkpoint.parquet", "00000000000000000020.checkpoint.parquet"], checkpoints.Order());
        using JsonDocument pointer = JsonDocument.Parse(await File.ReadAllTextAsync(_test.LogPath("_last_checkpoint")));
        Assert.Equal(20, pointer.RootElement.GetProperty("version").GetInt64());
        Assert.Equal(at.Files.Count, pointer.RootElement.GetProperty("numOfAddFiles").GetInt32());
        Assert.Equal(
            at.Files.Count + at.Tombstones.Count + at.Txns.Count + 2, pointer.RootElement.GetProperty("size").GetInt32());

        DeleteCommitsUpTo(_test.Table, 20);
        AssertSame(at, await _test.Table.LoadAsync(default), "ours");
        Judge judge = Judge.Script("delta-read.mjs");
        Skip.IfNot(judge.IsPresent, judge.Absent);
        JudgeResult result = await judge.RunAsync(null, TimeSpan.FromMinutes(1), _test.Table.Root, "latest", "--state");
        Assert.True(result.ExitCode == 0, result.Error + result.Output);
        using JsonDocument state = JsonDocument.Parse(result.Output);
        JsonElement[] files = state.RootElement.GetProperty("files").EnumerateArray().ToArray();
        Assert.Equal(
            at.Files.Select(file => $"{file.Path} {file.Size} {file.Tags!["sha256"]} {file.Stats}").Order(),
            files.Select(file => $"{file.GetProperty("path").GetString()} {file.GetProperty("size").GetInt64()} "
                + $"{file.GetProperty("tags").GetProperty("sha256").GetString()} {file.GetProperty("stats").GetString()}").Order());
        Assert.Equal(at.Tombstones.Count, state.RootElement.GetProperty("removes").GetArrayLength());
        Assert.Equal(
            at.Txns.Select(pair => $"{pair.Key}={pair.Value.Version}").Order(),
            state.RootElement.GetProperty("txns").EnumerateObject().Select(pair => $"{pair.Name}={pair.Value}").Order());
    }

    [Fact]
    public async Task WriteAsync_forgets_tombstones_past_their_retention_and_keeps_the_others()
    {
        Snapshot at = await _test.CreateAsync(
            new Dictionary<string, string?> { ["delta.deletedFileRetentionDuration"] = "interval 2 days" });
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        string line(string path, string time) => $"{{\"remove\":{{\"path\":\"{path}\",{time}\"dataChange\":true}}}}\n";
        await File.WriteAllTextAsync(
            _test.LogPath("00000000000000000001.json"),
            line("old", $"\"deletionTimestamp\":{now - 3 * 86_400_000L},") + line("young", $"\"deletionTimestamp\":{now - 86_400_000L},")
            + line("undated", ""));
        at = await _test.Table.LoadAsync(default);
        Assert.Equal(3, at.Tombstones.Count);
        await CheckpointWriter.WriteAsync(_test.Table, at, default);
        DeleteCommitsUpTo(_test.Table, 1);
        Assert.Equal("young", Assert.Single((await _test.Table.LoadAsync(default)).Tombstones).Path);
    }

    [Fact]
    public async Task WriteAsync_of_a_version_without_its_commit_is_refused()
    {
        Snapshot at = await _test.CreateAsync();
        at = TestTable.Committed(await _test.Table.Begin(at).Add(TestTable.Add("a")).CommitAsync(default)).Snapshot;
        File.Delete(_test.LogPath("00000000000000000001.json"));
        DeltaException e = await Assert.ThrowsAsync<DeltaException>(() => CheckpointWriter.WriteAsync(_test.Table, at, default));
        Assert.Equal(DeltaCode.VersionNotFound, e.Code);
        Assert.Empty(Directory.GetFiles(_test.LogPath("."), "*.parquet"));
    }

    [Fact]
    public async Task LoadAsync_pointer_corrupt_missing_stale_or_ahead_changes_nothing()
    {
        Snapshot at = await _test.CreateAsync(new Dictionary<string, string?> { ["delta.checkpointInterval"] = "3" });
        for (int i = 1; i <= 8; i++)
        {
            at = TestTable.Committed(await _test.Table.Begin(at).Add(TestTable.Add($"{i}")).CommitAsync(default)).Snapshot;
        }

        string pointer = _test.LogPath("_last_checkpoint");
        foreach (string content in new[]
        {
            "", "{", "[]", "null", "{\"version\":3}", "{\"version\":6}", "{\"version\":999}", "{\"version\":-1}", "{\"version\":\"6\"}",
            "{\"version\":5}", "\0\0\0", "{\"version\":1e3}", "{\"\\ud800\":1}",
        })
        {
            await File.WriteAllTextAsync(pointer, content);
            AssertSame(at, await _test.Table.LoadAsync(default), content);
            Assert.Equal(4, (await _test.Table.LoadAsync(4, default)).Files.Count);
        }

        File.Delete(pointer);
        AssertSame(at, await _test.Table.LoadAsync(default), "missing");
    }

    [Fact]
    public async Task LoadAsync_checkpoint_that_is_no_parquet_or_no_checkpoint_is_an_error_of_its_own()
    {
        Snapshot at = await _test.CreateAsync();
        await CheckpointWriter.WriteAsync(_test.Table, at, default);
        string file = _test.LogPath("00000000000000000000.checkpoint.parquet");
        byte[] good = await File.ReadAllBytesAsync(file);
        byte[][] bad = [[], good[..^20], [.. good[..50], .. good], "not parquet"u8.ToArray()];
        foreach (byte[] content in bad)
        {
            await File.WriteAllBytesAsync(file, content);
            DeltaException e = await Assert.ThrowsAsync<DeltaException>(() => _test.Table.LoadAsync(default));
            Assert.Equal(DeltaCode.CheckpointCorrupt, e.Code);
        }

        using (DuckDb.DuckDbConnection connection = _test.Database.Connect())
        {
            File.Delete(file);
            connection.Execute($"COPY (SELECT 1 AS a) TO '{file}' (FORMAT parquet)");
        }

        Assert.Equal(
            DeltaCode.CheckpointCorrupt, (await Assert.ThrowsAsync<DeltaException>(() => _test.Table.LoadAsync(default))).Code);
    }

    [Fact]
    public async Task CommitAsync_checkpoint_that_cannot_be_written_is_reported_and_the_commit_stands()
    {
        Snapshot at = await _test.CreateAsync(new Dictionary<string, string?> { ["delta.checkpointInterval"] = "1" });
        Directory.CreateDirectory(_test.LogPath("_last_checkpoint")); // a folder where the pointer should be
        CommitOutcome outcome = await _test.Table.Begin(at).Add(TestTable.Add("a")).CommitAsync(default);
        var committed = Assert.IsType<CommitOutcome.Committed>(outcome);
        Assert.Equal(StorageCode.Failed, Assert.IsType<StorageException>(committed.CheckpointFailure).Code);
        Directory.Delete(_test.LogPath("_last_checkpoint"));
        Assert.Single((await _test.Table.LoadAsync(default)).Files);
    }

    private static void WriteHistory(DeltaTable table, RandomHistory history, int commits)
    {
        string folder = Path.Combine(table.Root, "_delta_log");
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, LogPath.Commit(0)), ActionWriter.Write(history.First()));
        for (int version = 1; version <= commits; version++)
        {
            File.WriteAllBytes(Path.Combine(folder, LogPath.Commit(version)), ActionWriter.Write(history.Next(version)));
        }
    }

    private static void DeleteCommitsUpTo(DeltaTable table, long version)
    {
        for (long v = 0; v <= version; v++)
        {
            File.Delete(Path.Combine(table.Root, "_delta_log", LogPath.Commit(v)));
        }
    }

    internal static void AssertSame(Snapshot expected, Snapshot actual, string what)
    {
        Assert.True(expected.Version == actual.Version, what);
        Assert.Equal(expected.Protocol, actual.Protocol);
        Assert.Equal(Text([expected.Metadata]), Text([actual.Metadata]));
        Assert.Equal(Text(expected.Txns.Values), Text(actual.Txns.Values));
        Assert.Equal(
            Text(expected.Files.Select(file => file with { DataChange = false })),
            Text(actual.Files.Select(file => file with { DataChange = false })));
        Assert.Equal(
            Text(expected.Tombstones.Select(file => file with { DataChange = false })),
            Text(actual.Tombstones.Select(file => file with { DataChange = false })));
    }

    /// <summary>Maps in order of their keys: a map has no order, and Parquet keeps the writer's.</summary>
    private static string Text(IEnumerable<DeltaAction> actions)
    {
        IEnumerable<string> lines = System.Text.Encoding.UTF8.GetString(ActionWriter.Write(actions.Select(Sorted)))
            .Split('\n').Order(StringComparer.Ordinal);
        return string.Join("\n", lines);
    }

    private static DeltaAction Sorted(DeltaAction action) => action switch
    {
        AddAction { Tags: { } tags } add => add with
        {
            Tags = new SortedDictionary<string, string?>(new Dictionary<string, string?>(tags), StringComparer.Ordinal),
        },
        MetadataAction metadata => metadata with
        {
            Configuration = new SortedDictionary<string, string?>(
                new Dictionary<string, string?>(metadata.Configuration), StringComparer.Ordinal),
        },
        _ => action,
    };
}
