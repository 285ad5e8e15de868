using System.Text.Json;
using Fabric.Core;
using Fabric.Core.Storage;
using Fabric.Delta.Actions;
using Fabric.Delta.Reading;
using Fabric.DuckDb;
using Fabric.Testing;

namespace Fabric.Delta.Tests.Golden;

/// <summary>Each table that others made either reads as it was written or is refused with the right reason.</summary>
public sealed class GoldenTableTests : IDisposable
{
    private static readonly string? Root =
        TestData.Folder is { } folder && Directory.Exists(Path.Combine(folder, "delta-golden"))
            ? Path.Combine(folder, "delta-golden")
            : null;

    private readonly DuckDbDatabase _database = DuckDbDatabase.Open();

    public static TheoryData<string> Names => [.. GoldenTables.ByName.Keys];

    public static TheoryData<string> Readable => [.. GoldenTables.ByName
        .Where(pair => pair.Value is GoldenExpectation.Rows or GoldenExpectation.LogOnly or GoldenExpectation.Refused
            || pair.Key == "decimal-various-scale-precision")
        .Where(pair => pair.Key is not "parquet-decimal-type") // 99,998 rows, all written down above
        .Select(pair => pair.Key)];

    public void Dispose() => _database.Dispose();

    [SkippableFact]
    public void Every_table_of_the_set_is_in_the_list_and_there_are_101()
    {
        Skip.If(Root is null, TestData.Absent);
        IEnumerable<string> folders = Directory.GetDirectories(Root!).Select(folder => Path.GetFileName(folder)!);
        string[] listed = GoldenTables.ByName.Keys.Where(name => !name.Contains('/')).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(folders.Order(StringComparer.Ordinal), listed);
        Assert.Equal(101, listed.Length);
        IEnumerable<string> inner = Directory.GetDirectories(Root!, "_delta_log", SearchOption.AllDirectories)
            .Select(folder => Path.GetRelativePath(Root!, Path.GetDirectoryName(folder)!)).Where(name => name.Contains('/'));
        Assert.Equal(
            inner.Order(StringComparer.Ordinal),
            GoldenTables.ByName.Keys.Where(name => name.Contains('/')).Order(StringComparer.Ordinal));
    }

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public async Task Table_reads_as_written_or_is_refused_by_name(string name)
    {
        Skip.If(Root is null, TestData.Absent);
        DeltaTable table = Open(name);
        switch (GoldenTables.ByName[name])
        {
            case GoldenExpectation.Rows rows:
                Assert.Equal(rows.All().Order(StringComparer.Ordinal), await RowsAsync(table, "SELECT * FROM t"));
                break;
            case GoldenExpectation.Summary summary:
                Assert.Equal(summary.Row, Assert.Single(await RowsAsync(table, summary.Sql)));
                break;
            case GoldenExpectation.LogOnly log:
                Snapshot snapshot = await table.LoadAsync(default);
                Assert.Equal(log.Version, snapshot.Version);
                Assert.Equal(log.Files.Order(StringComparer.Ordinal), Paths(snapshot.Files.Select(file => file.Path)));
                Assert.Equal(log.Tombstones.Order(StringComparer.Ordinal), Paths(snapshot.Tombstones.Select(file => file.Path)));
                break;
            case GoldenExpectation.Refused refused:
                DeltaException e = await Assert.ThrowsAsync<DeltaException>(() => table.LoadAsync(default));
                Assert.Equal(refused.Code, e.Code);
                Assert.Equal(refused.Features.Order(), e.Features.Order());
                Assert.All(refused.Features, feature => Assert.Contains(feature, e.Message, StringComparison.Ordinal));
                break;
            default:
                Assert.Fail("No expectation");
                break;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Readable))]
    public async Task Table_gives_the_same_as_the_judge(string name)
    {
        Skip.If(Root is null, TestData.Absent);
        Judge judge = Judge.Script("delta-read.mjs");
        Skip.IfNot(judge.IsPresent, judge.Absent);
        bool isLog = GoldenTables.ByName[name] is GoldenExpectation.LogOnly;
        string[] arguments = isLog ? [Path.Combine(Root!, name), "latest", "--state"] : [Path.Combine(Root!, name)];
        JudgeResult result = await judge.RunAsync(null, TimeSpan.FromMinutes(1), arguments);
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (GoldenTables.ByName[name] is GoldenExpectation.Refused refused)
        {
            Assert.Equal(refused.Code == DeltaCode.ReadUnsupported ? 3 : 4, result.ExitCode);
            return;
        }

        Assert.True(result.ExitCode == 0, result.Error + result.Output);
        using JsonDocument state = JsonDocument.Parse(lines[0]);
        DeltaTable table = Open(name);
        Snapshot snapshot = await table.LoadAsync(default);
        Assert.Equal(snapshot.Version, state.RootElement.GetProperty("version").GetInt64());
        Assert.Equal(Paths(Judged(state, "files")), Paths(snapshot.Files.Select(file => file.Path)));
        Assert.Equal(Paths(Judged(state, "removes")), Paths(snapshot.Tombstones.Select(file => file.Path)));
        if (!isLog)
        {
            Assert.Equal(JudgeRows.Parse(lines.Skip(1)), JudgeRows.Read(_database, table, snapshot));
        }
    }

    [SkippableFact]
    public async Task Older_versions_have_their_own_rows_and_schema()
    {
        Skip.If(Root is null, TestData.Absent);
        DeltaTable table = Open("snapshot-data3");
        foreach ((long version, string name) in new[] { (0L, "snapshot-data0"), (1L, "snapshot-data1"), (2L, "snapshot-data2") })
        {
            IEnumerable<string> expected = ((GoldenExpectation.Rows)GoldenTables.ByName[name]).All();
            Assert.Equal(expected.Order(StringComparer.Ordinal), await RowsAsync(table, "SELECT * FROM t", version));
        }

        DeltaTable changed = Open("time-travel-schema-changes-b");
        Assert.Equal(["id"], (await changed.LoadAsync(0, default)).Schema.Fields.Select(field => field.Name));
        Assert.Equal(["id", "part"], (await changed.LoadAsync(1, default)).Schema.Fields.Select(field => field.Name));
        DeltaException e = await Assert.ThrowsAsync<DeltaException>(() => changed.LoadAsync(2, default));
        Assert.Equal(DeltaCode.VersionNotFound, e.Code);
    }

    [SkippableFact]
    public async Task A_version_before_the_feature_was_switched_on_is_still_read()
    {
        Skip.If(Root is null, TestData.Absent);
        Snapshot before = await Open("basic-with-vacuum-protocol-check-feature").LoadAsync(0, default);
        Assert.Equal(1, before.Protocol.MinReaderVersion);
    }

    private static IEnumerable<string> Paths(IEnumerable<string> paths) => paths.Order(StringComparer.Ordinal);

    private static IEnumerable<string> Judged(JsonDocument state, string list) =>
        state.RootElement.GetProperty(list).EnumerateArray().Select(file => file.GetProperty("path").GetString()!);

    private DeltaTable Open(string name) => new(
        new LocalObjectStore(Root!, new SystemIdSource(TimeProvider.System)), name, TestTable.Doors(_database, 1));

    private async Task<IEnumerable<string>> RowsAsync(DeltaTable table, string sql, long? version = null)
    {
        Snapshot snapshot = await table.LoadAsync(version, default);
        using DuckDbConnection connection = _database.Connect();
        DeltaSql.RegisterView(connection, "t", table, snapshot);
        return RowText.Query(connection, sql).Order(StringComparer.Ordinal).ToList();
    }
}
