using Fabric.Core;
using Fabric.Core.Storage;
using Fabric.Simulation.Kafka;
using Fabric.Simulation.Scheduling;

namespace Fabric.Simulation.Plant;

/// <summary>The lake all processes share: files of the local store, with the world's time on them.</summary>
internal sealed class SimulatedLake(string folder, IIdSource ids, Faults faults)
{
    private readonly Dictionary<string, DateTimeOffset> _changedAt = new(StringComparer.Ordinal);

    public LocalObjectStore Files { get; } = new(folder, ids);

    public Faults Faults { get; } = faults;

    public void Changed(string path, DateTimeOffset now) => _changedAt[path] = now;

    /// <summary>The object with the time at which it came into the world.</summary>
    public StoredObject InWorldTime(StoredObject stored) =>
        stored with { ModifiedAt = _changedAt.GetValueOrDefault(stored.Path, DateTimeOffset.UnixEpoch) };
}

/// <summary>
/// The door to the lake as one process has it: every operation takes a while, may be refused, and may say it failed though it
/// did not. Each is carried out whole while the caller has its turn.
/// </summary>
internal sealed class SimulatedStore(SimulatedLake lake, SimulatedProcess process) : IObjectStore
{
    public string Root => lake.Files.Root;

    public Task<byte[]> ReadAsync(string path, long bytesMax, CancellationToken cancellationToken) =>
        Do("read", path, () => lake.Files.ReadAsync(path, bytesMax, CancellationToken.None));

    public Task<IReadOnlyList<StoredObject>> ListAsync(string folder, string after, CancellationToken cancellationToken) =>
        Do<IReadOnlyList<StoredObject>>("list", folder, async () =>
            [.. (await lake.Files.ListAsync(folder, after, CancellationToken.None).ConfigureAwait(false)).Select(lake.InWorldTime)]);

    public Task<StoredObject?> StatAsync(string path, CancellationToken cancellationToken) => Do("stat", path, async () =>
        await lake.Files.StatAsync(path, CancellationToken.None).ConfigureAwait(false) is { } stored ? lake.InWorldTime(stored) : null);

    public Task<PutOutcome> PutIfAbsentAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        Do("put-if-absent", path, async () =>
        {
            PutOutcome outcome = await lake.Files.PutIfAbsentAsync(path, content, CancellationToken.None).ConfigureAwait(false);
            if (outcome == PutOutcome.Created)
            {
                lake.Changed(path, process.Simulator.Now);
            }

            process.Simulator.Trace.Add($"put {outcome}", $"{process.Name} {path}");
            return outcome;
        });

    public Task PutAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        Do("put", path, async () =>
        {
            await lake.Files.PutAsync(path, content, CancellationToken.None).ConfigureAwait(false);
            lake.Changed(path, process.Simulator.Now);
            return true;
        });

    public Task<bool> DeleteAsync(string path, CancellationToken cancellationToken) =>
        Do("delete", path, () => lake.Files.DeleteAsync(path, CancellationToken.None));

    public Task<StagedObject> StageAsync(string path, CancellationToken cancellationToken) =>
        Do("stage", path, () => lake.Files.StageAsync(path, CancellationToken.None));

    public Task<StoredObject> FinishAsync(StagedObject staged, CancellationToken cancellationToken) =>
        Do("finish", staged.Path, async () =>
        {
            StoredObject stored = await lake.Files.FinishAsync(staged, CancellationToken.None).ConfigureAwait(false);
            lake.Changed(staged.Path, process.Simulator.Now);
            return lake.InWorldTime(stored);
        });

    public Task DiscardAsync(StagedObject staged, CancellationToken cancellationToken) => Do("discard", staged.Path, async () =>
    {
        await lake.Files.DiscardAsync(staged, CancellationToken.None).ConfigureAwait(false);
        return true;
    });

    public string Locate(string path) => lake.Files.Locate(path);

    private Task<T> Do<T>(string what, string path, Func<Task<T>> operation)
    {
        try
        {
            Pass();
            if (process.Simulator.Chance(lake.Faults.StoreRefuses))
            {
                throw Fail($"{what} refused", path);
            }

            T result = operation().GetAwaiter().GetResult();
            if (process.Simulator.Chance(lake.Faults.StoreLies))
            {
                throw Fail($"{what} done and denied", path);
            }

            Pass();
            return Task.FromResult(result);
        }
        catch (FabricException exception)
        {
            return Task.FromException<T>(exception);
        }
    }

    private void Pass()
    {
        process.ThrowIfDead();
        process.Simulator.Current!.Park(process.Simulator.Between(0.05, 2));
    }

    private StorageException Fail(string what, string path)
    {
        process.Simulator.Trace.Add("store-failed", $"{what} {path}");
        return new StorageException(StorageCode.Failed, $"Injected: {what}", path, isRetriable: true);
    }
}
