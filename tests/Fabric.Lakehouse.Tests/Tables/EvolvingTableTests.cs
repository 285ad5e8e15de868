using Fabric.Avro;
using Fabric.Core.Health;
using Fabric.Delta;
using Fabric.Delta.Actions;
using Fabric.Lakehouse.Tables;
using Fabric.Lakehouse.Tests.World;

namespace Fabric.Lakehouse.Tests.Tables;

/// <summary>A topic of one's own as a table, whose schemas change while it runs.</summary>
public sealed class EvolvingTableTests : IDisposable
{
    private readonly SinkWorld _world = new(new MemoryKafka(), "f");

    public void Dispose() => _world.Dispose();

    [SkippableFact]
    public async Task Any_topic_becomes_a_table_exploded_with_its_own_time()
    {
        await _world.CreateTopicsAsync(1, "orders");
        Schema schema = Generic.Record(
            "id string", "createdAt {\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}",
            """items {"type":"array","items":{"type":"record","name":"Item","fields":[{"name":"sku","type":"string"},{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":20,"scale":2}}]}}""");
        long ms = Observations.Moment / 1000;
        _world.Write("orders", 0, Generic.Encode(
            _world, "orders", schema, "o1", ms, new object?[] { new object?[] { "a", new byte[] { 1, 0 } }, new object?[] { "b", new byte[] { 0xff } } }));
        await RunUntilAsync(Definition(explode: "items", time: "created_at"), 0);
        Assert.Equal(
            ["2026-03-04 | o1 | 2026-03-04T05:06:07.891000Z | a | 2.56 | f.orders | 0 | 0 | 0",
                "2026-03-04 | o1 | 2026-03-04T05:06:07.891000Z | b | -0.01 | f.orders | 0 | 0 | 1"],
            (await _world.QueryAsync("SELECT * FROM orders ORDER BY _index", "orders")).Select(RowText.Of));
        (_, List<string> judged) = await RowText.JudgeAsync(Path.Combine(_world.LakeFolder, "orders"));
        Assert.Equal(2, judged.Count);
    }

    [Fact]
    public async Task Without_partitions_and_without_time_there_is_no_date()
    {
        await _world.CreateTopicsAsync(1, "orders");
        _world.Write("orders", 0, Generic.Encode(_world, "orders", Generic.Record("date string", "n int"), "x", 1));
        await RunUntilAsync(Definition() with { Partitioning = TablePartitioning.None }, 0);
        Snapshot snapshot = (await _world.LoadAsync("orders"))!;
        Assert.Empty(snapshot.PartitionColumns);
        Assert.Equal(
            ["date_2", "n", "_topic", "_partition", "_offset", "_index"], snapshot.Schema.Fields.Select(field => field.Name));
    }

    [Fact]
    public async Task Time_that_is_absent_or_null_gives_the_date_of_the_record()
    {
        await _world.CreateTopicsAsync(1, "orders");
        _world.Write(
            "orders", 0, Generic.Encode(_world, "orders", Generic.Record("n int"), 1),
            Generic.Encode(
                _world, "orders", Generic.Record("n int", "at {\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}?"), 2, null),
            Generic.Encode(
                _world, "orders", Generic.Record("n int", "at {\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}?"), 3, Observations.Moment));
        await RunUntilAsync(Definition(time: "at"), 2);
        string today = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        List<object?[]> rows = await _world.QueryAsync("SELECT CAST(date AS VARCHAR) FROM orders ORDER BY n", "orders");
        Assert.Equal("2026-03-04", rows[2][0]);
        Assert.All(rows.Take(2), row => Assert.InRange(string.CompareOrdinal((string)row[0]!, today), -1, 0));
    }

