using System.Globalization;

namespace Fabric.Kafka.Log;

/// <summary>
/// Names in a log's folder. Each begins with an offset as 20 digits, so that names sort as offsets do:
/// <c>.log</c> segment, <c>.index</c> its sealed index, <c>.snapshot</c> producers before that offset; <c>.cleaned</c> after a
/// name is a compaction's unfinished work, <c>.tmp</c> a file being written; <c>start-offset</c> stands alone.
/// </summary>
internal static class LogFileNames
{
    public const string LogExtension = ".log";
    public const string IndexExtension = ".index";
    public const string SnapshotExtension = ".snapshot";
    public const string CleanedSuffix = ".cleaned";
    public const string TemporarySuffix = ".tmp";
    public const string StartOffset = "start-offset";

    private const int Digits = 20;

    public static string Log(string folder, long baseOffset) => At(folder, baseOffset, LogExtension);

    public static string Index(string folder, long baseOffset) => At(folder, baseOffset, IndexExtension);

    public static string Snapshot(string folder, long offset) => At(folder, offset, SnapshotExtension);

    /// <summary>The offset in a name that is exactly 20 digits and the extension.</summary>
    public static bool TryParse(string path, string extension, out long offset)
    {
        ReadOnlySpan<char> name = Path.GetFileName(path.AsSpan());
        offset = -1;
        return name.Length == Digits + extension.Length
            && name.EndsWith(extension, StringComparison.Ordinal)
            && long.TryParse(name[..Digits], NumberStyles.None, CultureInfo.InvariantCulture, out offset);
    }

    private static string At(string folder, long offset, string extension) =>
        Path.Combine(folder, offset.ToString("D20", CultureInfo.InvariantCulture) + extension);
}
