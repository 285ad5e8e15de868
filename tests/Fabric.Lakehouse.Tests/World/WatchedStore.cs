using Fabric.Core.Storage;

namespace Fabric.Lakehouse.Tests.World;

/// <summary>A lake whose operations are told to a signal and can be made to fail, before or after they took effect.</summary>
internal sealed class WatchedStore(IObjectStore inner, Signal signal) : IObjectStore
{
    /// <summary>Sees (operation, path, before its effect); what it throws comes out, and it may hold the operation up.</summary>
    public Action<string, string, bool> Fault { get; set; } = (_, _, _) => { };

    public string Root => inner.Root;

    public Task<byte[]> ReadAsync(string path, long bytesMax, CancellationToken cancellationToken) =>
        RunAsync("read", path, () => inner.ReadAsync(path, bytesMax, cancellationToken));

    public Task<IReadOnlyList<StoredObject>> ListAsync(string folder, string after, CancellationToken cancellationToken) =>
        RunAsync("list", folder, () => inner.ListAsync(folder, after, cancellationToken));

    public Task<StoredObject?> StatAsync(string path, CancellationToken cancellationToken) =>
        RunAsync("stat", path, () => inner.StatAsync(path, cancellationToken));

    public Task<PutOutcome> PutIfAbsentAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        RunAsync("put-if-absent", path, () => inner.PutIfAbsentAsync(path, content, cancellationToken));

    public Task PutAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        RunAsync("put", path, async () =>
        {
            await inner.PutAsync(path, content, cancellationToken);
            return true;
        });

    public Task<bool> DeleteAsync(string path, CancellationToken cancellationToken) =>
        RunAsync("delete", path, () => inner.DeleteAsync(path, cancellationToken));

    public Task<StagedObject> StageAsync(string path, CancellationToken cancellationToken) =>
        RunAsync("stage", path, () => inner.StageAsync(path, cancellationToken));

    public Task<StoredObject> FinishAsync(StagedObject staged, CancellationToken cancellationToken) =>
        RunAsync("finish", staged.Path, () => inner.FinishAsync(staged, cancellationToken));

    public Task DiscardAsync(StagedObject staged, CancellationToken cancellationToken) =>
        RunAsync("discard", staged.Path, async () =>
        {
            await inner.DiscardAsync(staged, cancellationToken);
            return true;
        });

    public string Locate(string path) => inner.Locate(path);

    private async Task<T> RunAsync<T>(string operation, string path, Func<Task<T>> effect)
    {
        Fault(operation, path, true);
        T result = await effect();
        signal.Pulse();
        Fault(operation, path, false);
        return result;
    }
}
