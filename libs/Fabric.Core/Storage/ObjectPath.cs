using System.Buffers;

namespace Fabric.Core.Storage;

/// <summary>The one form of path an <see cref="IObjectStore"/> takes: plain segments joined by <c>/</c>.</summary>
public static class ObjectPath
{
    private const int LengthMax = 4096;

    private static readonly SearchValues<char> Forbidden =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(c => (char)c), '\x7F']);

    /// <summary>Joins a folder and a name; an empty folder is the root.</summary>
    public static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";

    /// <summary>
    /// Refuses whatever could leave the root or mean two things: absolute paths, drive letters, <c>.</c> and <c>..</c>, empty
    /// segments, control characters, and on Windows backslashes, colons and trailing dots or spaces.
    /// </summary>
    /// <exception cref="StorageException"><see cref="StorageCode.PathRefused"/>.</exception>
    public static void Check(string path)
    {
        if (Fault(path) is { } fault)
        {
            throw new StorageException(StorageCode.PathRefused, $"The path {fault}", Shown(path));
        }
    }

    /// <summary>Why a path is refused, as the end of a sentence; null when it is fine.</summary>
    public static string? Fault(string path)
    {
        if (path.Length is 0 or > LengthMax)
        {
            return $"has {path.Length} characters; 1 to {LengthMax} are allowed";
        }

        if (path.AsSpan().ContainsAny(Forbidden))
        {
            return "contains a control character";
        }

        foreach (Range part in path.AsSpan().Split('/'))
        {
            ReadOnlySpan<char> segment = path.AsSpan(part);
            if (segment.IsEmpty)
            {
                return "is absolute or has an empty segment";
            }

            if (segment is "." or "..")
            {
                return "has a '.' or '..' segment";
            }

            if (OperatingSystem.IsWindows() && (segment.ContainsAny('\\', ':') || segment[^1] is '.' or ' '))
            {
                return "has a segment that Windows would read as something else";
            }
        }

        return null;
    }

    private static string Shown(string path) => path.Length > 200 ? path[..200] + "…" : path;
}
