using Fabric.Core.Storage;
using Fabric.Delta.Actions;

namespace Fabric.Delta.Log;

/// <summary>One version of the log as it was read.</summary>
internal sealed record Commit(long Version, string Name, IReadOnlyList<DeltaAction> Actions)
{
    /// <summary>Larger commits are refused before memory is taken; Spark's own writers stay far below.</summary>
    private const long BytesMax = 1L << 30;

    public CommitInfoAction? Info => Actions.OfType<CommitInfoAction>().FirstOrDefault();

    /// <summary>Null when the version does not exist.</summary>
    public static async Task<Commit?> ReadAsync(
        IObjectStore store, string logFolder, long version, CancellationToken cancellationToken)
    {
        string name = LogPath.Commit(version);
        try
        {
            byte[] content = await store
                .ReadAsync(ObjectPath.Join(logFolder, name), BytesMax, cancellationToken).ConfigureAwait(false);
            return new Commit(version, name, ActionJson.Parse(content, name));
        }
        catch (StorageException e) when (e.Code == StorageCode.NotFound)
        {
            return null;
        }
    }
}
