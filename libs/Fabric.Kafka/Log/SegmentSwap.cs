namespace Fabric.Kafka.Log;

/// <summary>
/// Puts a rewritten segment in the place of one or more, so that a crash between any two steps leaves either all of the old or
/// all of the new. Order:
/// <list type="number">
/// <item>write and flush <c>X.log.cleaned</c>, flush the folder; write and flush <c>X.index.cleaned</c>, flush the folder;</item>
/// <item>delete <c>X.index</c>; rename <c>X.log.cleaned</c> to <c>X.log</c>; flush the folder: this rename decides;</item>
/// <item>rename <c>X.index.cleaned</c> to <c>X.index</c>; delete the other segments that X covers now; flush the folder.</item>
/// </list>
/// Hence after a crash: both cleaned files, or the log alone: nothing was decided, remove them. The index alone: decided, go on.
/// Segments that begin below the end offset in the seal of an earlier one are covered: remove them.
/// </summary>
internal static class SegmentSwap
{
    public static string CleanedLog(string folder, long baseOffset) =>
        LogFileNames.Log(folder, baseOffset) + LogFileNames.CleanedSuffix;

    public static string CleanedIndex(string folder, long baseOffset) =>
        LogFileNames.Index(folder, baseOffset) + LogFileNames.CleanedSuffix;

    /// <summary>The first step, on any thread, after <c>X.log.cleaned</c> was written and flushed.</summary>
    public static void Prepare(ILogFiles files, string folder, SegmentSeal seal)
    {
        files.FlushFolder(folder);
        seal.Write(files, CleanedIndex(folder, seal.BaseOffset));
        files.FlushFolder(folder);
    }

    /// <summary>The second and third step. After a failure the log must be opened anew.</summary>
    public static void Commit(ILogFiles files, string folder, long baseOffset, IEnumerable<long> coveredBaseOffsets)
    {
        files.Delete(LogFileNames.Index(folder, baseOffset));
        files.Replace(CleanedLog(folder, baseOffset), LogFileNames.Log(folder, baseOffset));
        files.FlushFolder(folder);
        files.Replace(CleanedIndex(folder, baseOffset), LogFileNames.Index(folder, baseOffset));
        foreach (long covered in coveredBaseOffsets)
        {
            files.Delete(LogFileNames.Log(folder, covered));
            files.Delete(LogFileNames.Index(folder, covered));
        }

        files.FlushFolder(folder);
    }

    /// <summary>Forgets prepared work. The index goes first: alone it would count as decided.</summary>
    public static void Abandon(ILogFiles files, string folder, long baseOffset)
    {
        files.Delete(CleanedIndex(folder, baseOffset));
        files.FlushFolder(folder);
        files.Delete(CleanedLog(folder, baseOffset));
    }

    /// <summary>On start: finishes what was decided and removes what was not.</summary>
    public static void Recover(ILogFiles files, string folder)
    {
        string[] all = files.List(folder);
        foreach (string path in all)
        {
            if (path.EndsWith(LogFileNames.TemporarySuffix, StringComparison.Ordinal))
            {
                files.Delete(path);
            }
        }

        foreach (string path in all)
        {
            if (LogFileNames.TryParse(path, LogFileNames.LogExtension + LogFileNames.CleanedSuffix, out long undecided))
            {
                Abandon(files, folder, undecided);
            }
        }

        foreach (string path in all)
        {
            if (LogFileNames.TryParse(path, LogFileNames.IndexExtension + LogFileNames.CleanedSuffix, out long decided)
                && files.Exists(path))
            {
                files.Replace(path, LogFileNames.Index(folder, decided));
                files.FlushFolder(folder);
            }
        }
    }
}
