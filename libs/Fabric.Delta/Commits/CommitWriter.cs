using System.Runtime.ExceptionServices;
using Fabric.Core.Storage;
using Fabric.Delta.Log;

namespace Fabric.Delta.Commits;

/// <summary>Puts one commit at one version, and settles what an error left open.</summary>
internal static class CommitWriter
{
    /// <summary>
    /// True when the version is now ours, false when it is somebody else's. An error from the store says nothing about the
    /// outcome, so the version is read back: a commit that carries our transaction id succeeded.
    /// </summary>
    /// <exception cref="StorageException">The version was not created, or could not be read back.</exception>
    public static async Task<bool> PutAsync(
        DeltaTable table, long version, ReadOnlyMemory<byte> content, string transactionId, CancellationToken cancellationToken)
    {
        string path = ObjectPath.Join(table.LogFolder, LogPath.Commit(version));
        ExceptionDispatchInfo? failure = null;
        try
        {
            PutOutcome outcome = await table.Store
                .PutIfAbsentAsync(path, content, cancellationToken).ConfigureAwait(false);
            if (outcome == PutOutcome.Created)
            {
                return true;
            }
        }
        catch (Exception e) when (IsAmbiguous(e))
        {
            failure = ExceptionDispatchInfo.Capture(e);
        }

        // "Already exists" may be our own first attempt, of which the store only reported the second.
        Commit? there = await Commit.ReadAsync(table.Store, table.LogFolder, version, CancellationToken.None).ConfigureAwait(false);
        if (there is null)
        {
            failure?.Throw();
            throw new StorageException(
                StorageCode.Failed, "A commit was reported to exist but cannot be found", path, isRetriable: true);
        }

        return there.Info?.TxnId == transactionId;
    }

    /// <summary>A failed fsync is no question of who won: the caller must not go on as if the commit were durable.</summary>
    private static bool IsAmbiguous(Exception e) => e switch
    {
        StorageException storage => storage.Code != StorageCode.NotDurable,
        IOException or TimeoutException or OperationCanceledException => true,
        _ => false,
    };
}
