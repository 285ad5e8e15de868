namespace Fabric.Delta.Tests;

public sealed class TimeTravelTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TestTable _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task LoadAsOfAsync_uses_file_times_made_to_grow_with_the_version()
    {
        await WriteAsync(3);
        int[] minutes = [0, 20, 10, 40]; // version 2 seems older than version 1: a clock stepped back
        for (int version = 0; version < minutes.Length; version++)
        {
            File.SetLastWriteTimeUtc(_test.LogPath($"{version:D20}.json"), Start.AddMinutes(minutes[version]).UtcDateTime);
        }

        Assert.Equal(0, await VersionAtAsync(Start));
        Assert.Equal(0, await VersionAtAsync(Start.AddMinutes(19.9)));
        Assert.Equal(1, await VersionAtAsync(Start.AddMinutes(20)));
        Assert.Equal(2, await VersionAtAsync(Start.AddMinutes(20).AddMilliseconds(1)));
        Assert.Equal(2, await VersionAtAsync(Start.AddMinutes(39)));
        Assert.Equal(3, await VersionAtAsync(Start.AddMinutes(40)));
        Assert.Equal(3, await VersionAtAsync(Start.AddYears(1)));
        DeltaException e = await Assert.ThrowsAsync<DeltaException>(() => VersionAtAsync(Start.AddMilliseconds(-1)));
        Assert.Equal(DeltaCode.VersionNotFound, e.Code);
    }

    [Fact]
    public async Task LoadAsOfAsync_prefers_in_commit_timestamps_where_the_table_keeps_them()
    {
        await _test.CreateAsync();
        long ms = Start.ToUnixTimeMilliseconds();
        await File.WriteAllTextAsync(
            _test.LogPath("00000000000000000001.json"),
            $"{{\"commitInfo\":{{\"inCommitTimestamp\":{ms}}}}}\n"
            + "{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":7,\"writerFeatures\":[\"inCommitTimestamp\"]}}\n"
            + "{\"metaData\":{\"id\":\"i\",\"format\":{\"provider\":\"parquet\",\"options\":{}},\"schemaString\":"
            + "\"{\\\"type\\\":\\\"struct\\\",\\\"fields\\\":[]}\",\"partitionColumns\":[],"
            + "\"configuration\":{\"delta.enableInCommitTimestamps\":\"true\"}}}\n");
        await File.WriteAllTextAsync(
            _test.LogPath("00000000000000000002.json"), $"{{\"commitInfo\":{{\"inCommitTimestamp\":{ms + 60_000}}}}}\n");
        File.SetLastWriteTimeUtc(_test.LogPath("00000000000000000000.json"), Start.AddDays(-1).UtcDateTime);
        Assert.Equal(0, await VersionAtAsync(Start.AddSeconds(-1)));
        Assert.Equal(1, await VersionAtAsync(Start.AddSeconds(59)));
        Assert.Equal(2, await VersionAtAsync(Start.AddSeconds(60)));
    }

    private async Task WriteAsync(int commits)
    {
        Snapshot at = await _test.CreateAsync();
        for (int i = 1; i <= commits; i++)
        {
            at = TestTable.Committed(await _test.Table.Begin(at).Add(TestTable.Add($"{i}")).CommitAsync(default)).Snapshot;
        }
    }

    private async Task<long> VersionAtAsync(DateTimeOffset moment) => (await _test.Table.LoadAsOfAsync(moment, default)).Version;
}
