using System.Globalization;
using Fabric.Core.Storage;

namespace Fabric.Delta.Log;

/// <summary>What a file in <c>_delta_log</c> is, by its name (protocol, "File Types").</summary>
internal enum LogFileKind
{
    /// <summary><c>n.json</c></summary>
    Commit,

    /// <summary><c>n.checkpoint.parquet</c></summary>
    Checkpoint,

    /// <summary><c>n.checkpoint.o.p.parquet</c>: part o of p, counted from 1.</summary>
    CheckpointPart,

    /// <summary><c>n.checkpoint.uuid.json|parquet</c>: needs the feature <c>v2Checkpoint</c>.</summary>
    UuidCheckpoint,

    /// <summary><c>n.crc</c></summary>
    Checksum,
}

/// <summary>A file of the log whose name is understood.</summary>
/// <param name="Part">Number of the part, from 1; 0 unless a part of a checkpoint.</param>
/// <param name="Parts">How many parts the checkpoint has; 0 unless a part of a checkpoint.</param>
internal sealed record LogFile(StoredObject Object, LogFileKind Kind, long Version, int Part = 0, int Parts = 0);

/// <summary>Names of the files in <c>_delta_log</c>.</summary>
internal static class LogPath
{
    public const string Folder = "_delta_log";
    public const string LastCheckpoint = "_last_checkpoint";

    private const int VersionDigits = 20;
    private const int PartDigits = 10;

    public static string Commit(long version) => Digits(version) + ".json";

    public static string Checkpoint(long version) => Digits(version) + ".checkpoint.parquet";

    /// <summary>Lists everything of this version and later: an ordinal bound just below its first file name.</summary>
    public static string Before(long version) => version == 0 ? "" : Digits(version);

    /// <summary>Null for names that are not (or not yet) part of the protocol, compacted logs among them: they are optional.</summary>
    public static LogFile? Parse(StoredObject stored)
    {
        ReadOnlySpan<char> name = stored.Name;
        if (name.Length <= VersionDigits || name[VersionDigits] != '.' || !TryNumber(name[..VersionDigits], out long version))
        {
            return null;
        }

        ReadOnlySpan<char> rest = name[(VersionDigits + 1)..];
        return rest switch
        {
            "json" => new LogFile(stored, LogFileKind.Commit, version),
            "crc" => new LogFile(stored, LogFileKind.Checksum, version),
            "checkpoint.parquet" => new LogFile(stored, LogFileKind.Checkpoint, version),
            _ => rest.StartsWith("checkpoint.") ? ParseCheckpoint(stored, version, rest["checkpoint.".Length..]) : null,
        };
    }

    private static LogFile? ParseCheckpoint(StoredObject stored, long version, ReadOnlySpan<char> rest)
    {
        const int partEnd = PartDigits + 1 + PartDigits;
        if (rest.Length == partEnd + ".parquet".Length && rest[PartDigits] == '.' && rest.EndsWith(".parquet")
            && TryNumber(rest[..PartDigits], out long part) && TryNumber(rest[(PartDigits + 1)..partEnd], out long parts)
            && part is > 0 and <= int.MaxValue && parts is > 0 and <= int.MaxValue && part <= parts)
        {
            return new LogFile(stored, LogFileKind.CheckpointPart, version, (int)part, (int)parts);
        }

        int dot = rest.IndexOf('.');
        return dot > 0 && Guid.TryParse(rest[..dot], out _) && rest[(dot + 1)..] is "json" or "parquet"
            ? new LogFile(stored, LogFileKind.UuidCheckpoint, version)
            : null;
    }

    private static bool TryNumber(ReadOnlySpan<char> digits, out long number) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static string Digits(long version) => version.ToString($"D{VersionDigits}", CultureInfo.InvariantCulture);
}
