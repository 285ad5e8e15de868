namespace Fabric.Delta.Log;

/// <summary>When each version was committed, for time travel (protocol, "In-Commit Timestamps"; else file times).</summary>
internal static class VersionTimes
{
    private const string InCommitTimestamps = "delta.enableInCommitTimestamps";

    /// <summary>The newest version not after the moment.</summary>
    public static async Task<long> FindAsync(DeltaTable table, DateTimeOffset moment, CancellationToken cancellationToken)
    {
        Snapshot latest = await table.LoadAsync(cancellationToken).ConfigureAwait(false);
        bool inCommit = latest.Metadata.Configuration.GetValueOrDefault(InCommitTimestamps) == "true";
        List<LogFile> files = await LogSegment
            .ListAsync(table.Store, table.LogFolder, 0, cancellationToken).ConfigureAwait(false);
        long? found = null;
        long lastMs = long.MinValue;
        foreach (LogFile file in files
            .Where(file => file.Kind == LogFileKind.Commit && file.Version <= latest.Version).OrderBy(file => file.Version))
        {
            long ms = file.Object.ModifiedAt.ToUnixTimeMilliseconds();
            if (inCommit)
            {
                ms = await InCommitAsync(table, file.Version, cancellationToken).ConfigureAwait(false) ?? ms;
            }

            lastMs = Math.Max(ms, lastMs == long.MinValue ? ms : lastMs + 1); // clocks step back, versions do not
            if (lastMs > moment.ToUnixTimeMilliseconds())
            {
                break;
            }

            found = file.Version;
        }

        return found ?? throw new DeltaException(
            DeltaCode.VersionNotFound, $"The table has no version as old as {moment:O}", table.Root);
    }

    private static async Task<long?> InCommitAsync(DeltaTable table, long version, CancellationToken cancellationToken)
    {
        Commit? commit = await Commit.ReadAsync(table.Store, table.LogFolder, version, cancellationToken).ConfigureAwait(false);
        return commit?.Info?.InCommitTimestampMs;
    }
}
