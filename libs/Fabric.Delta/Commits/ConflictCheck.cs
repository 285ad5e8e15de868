using Fabric.Delta.Actions;
using Fabric.Delta.Log;

namespace Fabric.Delta.Commits;

/// <summary>Whether a commit still holds after another one came first. Two blind appends never conflict.</summary>
internal static class ConflictCheck
{
    /// <param name="removed">Files that our commit removes.</param>
    /// <param name="readsWholeTable">Whether our commit depends on every row.</param>
    public static CommitOutcome.Conflicted? Check(
        Commit winner, LogState state, IReadOnlySet<FileKey> removed, bool readsWholeTable)
    {
        foreach (DeltaAction action in winner.Actions)
        {
            switch (action)
            {
                case ProtocolAction:
                    return Conflict(ConflictReason.ProtocolChanged, "the protocol was changed", winner);
                case MetadataAction:
                    return Conflict(ConflictReason.MetadataChanged, "schema or properties were changed", winner);
                case RemoveAction remove when removed.Contains(state.KeyOf(remove, winner.Name)):
                    return Conflict(ConflictReason.ConcurrentDelete, "a file to remove was removed", winner);
                case RemoveAction { DataChange: true } when readsWholeTable:
                    return Conflict(ConflictReason.ConcurrentDelete, "rows that were read were removed", winner);
                case AddAction { DataChange: true } when readsWholeTable:
                    return Conflict(ConflictReason.ConcurrentAppend, "rows were added to what was read", winner);
                default:
                    break;
            }
        }

        return null;
    }

    private static CommitOutcome.Conflicted Conflict(ConflictReason reason, string what, Commit winner) =>
        new(reason, $"In version {winner.Version}, {what}", winner.Version);
}
