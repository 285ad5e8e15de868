using Fabric.Core.Storage;
using Fabric.Delta.Actions;

namespace Fabric.Delta.Log;

/// <summary>From files of the log to a snapshot.</summary>
internal static class LogReplay
{
    public static async Task<Snapshot> RunAsync(DeltaTable table, LogSegment segment, CancellationToken cancellationToken)
    {
        var state = new LogState(table.Root);
        foreach (LogFile part in segment.Checkpoint)
        {
            string location = table.Store.Locate(part.Object.Path);
            IReadOnlyList<DeltaAction> actions = await table.Environment.Checkpoints
                .ReadAsync(location, cancellationToken).ConfigureAwait(false);
            state.Apply(actions, part.Object.Name);
        }

        if (segment.Checkpoint.Count > 0 && (state.Protocol is null || state.Metadata is null))
        {
            throw new DeltaException(
                DeltaCode.StateIncomplete,
                $"The checkpoint has no '{(state.Protocol is null ? "protocol" : "metaData")}' action",
                segment.Checkpoint[0].Object.Path);
        }

        foreach (LogFile file in segment.Commits)
        {
            Commit commit = await Commit
                .ReadAsync(table.Store, table.LogFolder, file.Version, cancellationToken).ConfigureAwait(false)
                ?? throw new DeltaException(
                    DeltaCode.VersionsNotContiguous, "A commit vanished while the log was read", file.Object.Path, isRetriable: true);
            state.Apply(commit.Actions, commit.Name);
        }

        return new Snapshot(table.Root, segment.Version, state);
    }

    /// <summary>The commits from a version on, up to the first that does not exist.</summary>
    public static async Task<List<Commit>> FollowAsync(DeltaTable table, long from, CancellationToken cancellationToken)
    {
        var commits = new List<Commit>();
        while (await Commit.ReadAsync(table.Store, table.LogFolder, from + commits.Count, cancellationToken)
            .ConfigureAwait(false) is { } commit)
        {
            commits.Add(commit);
        }

        return commits;
    }
}
