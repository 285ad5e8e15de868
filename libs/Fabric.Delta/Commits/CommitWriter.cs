using System.Runtime.ExceptionServices;
using Fabric.Core.Storage;
using Fabric.Delta.Log;

namespace Fabric.Delta.Commits;

/// <summary>Whose a version is after an attempt to put a commit there.</summary>
internal enum PutResult
{
    /// <summary>Ours, durably.</summary>
    Ours,

    /// <summary>Somebody else's.</summary>
    Theirs,

    /// <summary>It cannot be told, or ours but perhaps not durable.</summary>
    Unknown,
}

/// <summary>Puts one commit at one version, and settles what an error left open.</summary>
internal static class CommitWriter
{
    private const int ReadBacksMax = 5;

    private static readonly TimeSpan ReadBackPause = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// An error from the store says nothing about the outcome, so the version is read back: a commit that carries our transaction
    /// id succeeded, an absent one did not and never will (<see cref="IObjectStore.PutIfAbsentAsync"/>).
    /// </summary>
    /// <returns>The failure accompanies <see cref="PutResult.Unknown"/> alone.</returns>
    /// <exception cref="StorageException">The store's own error (of whatever type): the version was not created.</exception>
    public static async Task<(PutResult Result, Exception? Failure)> PutAsync(
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
                return (PutResult.Ours, null);
            }
        }
        catch (StorageException e) when (e.Code == StorageCode.NotDurable)
        {
            // No question of who won: nobody may go on as if the commit were durable, and nobody may say it is not there.
            return (PutResult.Unknown, e);
        }
        catch (Exception e) when (e is StorageException or IOException or TimeoutException or OperationCanceledException)
        {
            failure = ExceptionDispatchInfo.Capture(e);
        }

        return await SettleAsync(table, version, transactionId, failure).ConfigureAwait(false);
    }

    private static async Task<(PutResult Result, Exception? Failure)> SettleAsync(
        DeltaTable table, long version, string transactionId, ExceptionDispatchInfo? failure)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                // "Already exists" may be our own first attempt, of which the store only reported the second.
                Commit? there = await Commit
                    .ReadAsync(table.Store, table.LogFolder, version, CancellationToken.None).ConfigureAwait(false);
                if (there is not null)
                {
                    return (there.Info?.TxnId == transactionId ? PutResult.Ours : PutResult.Theirs, null);
                }

                failure?.Throw();
                return (PutResult.Unknown, new StorageException(
                    StorageCode.Failed, "A commit was reported to exist but cannot be found", LogPath.Commit(version)));
            }
            catch (StorageException e) when (e != failure?.SourceException)
            {
                if (attempt == ReadBacksMax)
                {
                    return (PutResult.Unknown, e);
                }
            }

            await Task.Delay(ReadBackPause, table.Environment.Clock, CancellationToken.None).ConfigureAwait(false);
        }
    }
}
