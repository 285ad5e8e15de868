using System.Text;
using Fabric.Core.Storage;
using Fabric.Testing;

namespace Fabric.Core.Tests.Storage;

public sealed class LocalObjectStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly LocalObjectStore _store;

    public LocalObjectStoreTests() => _store = new LocalObjectStore(_folder["lake"], new SystemIdSource(TimeProvider.System));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task PutIfAbsentAsync_name_free_then_taken_keeps_the_first_bytes()
    {
        Assert.Equal(PutOutcome.Created, await _store.PutIfAbsentAsync("t/_log/0.json", Bytes("one"), default));
        Assert.Equal(PutOutcome.AlreadyExists, await _store.PutIfAbsentAsync("t/_log/0.json", Bytes("two"), default));
        Assert.Equal("one", Encoding.UTF8.GetString(await _store.ReadAsync("t/_log/0.json", 10, default)));
        Assert.Equal(["0.json"], Directory.GetFiles(_folder["lake/t/_log"]).Select(Path.GetFileName));
    }

    [Fact]
    public async Task PutIfAbsentAsync_32_racers_on_each_of_100_names_one_wins_and_its_bytes_stay()
    {
        for (int name = 0; name < 100; name++)
        {
            string path = $"race/{name}.json";
            using var start = new ManualResetEventSlim();
            Task<(int Racer, PutOutcome Outcome)>[] racers = Enumerable.Range(0, 32).Select(racer => Task.Run(async () =>
            {
                start.Wait();
                return (racer, await _store.PutIfAbsentAsync(path, Bytes($"racer {racer}"), default));
            })).ToArray();
            start.Set();
            (int Racer, PutOutcome Outcome)[] results = await Task.WhenAll(racers);
            (int winner, _) = Assert.Single(results, result => result.Outcome == PutOutcome.Created);
            Assert.Equal($"racer {winner}", Encoding.UTF8.GetString(await _store.ReadAsync(path, 100, default)));
        }
    }

    [Fact]
    public async Task PutAsync_replaces_and_leaves_nothing_beside()
    {
        await _store.PutAsync("_last_checkpoint", Bytes("1"), default);
        await _store.PutAsync("_last_checkpoint", Bytes("22"), default);
        Assert.Equal("22", Encoding.UTF8.GetString(await _store.ReadAsync("_last_checkpoint", 10, default)));
        Assert.Single(Directory.GetFiles(_folder["lake"]));
    }

    [Fact]
    public async Task ListAsync_gives_names_after_the_bound_in_ordinal_order_without_folders()
    {
        foreach (string name in new[] { "b", "a", "B", "c", "ä", "sub/x" })
        {
            await _store.PutAsync("list/" + name, Bytes(name), default);
        }

        IReadOnlyList<StoredObject> all = await _store.ListAsync("list", "", default);
        Assert.Equal(["B", "a", "b", "c", "ä"], all.Select(file => file.Name));
        IReadOnlyList<StoredObject> some = await _store.ListAsync("list", "a", default);
        Assert.Equal(["list/b", "list/c", "list/ä"], some.Select(file => file.Path));
        Assert.Equal(2, some[2].Size);
        Assert.Empty(await _store.ListAsync("absent", "", default));
    }

    [Fact]
    public async Task StageAsync_file_counts_once_finished_and_is_gone_once_discarded()
    {
        StagedObject kept = await _store.StageAsync("t/date=2026-01-01/a.parquet", default);
        await File.WriteAllTextAsync(kept.LocalPath, "rows");
        StoredObject stored = await _store.FinishAsync(kept, default);
        Assert.Equal(4, stored.Size);
        Assert.Equal(_store.Locate("t/date=2026-01-01/a.parquet"), kept.LocalPath);

        StagedObject lost = await _store.StageAsync("t/date=2026-01-01/b.parquet", default);
        await File.WriteAllTextAsync(lost.LocalPath, "rows");
        await _store.DiscardAsync(lost, default);
        Assert.Null(await _store.StatAsync("t/date=2026-01-01/b.parquet", default));
        await _store.DiscardAsync(lost, default);

        StorageException twice = await Assert.ThrowsAsync<StorageException>(
            () => _store.StageAsync("t/date=2026-01-01/a.parquet", default));
        Assert.Equal(StorageCode.Failed, twice.Code);
        StorageException never = await Assert.ThrowsAsync<StorageException>(() => _store.FinishAsync(lost, default));
        Assert.Equal(StorageCode.NotFound, never.Code);
    }

    [Fact]
    public async Task ReadAsync_absent_or_too_large_says_so()
    {
        await _store.PutAsync("x", Bytes("12345"), default);
        Assert.Equal(StorageCode.TooLarge, (await Assert.ThrowsAsync<StorageException>(
            () => _store.ReadAsync("x", 4, default))).Code);
        Assert.Equal(StorageCode.NotFound, (await Assert.ThrowsAsync<StorageException>(
            () => _store.ReadAsync("y", 4, default))).Code);
        Assert.Equal(StorageCode.NotFound, (await Assert.ThrowsAsync<StorageException>(
            () => _store.ReadAsync("no/such/folder/y", 4, default))).Code);
    }

    [Fact]
    public async Task DeleteAsync_says_whether_there_was_something()
    {
        await _store.PutAsync("x", Bytes("1"), default);
        Assert.True(await _store.DeleteAsync("x", default));
        Assert.False(await _store.DeleteAsync("x", default));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("a/./x")]
    [InlineData("a//x")]
    [InlineData("a/")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a\u007fb")]
    public async Task Every_operation_refuses_a_path_that_is_not_plain(string path)
    {
        await AssertRefusedAsync(path);
    }

    [Fact]
    public async Task Every_operation_refuses_a_symbolic_link_out_of_the_root()
    {
        Directory.CreateDirectory(_folder["outside"]);
        await File.WriteAllTextAsync(_folder["outside/secret"], "s");
        Directory.CreateSymbolicLink(_folder["lake/out"], _folder["outside"]);
        File.CreateSymbolicLink(_folder["lake/file"], _folder["outside/secret"]);
        File.CreateSymbolicLink(_folder["lake/dangling"], _folder["outside/absent"]);
        Directory.CreateSymbolicLink(_folder["lake/sibling"], _folder["lake-other"]);
        Directory.CreateDirectory(_folder["lake-other"]);
        foreach (string path in new[] { "out/secret", "out/new", "out/sub/new", "file", "dangling", "sibling/x" })
        {
            await AssertRefusedAsync(path);
        }

        Assert.Equal(["secret"], Directory.GetFileSystemEntries(_folder["outside"]).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_symbolic_link_that_stays_inside_is_followed()
    {
        await _store.PutAsync("real/x", Bytes("1"), default);
        Directory.CreateSymbolicLink(_folder["lake/alias"], _folder["lake/real"]);
        Assert.Single(await _store.ReadAsync("alias/x", 10, default));
    }

    [Fact]
    public async Task A_name_with_percent_backslash_and_colon_is_taken_as_it_stands()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const string name = "p=a%3Ab/c%20d \\ : ü.parquet";
        await _store.PutAsync(name, Bytes("1"), default);
        Assert.True(File.Exists(Path.Combine(_store.Root, name)));
        Assert.Equal(PutOutcome.AlreadyExists, await _store.PutIfAbsentAsync(name, Bytes("2"), default));
    }

    [Fact]
    public async Task Write_to_a_full_or_read_only_folder_is_an_error_and_leaves_nothing()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await File.WriteAllTextAsync(_folder["lake/t"], "a file where a folder should be");
        StorageException e = await Assert.ThrowsAsync<StorageException>(
            () => _store.PutIfAbsentAsync("t/0.json", Bytes("1"), default));
        Assert.Equal(StorageCode.Failed, e.Code);
    }

    private async Task AssertRefusedAsync(string path)
    {
        var staged = new StagedObject(path, "/tmp/x");
        Func<Task>[] operations =
        [
            () => _store.ReadAsync(path, 10, default), () => _store.StatAsync(path, default),
            () => _store.PutIfAbsentAsync(path, Bytes("x"), default), () => _store.PutAsync(path, Bytes("x"), default),
            () => _store.DeleteAsync(path, default), () => _store.StageAsync(path, default),
            () => _store.FinishAsync(staged, default), () => _store.DiscardAsync(staged, default),
            () => Task.FromResult(_store.Locate(path)),
        ];
        foreach (Func<Task> operation in operations)
        {
            StorageException e = await Assert.ThrowsAsync<StorageException>(operation);
            Assert.Equal(StorageCode.PathRefused, e.Code);
        }

        if (path.Length > 0)
        {
            StorageException e = await Assert.ThrowsAsync<StorageException>(() => _store.ListAsync(path, "", default));
            Assert.Equal(StorageCode.PathRefused, e.Code);
        }
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
