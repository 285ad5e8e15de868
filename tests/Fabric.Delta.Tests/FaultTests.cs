using Fabric.Core.Columns;
using Fabric.Core.Storage;
using Fabric.Delta.Actions;
using Fabric.Delta.Commits;
using Fabric.Delta.Reading;
using Fabric.DuckDb;
using Xunit.Abstractions;

namespace Fabric.Delta.Tests;

/// <summary>What failures leave behind, and what they say.</summary>
public sealed class FaultTests(ITestOutputHelper output) : IDisposable
{
    private const int LostAnswers = 1000;

    private readonly TestTable _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task CommitAsync_answer_lost_after_the_link_is_recognized_as_its_own_1000_times()
    {
        FaultyStore store = Faulty(out DeltaTable table);
        Snapshot at = await CreateAsync(table);
        int lost = 0;
        store.Fault = (operation, path, before) =>
        {
            if (operation == "put-if-absent" && path.EndsWith(".json", StringComparison.Ordinal) && !before)
            {
                lost++;
                throw lost % 3 == 0 ? new TimeoutException("lost") : lost % 3 == 1 ? new IOException("lost")
                    : new StorageException(StorageCode.Failed, "lost", isRetriable: true);
            }
        };
        for (int i = 1; i <= LostAnswers; i++)
        {
            CommitOutcome outcome = await table.Begin(at).Add(TestTable.Add($"{i}")).Advance("app", i, i == 1 ? null : i - 1)
                .CommitAsync(default);
            at = TestTable.Committed(outcome).Snapshot;
            Assert.Equal(i, at.Version);
        }

        Snapshot read = await _test.Table.LoadAsync(default);
        Assert.Equal((LostAnswers, LostAnswers, LostAnswers), (lost, (int)read.Version, read.Files.Count));
    }

