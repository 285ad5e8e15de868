using System.Text.Json;
using Fabric.Delta.Actions;
using Fabric.Delta.Commits;
using Fabric.Delta.Schema;

namespace Fabric.Delta.Tests;

public sealed class CommitTests : IDisposable
{
    private readonly TestTable _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task CreateAsync_writes_version_0_and_a_second_one_finds_it()
    {
        CreateOutcome first = await _test.Table.CreateAsync(new NewTable(TestTable.Schema, [], "things"), default);
        CreateOutcome second = await _test.Table.CreateAsync(new NewTable(TestTable.Schema, []), default);
        Assert.True(first.IsNew);
        Assert.False(second.IsNew);
        Assert.Equal(first.Snapshot.Metadata.Id, second.Snapshot.Metadata.Id);
        Assert.Equal(0, second.Snapshot.Version);
        Assert.Equal(TestTable.Schema, second.Snapshot.Schema);
        Assert.Equal(new ProtocolAction(1, 2), second.Snapshot.Protocol);
        string[] lines = await File.ReadAllLinesAsync(_test.LogPath("00000000000000000000.json"));
        Assert.StartsWith("{\"commitInfo\":", lines[0], StringComparison.Ordinal);
        Assert.Equal("{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":2}}", lines[1]);
        Assert.DoesNotContain("appendOnly", string.Concat(lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CommitAsync_add_remove_and_txn_are_read_back()
    {
        Snapshot empty = await _test.CreateAsync();
        var tags = new Dictionary<string, string?> { ["sha256"] = "abc", ["run"] = null };
        DeltaTransaction first = _test.Table.Begin(empty)
            .Add(TestTable.Add("a.parquet", "{\"numRecords\":3}") with { Tags = tags })
            .Add(TestTable.Add("b.parquet"))
            .Advance("fabric-raw-0", 41, null)
            .Describe("STREAMING UPDATE", new Dictionary<string, string> { ["topic"] = "raw" })
            .Note("runId", "r-1");
        CommitOutcome.Committed committed = TestTable.Committed(await first.CommitAsync(default));
        Assert.Equal(1, committed.Version);

        Snapshot read = await _test.Table.LoadAsync(default);
        AddAction a = Assert.Single(read.Files, file => file.Path == "a.parquet");
        Assert.Equal(tags, a.Tags);
        Assert.Equal("{\"numRecords\":3}", a.Stats);
        Assert.Equal(41, read.TxnVersion("fabric-raw-0"));
        Assert.Null(read.TxnVersion("fabric-raw-1"));

        DeltaTransaction second = _test.Table.Begin(read).Remove(a, dataChange: true).Advance("fabric-raw-0", 50, 41);
        TestTable.Committed(await second.CommitAsync(default));
        read = await _test.Table.RefreshAsync(read, default);
        Assert.Equal(2, read.Version);
        Assert.Equal("b.parquet", Assert.Single(read.Files).Path);
        RemoveAction tombstone = Assert.Single(read.Tombstones);
        Assert.Equal((true, 100L), (tombstone.DataChange, tombstone.Size));

        IReadOnlyList<HistoryEntry> history = await _test.Table.HistoryAsync(2, default);
        Assert.Equal([2L, 1L], history.Select(entry => entry.Version));
        using JsonDocument info = JsonDocument.Parse(history[1].Info!.Json);
        Assert.Equal("STREAMING UPDATE", info.RootElement.GetProperty("operation").GetString());
        Assert.Equal("r-1", info.RootElement.GetProperty("fabric").GetProperty("runId").GetString());
        Assert.Equal(first.Id, history[1].Info!.TxnId);
        Assert.True(info.RootElement.GetProperty("isBlindAppend").GetBoolean());
    }

    [Fact]
    public async Task CommitAsync_two_blind_appends_from_one_snapshot_both_land()
    {
        Snapshot empty = await _test.CreateAsync();
        DeltaTransaction one = _test.Table.Begin(empty).Add(TestTable.Add("a.parquet")).Advance("app-0", 1, null);
        DeltaTransaction two = _test.Table.Begin(empty).Add(TestTable.Add("b.parquet")).Advance("app-1", 1, null);
        Assert.Equal(1, TestTable.Committed(await one.CommitAsync(default)).Version);
        CommitOutcome.Committed last = TestTable.Committed(await two.CommitAsync(default));
        Assert.Equal(2, last.Version);
        Assert.Equal(2, last.Snapshot.Files.Count);
    }

    [Fact]
    public async Task CommitAsync_zombie_with_an_old_base_is_superseded_and_its_rows_never_appear()
    {
        // Stored 4000; a zombie commits up to 5000; ours collected 4001..6000 and covers it. "Greater wins" would double rows.
        Snapshot at = await _test.CreateAsync();
        at = TestTable.Committed(await _test.Table.Begin(at)
            .Add(TestTable.Add("base.parquet")).Advance("app-0", 4000, null).CommitAsync(default)).Snapshot;
        DeltaTransaction ours = _test.Table.Begin(at)
            .Add(TestTable.Add("ours.parquet")).Advance("app-0", 6000, 4000).Advance("app-1", 10, null);
        TestTable.Committed(await _test.Table.Begin(at)
            .Add(TestTable.Add("zombie.parquet")).Advance("app-0", 5000, 4000).CommitAsync(default));

        var superseded = Assert.IsType<CommitOutcome.Superseded>(await ours.CommitAsync(default));
        Assert.Equal(["app-0"], superseded.AppIds);
        Assert.Equal(5000, superseded.Snapshot.TxnVersion("app-0"));
        Snapshot read = await _test.Table.LoadAsync(default);
        Assert.Equal(2, read.Version);
        Assert.Equal(["base.parquet", "zombie.parquet"], read.Files.Select(file => file.Path).Order());
        Assert.Null(read.TxnVersion("app-1"));
    }

    [Fact]
    public async Task CommitAsync_base_that_never_was_is_superseded_without_a_race()
    {
        Snapshot at = await _test.CreateAsync();
        Assert.IsType<CommitOutcome.Superseded>(
            await _test.Table.Begin(at).Add(TestTable.Add("a.parquet")).Advance("app-0", 2, 1).CommitAsync(default));
        Assert.Equal(0, (await _test.Table.LoadAsync(default)).Version);
    }

    [Fact]
    public async Task ChangeSchema_nullable_column_is_added_in_the_same_commit_and_old_snapshots_keep_theirs()
    {
        Snapshot before = await _test.CreateAsync();
        var wider = new StructType([.. TestTable.Schema.Fields, new StructField("extra", PrimitiveType.Double)]);
        DeltaTransaction change = _test.Table.Begin(before).ChangeSchema(wider).Add(TestTable.Add("a.parquet"));
        Assert.Equal(wider, change.Schema);
        DeltaTransaction late = _test.Table.Begin(before).Add(TestTable.Add("b.parquet"));
        TestTable.Committed(await change.CommitAsync(default));

        Snapshot after = await _test.Table.LoadAsync(default);
        Assert.Equal(wider, after.Schema);
        Assert.Equal(before.Metadata.Id, after.Metadata.Id);
        Assert.Equal(TestTable.Schema, (await _test.Table.LoadAsync(0, default)).Schema);
        var conflict = Assert.IsType<CommitOutcome.Conflicted>(await late.CommitAsync(default));
        Assert.Equal((ConflictReason.MetadataChanged, 1L), (conflict.Reason, conflict.Version));
    }

    [Fact]
    public async Task CommitAsync_both_remove_the_same_file_second_conflicts()
    {
        Snapshot at = await _test.CreateAsync();
        at = TestTable.Committed(
            await _test.Table.Begin(at).Add(TestTable.Add("a.parquet")).CommitAsync(default)).Snapshot;
        AddAction file = Assert.Single(at.Files);
        DeltaTransaction one = _test.Table.Begin(at).Remove(file, false).Add(TestTable.Add("a1.parquet"));
        DeltaTransaction two = _test.Table.Begin(at).Remove(file, false).Add(TestTable.Add("a2.parquet"));
        DeltaTransaction whole = _test.Table.Begin(at).ReadWholeTable().Add(TestTable.Add("sum.parquet"));
        TestTable.Committed(await one.CommitAsync(default));
        Assert.Equal(ConflictReason.ConcurrentDelete,
            Assert.IsType<CommitOutcome.Conflicted>(await two.CommitAsync(default)).Reason);

        // a rearrangement is no append for one who read everything (dataChange of a1 is true, so it is one here)
        Assert.Equal(ConflictReason.ConcurrentAppend,
            Assert.IsType<CommitOutcome.Conflicted>(await whole.CommitAsync(default)).Reason);
    }

    [Fact]
    public async Task Begin_table_with_properties_or_features_that_cannot_be_honoured_is_refused_by_name()
    {
        await _test.CreateAsync();
        (string Line, string Feature)[] cases =
        [
            (Metadata("{\"delta.appendOnly\":\"true\"}"), "delta.appendOnly"),
            (Metadata("{\"delta.constraints.positive\":\"id > 0\"}"), "delta.constraints.positive"),
            (Metadata("{}", ",\"delta.invariants\":\"{}\""), "delta.invariants"),
            ("{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":3}}", "checkConstraints"),
            ("{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":4}}", "changeDataFeed"),
            ("{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":7,\"writerFeatures\":[\"collations\"]}}", "collations"),
            ("{\"protocol\":{\"minReaderVersion\":2,\"minWriterVersion\":5}}", "columnMapping"),
            ("{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":99}}", "minWriterVersion=99"),
        ];
        foreach ((string line, string feature) in cases)
        {
            await File.WriteAllTextAsync(_test.LogPath("00000000000000000001.json"), line + "\n");
            Snapshot snapshot = await _test.Table.LoadAsync(default);
            DeltaException e = Assert.Throws<DeltaException>(() => _test.Table.Begin(snapshot));
            Assert.Equal(DeltaCode.WriteUnsupported, e.Code);
            Assert.Contains(feature, e.Features);
            Assert.Contains(feature, e.Message, StringComparison.Ordinal);
        }
    }

    private static string Metadata(string configuration, string fieldNotes = "")
    {
        string notes = fieldNotes.TrimStart(',').Replace("\"", "\\\"", StringComparison.Ordinal);
        string schema = "{\\\"type\\\":\\\"struct\\\",\\\"fields\\\":[{\\\"name\\\":\\\"id\\\",\\\"type\\\":\\\"long\\\","
            + "\\\"nullable\\\":true,\\\"metadata\\\":{" + notes + "}}]}";
        return "{\"metaData\":{\"id\":\"x\",\"format\":{\"provider\":\"parquet\",\"options\":{}},\"schemaString\":\"" + schema
            + "\",\"partitionColumns\":[],\"configuration\":" + configuration + "}}";
    }
}