    [Fact]
    public async Task New_fields_widen_the_table_with_their_rows_and_alternating_schemas_share_commits()
    {
        await _world.CreateTopicsAsync(1, "orders");
        Schema first = Generic.Record("n int"), second = Generic.Record("n int", "note string?"), third = Generic.Record("extra double", "n int");
        _world.Write("orders", 0, Enumerable.Range(0, 300).Select(i => (i % 3) switch
        {
            0 => Generic.Encode(_world, "orders", first, i),
            1 => Generic.Encode(_world, "orders", second, i, $"note {i}"),
            _ => Generic.Encode(_world, "orders", third, i / 2.0, i),
        }));
        await RunUntilAsync(Definition(), 299);
        IReadOnlyList<HistoryEntry> history = await _world.Open("orders").HistoryAsync(100, default);
        Assert.True(history.Count <= 5, $"{history.Count} commits");
        Assert.All(
            history.Where(entry => entry.Version > 0 && entry.Actions.OfType<MetadataAction>().Any()),
            entry => Assert.NotEmpty(entry.Actions.OfType<AddAction>()));
        Assert.Equal(
            ["date", "n", "_topic", "_partition", "_offset", "_index", "note", "extra"],
            (await _world.LoadAsync("orders"))!.Schema.Fields.Select(field => field.Name));
        Assert.Equal(
            "300 | 300 | 100 | 100 | 14850",
            RowText.Of((await _world.QueryAsync(
                "SELECT count(*), count(DISTINCT _offset), count(note), count(extra), CAST(sum(n) FILTER (extra IS NULL AND note IS NULL) AS BIGINT) FROM orders",
                "orders"))[0]));

        // Another start finds the columns in the table and adds none.
        _world.Write("orders", 0, Generic.Encode(_world, "orders", third, 0.5, 301));
        long before = (await _world.LoadAsync("orders"))!.Version;
        await RunUntilAsync(Definition(), 301);
        Assert.DoesNotContain(
            (await _world.Open("orders").HistoryAsync(100, default)).Where(entry => entry.Version > before),
            entry => entry.Actions.OfType<MetadataAction>().Any());
    }

    [Fact]
    public async Task Incompatible_schema_opens_the_next_version_and_goes_on_there()
    {
        await _world.CreateTopicsAsync(2, "orders");
        Schema first = Generic.Record("n int", "v long"), second = Generic.Record("n int", "v string");
        for (int partition = 0; partition < 2; partition++)
        {
            _world.Write("orders", partition, Enumerable.Range(0, 20).Select(i => i < 10 || i % 2 == 0
                ? Generic.Encode(_world, "orders", first, i, (long)i) : Generic.Encode(_world, "orders", second, i, $"text {i}")));
        }

        await using (RunningSink sink = _world.Start(Definition()).Go())
        {
            await WaitAsync(19, 0, "orders_v2");
            await WaitAsync(19, 1, "orders_v2");
        }

        Assert.Equal("orders_v2", (await _world.LoadAsync("orders"))!.Metadata.Configuration["fabric.continuedIn"]);
        Assert.Contains(_world.Status.Reports, report =>
            report.State == HealthState.Degraded && report.Cause.Contains("orders_v2", StringComparison.Ordinal));
        Assert.Equal(
            Enumerable.Range(0, 40).Select(i => i / 20 is var p && i % 20 is var n && (n < 10 || n % 2 == 0)
                ? $"{p} | {n} | {n} | null" : $"{i / 20} | {i % 20} | null | text {i % 20}"),
            (await _world.QueryAsync(
                """
                SELECT _partition, n, v_long, v_text FROM orders_v2
                UNION ALL SELECT _partition, n, v, NULL FROM orders ORDER BY 1, 2
                """, "orders", "orders_v2")).Select(RowText.Of));
        Assert.Empty(_world.ReadTopic("quarantine"));
        Assert.Empty(_world.ReadTopic("gaps"));

        // What comes next goes on behind both, and a new start writes the new version only.
        long closed = (await _world.LoadAsync("orders"))!.Version;
        _world.Write("orders", 0, Generic.Encode(_world, "orders", first, 100, 100L));
        await using (RunningSink again = _world.Start(Definition()).Go())
        {
            await WaitAsync(21, 0, "orders_v2");
        }

        Assert.Equal(closed, (await _world.LoadAsync("orders"))!.Version);
        Assert.Equal(21L, await _world.ScalarAsync(
            "SELECT (SELECT count(*) FROM orders WHERE _partition = 0) + (SELECT count(*) FROM orders_v2 WHERE _partition = 0)",
            "orders", "orders_v2"));
    }

