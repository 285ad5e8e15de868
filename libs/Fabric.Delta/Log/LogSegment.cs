using System.Text.Json;
using Fabric.Core.Storage;
using Fabric.Delta.Actions;

namespace Fabric.Delta.Log;

/// <summary>The files that together give one version: at most one checkpoint, and the commits after it without a gap.</summary>
/// <param name="CheckpointVersion">-1 when the segment starts at version 0.</param>
/// <param name="Checkpoint">The checkpoint's file, or all its parts in order; empty when there is none.</param>
/// <param name="Commits">Versions <paramref name="CheckpointVersion"/> + 1 to <paramref name="Version"/>.</param>
internal sealed record LogSegment(
    long Version, long CheckpointVersion, IReadOnlyList<LogFile> Checkpoint, IReadOnlyList<LogFile> Commits)
{
    private const long HintBytesMax = 16 << 20;

    /// <summary>Finds the segment of the wanted version, or of the latest.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaCode.NotATable"/>, <see cref="DeltaCode.VersionNotFound"/>,
    /// <see cref="DeltaCode.VersionsNotContiguous"/>, or <see cref="DeltaCode.ReadUnsupported"/> (v2Checkpoint).
    /// </exception>
    public static async Task<LogSegment> FindAsync(
        IObjectStore store, string logFolder, long? wanted, CancellationToken cancellationToken)
    {
        // The pointer only says where to start listing. Absent, torn, stale or ahead of the log: everything is listed.
        long? hint = await HintAsync(store, logFolder, cancellationToken).ConfigureAwait(false);
        if (hint is { } version && (wanted is null || version <= wanted))
        {
            List<LogFile> recent = await ListAsync(store, logFolder, version, cancellationToken).ConfigureAwait(false);
            if (FindCheckpoint(recent, wanted) is { Count: > 0 })
            {
                return await BuildAsync(store, logFolder, recent, wanted, cancellationToken).ConfigureAwait(false);
            }
        }

        List<LogFile> files = await ListAsync(store, logFolder, 0, cancellationToken).ConfigureAwait(false);
        return await BuildAsync(store, logFolder, files, wanted, cancellationToken).ConfigureAwait(false);
    }

    public static async Task<List<LogFile>> ListAsync(
        IObjectStore store, string logFolder, long from, CancellationToken cancellationToken)
    {
        IReadOnlyList<StoredObject> listed = await store
            .ListAsync(logFolder, LogPath.Before(from), cancellationToken).ConfigureAwait(false);
        var files = new List<LogFile>(listed.Count);
        foreach (StoredObject stored in listed)
        {
            if (LogPath.Parse(stored) is { } file)
            {
                files.Add(file);
            }
        }

        return files;
    }

    private static async Task<LogSegment> BuildAsync(
        IObjectStore store, string logFolder, List<LogFile> files, long? wanted, CancellationToken cancellationToken)
    {
        List<LogFile> checkpoint = FindCheckpoint(files, wanted);
        long start = checkpoint.Count > 0 ? checkpoint[0].Version : -1;
        var commits = files
            .Where(file => file.Kind == LogFileKind.Commit && file.Version > start && file.Version <= (wanted ?? long.MaxValue))
            .OrderBy(file => file.Version).ToList();
        if (checkpoint.Count == 0 && commits.Count == 0)
        {
            throw NothingFound(files, logFolder, wanted);
        }

        commits = await WithoutGapsAsync(store, logFolder, files, start, commits, wanted, cancellationToken).ConfigureAwait(false);
        long version = commits.Count > 0 ? commits[^1].Version : start;
        return wanted is null || version == wanted
            ? new LogSegment(version, start, checkpoint, commits)
            : throw new DeltaException(
                DeltaCode.VersionNotFound, $"Version {wanted} does not exist; the latest is {version}", logFolder);
    }

    /// <summary>
    /// A listing is no snapshot of a folder: it may miss a commit and show the next one, created later. What is missing
    /// between two others is looked up by name before the log is called broken.
    /// </summary>
    private static async Task<List<LogFile>> WithoutGapsAsync(
        IObjectStore store, string logFolder, List<LogFile> files, long start, List<LogFile> commits,
        long? wanted, CancellationToken cancellationToken)
    {
        var whole = new List<LogFile>(commits.Count);
        long expected = start + 1;
        foreach (LogFile commit in commits)
        {
            for (; expected < commit.Version; expected++)
            {
                string path = ObjectPath.Join(logFolder, LogPath.Commit(expected));
                StoredObject missed = await store.StatAsync(path, cancellationToken).ConfigureAwait(false)
                    ?? throw Gap(files, logFolder, start, expected, commit.Version, wanted);
                whole.Add(new LogFile(missed, LogFileKind.Commit, expected));
            }

            whole.Add(commit);
            expected++;
        }

        return whole;
    }

    /// <summary>The newest complete checkpoint at or before the wanted version; empty when there is none.</summary>
    private static List<LogFile> FindCheckpoint(List<LogFile> files, long? wanted)
    {
        IEnumerable<IGrouping<long, LogFile>> byVersion = files
            .Where(file => file.Kind is LogFileKind.Checkpoint or LogFileKind.CheckpointPart)
            .Where(file => file.Version <= (wanted ?? long.MaxValue))
            .GroupBy(file => file.Version).OrderByDescending(group => group.Key);
        foreach (IGrouping<long, LogFile> group in byVersion)
        {
            if (group.FirstOrDefault(file => file.Kind == LogFileKind.Checkpoint) is { } single)
            {
                return [single];
            }

            foreach (IGrouping<int, LogFile> parts in group.GroupBy(file => file.Parts))
            {
                if (parts.Select(file => file.Part).Distinct().Count() == parts.Key)
                {
                    return parts.OrderBy(file => file.Part).ToList();
                }
            }
        }

        return [];
    }

    private static async Task<long?> HintAsync(IObjectStore store, string logFolder, CancellationToken cancellationToken)
    {
        byte[] content;
        try
        {
            content = await store.ReadAsync(
                ObjectPath.Join(logFolder, LogPath.LastCheckpoint), HintBytesMax, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException e) when (e.Code is StorageCode.NotFound or StorageCode.TooLarge)
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(content);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("version", out JsonElement version)
                && version.ValueKind == JsonValueKind.Number && version.TryGetInt64(out long number) && number >= 0
                ? number
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // the protocol calls the file advisory: listing finds the truth
        }
    }

    private static DeltaException NothingFound(List<LogFile> files, string logFolder, long? wanted)
    {
        if (files.Any(file => file.Kind == LogFileKind.UuidCheckpoint))
        {
            return UuidCheckpoint(logFolder);
        }

        long? first = files.Where(file => file.Kind != LogFileKind.Checksum).Select(file => (long?)file.Version).Min();
        return first is null
            ? new DeltaException(
                DeltaCode.NotATable, "There is no Delta table: no commit and no checkpoint was found", logFolder)
            : new DeltaException(
                DeltaCode.VersionNotFound,
                $"Version {wanted} cannot be rebuilt any more; the earliest file of the log is of version {first}", logFolder);
    }

    private static DeltaException Gap(
        List<LogFile> files, string logFolder, long start, long missing, long next, long? wanted)
    {
        if (start >= 0 || missing > 0)
        {
            return new DeltaException(
                DeltaCode.VersionsNotContiguous,
                $"Version {missing} is missing from the log although version {next} exists", logFolder);
        }

        if (files.Any(file => file.Kind == LogFileKind.UuidCheckpoint))
        {
            return UuidCheckpoint(logFolder);
        }

        return wanted is { } version
            ? new DeltaException(
                DeltaCode.VersionNotFound,
                $"Version {version} cannot be rebuilt any more: the log starts at {next} and no older checkpoint is left", logFolder)
            : new DeltaException(
                DeltaCode.VersionsNotContiguous,
                $"The log starts at version {next} without a checkpoint; versions 0 to {next - 1} are missing", logFolder);
    }

    private static DeltaException UuidCheckpoint(string logFolder) =>
        new(DeltaCode.ReadUnsupported,
            "The table is not read: it uses v2Checkpoint, outside this reader's profile (its older commits are gone)", logFolder)
        { Features = ["v2Checkpoint"] };
}
