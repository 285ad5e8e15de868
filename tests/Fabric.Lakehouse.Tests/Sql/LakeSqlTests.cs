using Fabric.DuckDb;
using Fabric.Lakehouse.Sql;
using Fabric.Lakehouse.Tests.World;

namespace Fabric.Lakehouse.Tests.Sql;

public sealed class LakeSqlTests : IDisposable
{
    private readonly SinkWorld _world = new(new MemoryKafka(), "f");

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Select_reads_and_nothing_else_and_one_broken_table_hides_no_other()
    {
        await _world.CreateTopicsAsync(1, "raw");
        _world.Write("raw", 0, _world.Encode("raw", Observations.Of(0, -0.0, 0.0)));
        await using (RunningSink sink = _world.Start(_world.Table("raw")).Go())
        {
            await _world.WaitForOffsetAsync("raw", 0);
        }

        Directory.CreateDirectory(Path.Combine(_world.LakeFolder, "broken", "_delta_log"));
        await File.WriteAllTextAsync(Path.Combine(_world.LakeFolder, "broken", "_delta_log", "00000000000000000000.json"), "{");
        Directory.CreateDirectory(Path.Combine(_world.LakeFolder, "no-table"));
        using LakeSql lake = await LakeSql.OpenAsync(_world.LakeFolder, _world.Delta, null, [], default);
        Assert.Equal(["raw"], lake.Tables);
        Assert.Equal(["broken"], lake.Unreadable.Keys);
        using (DuckDbResult rows = lake.Select("SELECT value_double FROM raw ORDER BY _index"))
        {
            Assert.Equal(
                ["d8000000000000000", "d0000000000000000"], rows.Rows().Select(RowText.Of));
        }

        string inside = Path.Combine(_world.LakeFolder, "stolen.csv");
        foreach (string sql in new[]
        {
            $"COPY raw TO '{inside}'", $"COPY (SELECT 1) TO '{inside}' (FORMAT parquet)", $"EXPORT DATABASE '{_world.LakeFolder}/x'",
            "CREATE TABLE t (a INT)", "DELETE FROM raw", "SET threads = 1", "ATTACH 'x.db'", "SELECT 1; SELECT 2", "INSTALL httpfs",
            $"EXPLAIN ANALYZE COPY raw TO '{inside}'", "PRAGMA database_list", "SELECT 1) TO 'x' --", "",
        })
        {
            Assert.Throws<DuckDbException>(() => lake.Select(sql).Dispose());
        }

        Assert.Equal(
            DuckDbErrorCodes.Forbidden, Assert.Throws<DuckDbException>(() => lake.Select($"COPY raw TO '{inside}'")).Code);
        Assert.Throws<DuckDbException>(() => lake.Select("SELECT * FROM read_text('/etc/passwd')").Rows().ToList());
        Assert.False(File.Exists(inside));
        Assert.False(Directory.Exists(Path.Combine(_world.LakeFolder, "x")));
    }

    [Fact]
    public async Task Open_as_of_a_moment_shows_the_tables_of_then()
    {
        await _world.CreateTopicsAsync(1, "raw");
        _world.Write("raw", 0, _world.Encode("raw", Observations.Of(0, 1L)));
        await using RunningSink sink = _world.Start(_world.Table("raw")).Go();
        await _world.WaitForOffsetAsync("raw", 0);
        DateTimeOffset then = (await _world.Open("raw").HistoryAsync(1, default))[0].ModifiedAt;
        _world.Write("raw", 0, _world.Encode("raw", Observations.Of(1, 2L)));
        await _world.WaitForOffsetAsync("raw", 2);
        using (LakeSql lake = await LakeSql.OpenAsync(_world.LakeFolder, _world.Delta, then, [], default))
        {
            Assert.Equal(1L, lake.Connection.Scalar("SELECT count(*) FROM raw"));
        }

        using LakeSql before = await LakeSql.OpenAsync(_world.LakeFolder, _world.Delta, then.AddDays(-1), [], default);
        Assert.Empty(before.Tables);
        Assert.Empty(before.Unreadable);
    }
}