    [Fact]
    public async Task Late_commit_to_a_closed_version_is_fenced()
    {
        // a holds rows of partition 1 back at the moment of its commit; meanwhile the group forgets it, and b meets in partition 0
        // what closes the table before it has taken anything of partition 1: no txn that a builds on has moved.
        var kafka = (MemoryKafka)_world.Kafka;
        await _world.CreateTopicsAsync(2, "orders");
        Schema first = Generic.Record("v long"), second = Generic.Record("v string");
        _world.Write("orders", 1, Generic.Encode(_world, "orders", first, 0L));
        await RunUntilAsync(Definition(), 0, partition: 1);
        using var released = new ManualResetEventSlim();
        using var atCommit = new ManualResetEventSlim();
        var slow = new WatchedStore(_world.Store, _world.Signal);
        slow.Fault = (operation, _, before) =>
        {
            if (operation == "put-if-absent" && before)
            {
                atCommit.Set();
                Assert.True(released.Wait(Signal.Bound));
            }
        };
        _world.Write("orders", 1, Enumerable.Range(1, 3).Select(i => Generic.Encode(_world, "orders", first, (long)i)));
        await using RunningSink a = _world.Start(Definition(), _world.Services("a", slow)).Go();
        Assert.True(atCommit.Wait(Signal.Bound));
        _world.Write("orders", 0, Generic.Encode(_world, "orders", second, "text"));
        kafka.ExpireAll("f.sink.orders");
        await using RunningSink b = _world.Start(
            Definition() with { Flush = SinkWorld.Flush(seconds: 600) }, _world.Services("b")).Go();
        await _world.Signal.WaitUntilAsync(
            async () => (await _world.LoadAsync("orders"))!.Metadata.Configuration.ContainsKey("fabric.continuedIn"),
            () => _world.Logs.Text);
        released.Set();
        await _world.Signal.WaitUntilAsync(
            () => _world.Logs.Text.Contains("schema or properties were changed", StringComparison.Ordinal), () => _world.Logs.Text);
        await b.StopAsync();
        await WaitAsync(0, 0, "orders_v2");
        await WaitAsync(4, 1, "orders_v2");
        await a.StopAsync();
        Assert.Equal(
            ["0 | 0 | null | text | orders_v2", "1 | 0 | 0 | null | orders", "1 | 2 | 1 | null | orders_v2",
                "1 | 3 | 2 | null | orders_v2", "1 | 4 | 3 | null | orders_v2"],
            (await _world.QueryAsync(
                """
                SELECT _partition, _offset, v_long, v_text, 'orders_v2' FROM orders_v2
                UNION ALL SELECT _partition, _offset, v, NULL, 'orders' FROM orders ORDER BY 1, 2
                """,
                "orders", "orders_v2")).Select(RowText.Of));
        Assert.Empty(await _world.OrphansAsync("orders"));
        Assert.Empty(await _world.OrphansAsync("orders_v2"));
    }

    [Fact]
    public async Task Other_layout_in_the_configuration_opens_the_next_version()
    {
        await _world.CreateTopicsAsync(1, "orders");
        Schema schema = Generic.Record("n int");
        _world.Write("orders", 0, Generic.Encode(_world, "orders", schema, 1));
        await RunUntilAsync(Definition(), 0);
        _world.Write("orders", 0, Generic.Encode(_world, "orders", schema, 2));
        await using RunningSink sink = _world.Start(Definition() with { Partitioning = TablePartitioning.None }).Go();
        await WaitAsync(2, 0, "orders_v2");
        Assert.Equal([1L, 1L], (await _world.QueryAsync(
            "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM orders_v2)", "orders", "orders_v2"))[0]);
    }

    [Fact]
    public async Task Standard_table_of_older_software_is_continued_and_older_software_is_refused()
    {
        await _world.CreateTopicsAsync(1, "raw");
        _world.Write("raw", 0, _world.Encode("raw", Observations.Of(0, 1L)));
        TableDefinition now = _world.Table("raw");
        ColumnSource[] columns = [.. now.Mapping!.Columns.Select(column => column.Field.Name == "sequence"
            ? column with { Field = column.Field with { Type = Fabric.Core.Columns.ColumnType.Text } } : column)];
        TableDefinition then = now with { Mapping = new ColumnMapping(columns, now.Explode) };
        await RunUntilAsync(then, 0, "raw");
        _world.Write("raw", 0, _world.Encode("raw", Observations.Of(1, 2L)));
        await using (RunningSink sink = _world.Start(now).Go())
        {
            await _world.WaitForOffsetAsync("raw", 2, folder: "raw_v2");
        }

        Assert.Equal([1L, 1L], (await _world.QueryAsync(
            "SELECT (SELECT count(*) FROM raw), (SELECT count(*) FROM raw_v2)", "raw", "raw_v2"))[0]);
        await using RunningSink old = _world.Start(then).Go();
        LakehouseException refused = await Assert.ThrowsAsync<LakehouseException>(() => old.Running.WaitAsync(Signal.Bound));
        Assert.Equal("TABLE_NEWER", refused.Code);
    }

    private TableDefinition Definition(string? explode = null, string? time = null) =>
        new("orders", _world.Topic("orders"), null, explode, time, null, TablePartitioning.Date, SinkWorld.Flush());

    private Task WaitAsync(long offset, int partition, string folder) =>
        _world.WaitForOffsetAsync("orders", offset, partition, folder);

    private async Task RunUntilAsync(TableDefinition table, long offset, string name = "orders", int partition = 0)
    {
        await using RunningSink sink = _world.Start(table).Go();
        await _world.WaitForOffsetAsync(name, offset, partition);
        await sink.StopAsync();
    }
}
