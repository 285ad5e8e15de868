using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using Fabric.Core;
using Fabric.Core.Storage;
using Fabric.Delta.Commits;
using Fabric.DuckDb;
using Xunit.Abstractions;

namespace Fabric.Delta.Tests;

/// <summary>Eight writers, 200 commits each: contiguous versions, nothing overwritten, nobody gives up.</summary>
public sealed class ContentionTests(ITestOutputHelper output) : IDisposable
{
    private const int Writers = 8;
    private const int CommitsEach = 200;

    private readonly TestTable _test = new();

    public void Dispose() => _test.Dispose();

    /// <summary>Commits that each add one file and move one position; the last position reached.</summary>
    internal static async Task<long> WriteAsync(DeltaTable table, string writer, int commits)
    {
        Snapshot at = await table.LoadAsync(default);
        for (int i = 1; i <= commits; i++)
        {
            CommitOutcome outcome = await table.Begin(at)
                .Add(TestTable.Add($"{writer}-{i}.parquet"))
                .Advance(writer, i, i == 1 ? null : i - 1)
                .CommitAsync(default);
            at = TestTable.Committed(outcome).Snapshot;
        }

        return at.TxnVersion(writer)!.Value;
    }

    [Fact]
    public async Task Eight_tasks_with_tables_of_their_own_all_land_while_two_readers_see_only_whole_versions()
    {
        await _test.CreateAsync();
        using var stop = new CancellationTokenSource();
        var seen = new ConcurrentDictionary<string, string>();
        Task<int>[] readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() => ReadAsync(seen, stop.Token))).ToArray();
        Task<long>[] writers = Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            using DuckDbDatabase database = DuckDbDatabase.Open();
            var store = new LocalObjectStore(_test.Store.Root, new SystemIdSource(TimeProvider.System));
            var table = new DeltaTable(store, "t", TestTable.Doors(database, writer));
            return await WriteAsync(table, $"writer-{writer}", CommitsEach);
        })).ToArray();
        Assert.All(await Task.WhenAll(writers), last => Assert.Equal(CommitsEach, last));
        await stop.CancelAsync();
        output.WriteLine($"{(await Task.WhenAll(readers)).Sum()} reads");
        await AssertWholeAsync(seen);
    }

    [Fact]
    public async Task Eight_processes_all_land()
    {
        await _test.CreateAsync();
        using var stop = new CancellationTokenSource();
        var seen = new ConcurrentDictionary<string, string>();
        Task<int> reader = Task.Run(() => ReadAsync(seen, stop.Token));
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(RunWriterAsync));
        await stop.CancelAsync();
        output.WriteLine($"{await reader} reads");
        await AssertWholeAsync(seen);
    }

    private async Task RunWriterAsync(int writer)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in new[]
        {
            "exec", typeof(ContentionTests).Assembly.Location, "write", _test.Store.Root, $"{writer}", $"{CommitsEach}",
        })
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        Task<string> error = process.StandardError.ReadToEndAsync(bound.Token);
        try
        {
            string text = await process.StandardOutput.ReadToEndAsync(bound.Token);
            await process.WaitForExitAsync(bound.Token);
            Assert.True(process.ExitCode == 0, await error);
            Assert.Equal($"{CommitsEach}", text.Trim());
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    /// <summary>Each version n has exactly n files, and bytes of a commit never change once seen.</summary>
    private async Task<int> ReadAsync(ConcurrentDictionary<string, string> seen, CancellationToken stop)
    {
        int reads = 0;
        Snapshot last = await _test.Table.LoadAsync(default);
        while (!stop.IsCancellationRequested)
        {
            Snapshot snapshot = reads++ % 2 == 0 ? await _test.Table.LoadAsync(default) : await _test.Table.RefreshAsync(last, default);
            Assert.Equal(snapshot.Version, snapshot.Files.Count);
            Assert.True(snapshot.Version >= last.Version);
            last = snapshot;
            Remember(seen);
        }

        return reads;
    }

    private void Remember(ConcurrentDictionary<string, string> seen)
    {
        foreach (string file in Directory.GetFiles(_test.LogPath("."), "*.json"))
        {
            string name = Path.GetFileName(file);
            if (!name.StartsWith('.') && !seen.ContainsKey(name))
            {
                seen.TryAdd(name, Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))));
            }
        }
    }

    private async Task AssertWholeAsync(ConcurrentDictionary<string, string> seen)
    {
        Snapshot end = await _test.Table.LoadAsync(default);
        Assert.Equal(Writers * CommitsEach, end.Version);
        Assert.Equal(Writers * CommitsEach, end.Files.Count);
        string[] names = Directory.GetFiles(_test.LogPath("."), "*.json")
            .Select(path => Path.GetFileName(path)!).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(Enumerable.Range(0, (Writers * CommitsEach) + 1).Select(n => $"{n:D20}.json"), names);
        foreach ((string name, string hash) in seen)
        {
            Assert.Equal(hash, Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(_test.LogPath(name)))));
        }

        Assert.Empty(Directory.GetFiles(_test.LogPath("."), "*.tmp*", new EnumerationOptions { AttributesToSkip = 0 }));
        output.WriteLine($"{seen.Count} commits seen while they were written, all unchanged");
    }
}
