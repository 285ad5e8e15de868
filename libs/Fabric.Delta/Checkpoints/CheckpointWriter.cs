using System.Text.Json.Nodes;
using Fabric.Core.Storage;
using Fabric.Delta.Actions;
using Fabric.Delta.Commits;
using Fabric.Delta.Log;

namespace Fabric.Delta.Checkpoints;

/// <summary>
/// Writes classic single-file checkpoints. Invariant: a checkpoint of version n holds exactly the replayed state of n, apart from
/// tombstones past their retention, and exists only after commit n.
/// </summary>
internal static class CheckpointWriter
{
    /// <summary>Writes the checkpoint when the version is a multiple of the table's interval.</summary>
    public static async Task<bool> WriteIfDueAsync(DeltaTable table, Snapshot snapshot, CancellationToken cancellationToken)
    {
        bool due = snapshot.Version > 0 && snapshot.Version % TableProperties.CheckpointInterval(snapshot.Metadata) == 0;
        if (due)
        {
            await WriteAsync(table, snapshot, cancellationToken).ConfigureAwait(false);
        }

        return due;
    }

    /// <exception cref="DeltaException"><see cref="DeltaCode.WriteUnsupported"/>; <see cref="DeltaCode.VersionNotFound"/>: no such commit.</exception>
    public static async Task WriteAsync(DeltaTable table, Snapshot snapshot, CancellationToken cancellationToken)
    {
        ProtocolGate.CheckWritable(snapshot);
        await CheckCommitExistsAsync(table, snapshot, cancellationToken).ConfigureAwait(false);
        List<DeltaAction> actions = Actions(snapshot, table.Environment.Clock.GetUtcNow());
        string final = ObjectPath.Join(table.LogFolder, LogPath.Checkpoint(snapshot.Version));
        if (await table.Store.StatAsync(final, cancellationToken).ConfigureAwait(false) is null)
        {
            await WriteFileAsync(table, final, actions, cancellationToken).ConfigureAwait(false);
        }

        await WritePointerAsync(table, snapshot, actions, final, cancellationToken).ConfigureAwait(false);
    }

    private static List<DeltaAction> Actions(Snapshot snapshot, DateTimeOffset now)
    {
        long expired = (now - TableProperties.DeletedFileRetention(snapshot.Metadata)).ToUnixTimeMilliseconds();
        var actions = new List<DeltaAction>(snapshot.Files.Count + snapshot.Tombstones.Count + snapshot.Txns.Count + 2)
        {
            snapshot.Protocol,
            snapshot.Metadata,
        };
        actions.AddRange(snapshot.Txns.Values);
        actions.AddRange(snapshot.Tombstones
            .Where(remove => (remove.DeletionTimestampMs ?? 0) > expired)
            .Select(remove => remove with { DataChange = false }));
        actions.AddRange(snapshot.Files.Select(add => add with { DataChange = false }));
        return actions;
    }

    /// <summary>
    /// The file is written under a private name and linked to its own: a checkpoint appears whole, and of two writers of the
    /// same version (whose files say the same) one wins.
    /// </summary>
    private static async Task WriteFileAsync(
        DeltaTable table, string final, List<DeltaAction> actions, CancellationToken cancellationToken)
    {
        string name = final[(final.LastIndexOf('/') + 1)..];
        string privateName = ObjectPath.Join(table.LogFolder, $".{name}.{table.Environment.Ids.NewId():n}.tmp");
        StagedObject staged = await table.Store.StageAsync(privateName, cancellationToken).ConfigureAwait(false);
        try
        {
            await table.Environment.Checkpoints
                .WriteAsync(staged.LocalPath, actions, cancellationToken).ConfigureAwait(false);
            byte[] content = File.ReadAllBytes(staged.LocalPath); // from the page cache; waiting for it stays on this thread
            await table.Store.PutIfAbsentAsync(final, content, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await table.Store.DiscardAsync(staged, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task WritePointerAsync(
        DeltaTable table, Snapshot snapshot, List<DeltaAction> actions, string final, CancellationToken cancellationToken)
    {
        StoredObject? file = await table.Store.StatAsync(final, cancellationToken).ConfigureAwait(false);
        var pointer = new JsonObject
        {
            ["version"] = snapshot.Version,
            ["size"] = actions.Count,
            ["sizeInBytes"] = file?.Size,
            ["numOfAddFiles"] = snapshot.Files.Count,
        };
        byte[] content = System.Text.Encoding.UTF8.GetBytes(pointer.ToJsonString(ActionJson.SerializerOptions));
        string path = ObjectPath.Join(table.LogFolder, LogPath.LastCheckpoint);
        await table.Store.PutAsync(path, content, cancellationToken).ConfigureAwait(false);
    }

    private static async Task CheckCommitExistsAsync(DeltaTable table, Snapshot snapshot, CancellationToken cancellationToken)
    {
        string path = ObjectPath.Join(table.LogFolder, LogPath.Commit(snapshot.Version));
        if (await table.Store.StatAsync(path, cancellationToken).ConfigureAwait(false) is null)
        {
            throw new DeltaException(
                DeltaCode.VersionNotFound, $"A checkpoint of version {snapshot.Version} needs its commit, which is not there", path);
        }
    }
}