    [Fact]
    public async Task CommitAsync_store_fails_before_the_link_throws_and_nothing_is_there()
    {
        FaultyStore store = Faulty(out DeltaTable table);
        Snapshot at = await CreateAsync(table);
        store.Fault = (operation, _, before) =>
        {
            if (operation == "put-if-absent" && before)
            {
                throw new StorageException(StorageCode.Failed, "no space left on device", isRetriable: true);
            }
        };
        StorageException e = await Assert.ThrowsAsync<StorageException>(
            () => table.Begin(at).Add(TestTable.Add("a")).CommitAsync(default));
        Assert.Contains("no space", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await _test.Table.LoadAsync(default)).Version);
    }

    [Fact]
    public async Task CommitAsync_fsync_failed_after_the_link_is_unresolved_and_never_a_success()
    {
        FaultyStore store = Faulty(out DeltaTable table);
        Snapshot at = await CreateAsync(table);
        store.Fault = (operation, _, before) =>
        {
            if (operation == "put-if-absent" && !before)
            {
                throw new StorageException(StorageCode.NotDurable, "fsync failed");
            }
        };
        var outcome = Assert.IsType<CommitOutcome.Unresolved>(
            await table.Begin(at).Add(TestTable.Add("a")).CommitAsync(default));
        Assert.Equal(StorageCode.NotDurable, Assert.IsType<StorageException>(outcome.Cause).Code);
        Assert.Equal(1, outcome.Version);
    }

    [Fact]
    public async Task CommitAsync_answer_lost_and_the_version_unreadable_is_unresolved()
    {
        FaultyStore store = Faulty(out DeltaTable table);
        Snapshot at = await CreateAsync(table);
        bool lost = false;
        int readBacks = 0;
        store.Fault = (operation, _, before) =>
        {
            if (operation == "put-if-absent" && !before)
            {
                lost = true;
                throw new TimeoutException("no answer");
            }

            if (operation == "read" && lost)
            {
                readBacks++;
                throw new StorageException(StorageCode.Failed, "still away", isRetriable: true);
            }
        };
        var outcome = Assert.IsType<CommitOutcome.Unresolved>(
            await table.Begin(at).Add(TestTable.Add("a")).CommitAsync(default));
        Assert.Equal(StorageCode.Failed, Assert.IsType<StorageException>(outcome.Cause).Code);
        Assert.True(readBacks > 1);
        Assert.Equal(1, (await _test.Table.LoadAsync(default)).Version); // it did land: its files must not be removed
    }

    [Fact]
    public async Task CommitAsync_checkpoint_dies_of_anything_the_commit_is_still_reported()
    {
        FaultyStore store = Faulty(out DeltaTable table);
        Snapshot at = (await table.CreateAsync(
            new NewTable(TestTable.Schema, [], Configuration: new Dictionary<string, string?> { ["delta.checkpointInterval"] = "1" }),
            default)).Snapshot;
        store.Fault = (operation, _, _) =>
        {
            if (operation == "stage")
            {
                throw new InvalidOperationException("a bug in the checkpoint writer");
            }
        };
        var committed = Assert.IsType<CommitOutcome.Committed>(
            await table.Begin(at).Add(TestTable.Add("a")).CommitAsync(default));
        Assert.IsType<InvalidOperationException>(committed.CheckpointFailure);
    }

    [Fact]
    public async Task CommitAsync_cancelled_after_the_link_says_committed_cancelled_before_it_throws()
    {
        FaultyStore store = Faulty(out DeltaTable table);
        Snapshot at = await CreateAsync(table);
        bool cancelBefore = false;
        store.Fault = (operation, _, before) =>
        {
            if (operation == "put-if-absent" && before == cancelBefore)
            {
                throw new OperationCanceledException();
            }
        };
        at = TestTable.Committed(await table.Begin(at).Add(TestTable.Add("a")).CommitAsync(default)).Snapshot;
        cancelBefore = true;
        await Assert.ThrowsAsync<OperationCanceledException>(
            () => table.Begin(at).Add(TestTable.Add("b")).CommitAsync(default));
        Assert.Equal(1, (await _test.Table.LoadAsync(default)).Version);
    }

    [Fact]
    public async Task CommitAsync_other_writer_wins_while_the_answer_is_lost_goes_on_at_the_next_version()
    {
        FaultyStore store = Faulty(out DeltaTable table);
        Snapshot at = await CreateAsync(table);
        bool first = true;
        store.Fault = (operation, _, before) =>
        {
            if (operation == "put-if-absent" && before && first)
            {
                first = false;
                Snapshot other = _test.Table.LoadAsync(default).GetAwaiter().GetResult();
                _test.Table.Begin(other).Add(TestTable.Add("theirs")).CommitAsync(default).GetAwaiter().GetResult();
                throw new TimeoutException("no answer");
            }
        };
        CommitOutcome.Committed ours = TestTable.Committed(
            await table.Begin(at).Add(TestTable.Add("ours")).CommitAsync(default));
        Assert.Equal(2, ours.Version);
        Assert.Equal(["ours", "theirs"], ours.Snapshot.Files.Select(file => file.Path).Order());
    }

    [Fact]
    public async Task CommitAsync_from_a_snapshot_whose_commits_were_cleaned_away_is_refused()
    {
        Snapshot old = await _test.CreateAsync();
        Snapshot at = old;
        for (int i = 1; i <= 12; i++)
        {
            at = TestTable.Committed(await _test.Table.Begin(at).Add(TestTable.Add($"{i}")).CommitAsync(default)).Snapshot;
        }

        for (int version = 0; version < 10; version++)
        {
            File.Delete(_test.LogPath($"{version:D20}.json"));
        }

        DeltaException e = await Assert.ThrowsAsync<DeltaException>(
            () => _test.Table.Begin(old).Add(TestTable.Add("late")).CommitAsync(default));
        Assert.Equal(DeltaCode.VersionNotFound, e.Code);
        Assert.False(File.Exists(_test.LogPath($"{1:D20}.json")));
        Assert.Equal(12, (await _test.Table.RefreshAsync(old, default)).Version);
    }

    [Fact]
    public async Task Leftovers_of_killed_writers_are_never_read_and_never_in_the_way()
    {
        Snapshot at = await _test.CreateAsync();
        foreach (string name in new[]
        {
            ".00000000000000000001.json.0123.tmp", "00000000000000000001.json.tmp", "00000000000000000001.json.crc",
            "_last_checkpoint.tmp", "00000000000000000000.checkpoint.0000000001.0000000002.parquet", "1.json", "x.json",
            "00000000000000000000.checkpoint.parquet.0123.tmp", "00000000000000000000.00000000000000000009.compacted.json",
        })
        {
            await File.WriteAllTextAsync(_test.LogPath(name), "{\"add\":");
        }

        at = TestTable.Committed(await _test.Table.Begin(at).Add(TestTable.Add("a")).CommitAsync(default)).Snapshot;
        Assert.Equal(1, at.Version);
        Assert.Single((await _test.Table.LoadAsync(default)).Files);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"add\":{\"path\":\"a\",\"partitionVal")]
    [InlineData("{\"commitInfo\":{}}\n{\"add\":{\"path\":\"a\",")]
    [InlineData("null\n")]
    [InlineData("{\"add\":{\"path\":\"a\"}}\n")]
    public async Task LoadAsync_torn_commit_is_corruption_and_not_the_end_of_the_log(string content)
    {
        await _test.CreateAsync();
        await File.WriteAllTextAsync(_test.LogPath("00000000000000000001.json"), content);
        DeltaException e = await Assert.ThrowsAsync<DeltaException>(() => _test.Table.LoadAsync(default));
        Assert.Equal(DeltaCode.LogCorrupt, e.Code);
        Assert.Contains("00000000000000000001.json", e.Where, StringComparison.Ordinal);
        Assert.Equal(0, (await _test.Table.LoadAsync(0, default)).Version);
    }

    [Fact]
    public async Task Kill_at_every_file_operation_leaves_a_readable_table_that_goes_on()
    {
        int kills = 0;
        for (int at = 1; ; at++)
        {
            bool before = await KillAtAsync(at, beforeEffect: true);
            bool after = await KillAtAsync(at, beforeEffect: false);
            if (!before && !after)
            {
                break;
            }

            kills += 2;
        }

        output.WriteLine($"{kills} kills");
        Assert.True(kills >= 60, $"only {kills} operations were reached");
    }

    /// <summary>False when the scenario ended before the operation was reached.</summary>
    private async Task<bool> KillAtAsync(int operationNumber, bool beforeEffect)
    {
        string name = $"kill-{operationNumber}-{beforeEffect}";
        var store = new FaultyStore(_test.Store);
        int count = 0;
        bool dead = false;
        store.Fault = (_, _, before) =>
        {
            dead |= before == beforeEffect && ++count == operationNumber;
            if (dead)
            {
                throw new KilledException();
            }
        };
        var acknowledged = new List<string>();
        bool killed = false;
        try
        {
            await RunAsync(new DeltaTable(store, name, _test.Environment), 5, acknowledged);
        }
        catch (KilledException)
        {
            killed = true;
        }

        var table = new DeltaTable(_test.Store, name, _test.Environment);
        if (await table.ExistsAsync(default))
        {
            await AssertReadableAsync(table, acknowledged);
        }
        else
        {
            Assert.Empty(acknowledged);
        }

        await RunAsync(table, 2, acknowledged);
        await AssertReadableAsync(table, acknowledged);
        Directory.Delete(table.Root, recursive: true);
        return killed;
    }

    /// <summary>Creates the table if need be, and appends files of one row each, a checkpoint every second version.</summary>
    private async Task RunAsync(DeltaTable table, int commits, List<string> acknowledged)
    {
        var properties = new Dictionary<string, string?> { ["delta.checkpointInterval"] = "2" };
        Snapshot at = (await table.CreateAsync(new NewTable(TestTable.Schema, [], Configuration: properties), default)).Snapshot;
        for (int i = 0; i < commits; i++)
        {
            long? expected = at.TxnVersion("app");
            long position = (expected ?? 0) + 1;
            StagedObject staged = await table.Store.StageAsync(
                $"{table.Path}/{DataFile.NewPath([], new Dictionary<string, string?>(), table.Environment.Ids)}", default);
            WriteRow(staged.LocalPath, position);
            StoredObject file = await table.Store.FinishAsync(staged, default);
            CommitOutcome outcome = await table.Begin(at)
                .Add(DataFile.ToAdd(table, file, new Dictionary<string, string?>(), null))
                .Advance("app", position, expected).CommitAsync(default);
            var committed = Assert.IsType<CommitOutcome.Committed>(outcome);
            acknowledged.Add($"{position}");
            at = committed.CheckpointFailure is KilledException killed ? throw killed : committed.Snapshot;
        }
    }

    private void WriteRow(string path, long id)
    {
        using var writer = new ParquetFileWriter(
            _test.Database, [new ColumnField("id", ColumnType.Int64), new ColumnField("name", ColumnType.Text)]);
        var batch = new ColumnBatch([new ColumnField("id", ColumnType.Int64), new ColumnField("name", ColumnType.Text)]);
        batch.Fixed<long>("id").Append(id);
        batch.Bytes("name").AppendNull();
        writer.Append(batch);
        writer.Finish(path);
    }

    /// <summary>Each acknowledged row once, and at most one more that was committed without an answer; no row twice.</summary>
    private async Task AssertReadableAsync(DeltaTable table, List<string> acknowledged)
    {
        Snapshot snapshot = await table.LoadAsync(default);
        using DuckDbConnection connection = _test.Database.Connect();
        DeltaSql.RegisterView(connection, "t", table, snapshot);
        List<string> rows = RowText.Query(connection, "SELECT id FROM t ORDER BY id");
        Assert.Equal(rows.Distinct(), rows);
        Assert.Equal(Enumerable.Range(1, rows.Count).Select(i => $"{i}"), rows);
        Assert.True(acknowledged.All(rows.Contains), $"{string.Join(",", acknowledged)} of {string.Join(",", rows)}");
        foreach (AddAction file in snapshot.Files)
        {
            Assert.True(File.Exists(Path.Combine(table.Root, snapshot.RelativePath(file))));
        }
    }

    private FaultyStore Faulty(out DeltaTable table)
    {
        var store = new FaultyStore(_test.Store);
        table = new DeltaTable(store, "t", _test.Environment);
        return store;
    }

    private static async Task<Snapshot> CreateAsync(DeltaTable table) =>
        (await table.CreateAsync(new NewTable(TestTable.Schema, []), default)).Snapshot;
}
