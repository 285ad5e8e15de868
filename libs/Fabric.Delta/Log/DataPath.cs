using System.Buffers;
using System.Globalization;
using System.Text;
using Fabric.Core.Storage;

namespace Fabric.Delta.Log;

/// <summary>
/// <c>add.path</c> and <c>remove.path</c>: URI references, percent-encoded once, relative to the table's folder or absolute
/// (protocol, "Add File and Remove File").
/// </summary>
public static class DataPath
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    // RFC 2396 path characters that need no escape, without ':' (before the first slash it would end a scheme).
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()/=@&+$,;");

    /// <summary>A file's name relative to the table, as the log writes it.</summary>
    public static string Encode(string relativePath)
    {
        if (!relativePath.AsSpan().ContainsAnyExcept(Plain))
        {
            return relativePath;
        }

        var text = new StringBuilder(relativePath.Length + 16);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in relativePath.EnumerateRunes())
        {
            if (rune.IsBmp && Plain.Contains((char)rune.Value))
            {
                text.Append((char)rune.Value);
                continue;
            }

            foreach (byte value in utf8[..rune.EncodeToUtf8(utf8)])
            {
                text.Append('%').Append(value.ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return text.ToString();
    }

    /// <summary>
    /// The file's one name for comparing: relative to the table when it lies inside, else the absolute path. Both forms of the
    /// same file give the same key, so a remove written by another engine finds its add.
    /// </summary>
    /// <param name="tableRoot">Absolute location of the table's folder, without a slash at the end.</param>
    /// <exception cref="DeltaException"><see cref="DeltaCode.PathRefused"/>: broken percent-encoding or text.</exception>
    public static string Key(string path, string tableRoot, string where = "")
    {
        string decoded = Decode(path, where);
        string absolute = WithoutScheme(path, decoded, where);
        string root = tableRoot + "/";
        return absolute.StartsWith(root, StringComparison.Ordinal) ? absolute[root.Length..] : absolute;
    }

    /// <summary>The file's path relative to the table.</summary>
    /// <exception cref="DeltaException"><see cref="DeltaCode.PathRefused"/>: outside the table's folder, or not a path.</exception>
    public static string Relative(string path, string tableRoot, string where = "")
    {
        string key = Key(path, tableRoot, where);
        return ObjectPath.Fault(key) is { } fault
            ? throw Refused($"A data file's path {fault}; files are read only inside the table's folder", where)
            : key;
    }

    private static string WithoutScheme(string path, string decoded, string where)
    {
        int colon = path.IndexOf(':');
        if (colon <= 0 || path.AsSpan(0, colon).Contains('/') || !IsScheme(path.AsSpan(0, colon)))
        {
            return decoded;
        }

        string rest = decoded[(decoded.IndexOf(':') + 1)..];
        if (!path.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
        {
            return decoded; // s3://bucket/key keeps its scheme: a table in that bucket has it in its root as well
        }

        if (!rest.StartsWith("//", StringComparison.Ordinal))
        {
            return rest;
        }

        int slash = rest.IndexOf('/', 2);
        return slash < 0 ? throw Refused("A data file's path is a URI without a path", where) : rest[slash..];
    }

    private static bool IsScheme(ReadOnlySpan<char> text) =>
        char.IsAsciiLetter(text[0]) && text.IndexOfAnyExcept(SchemeCharacters) < 0;

    private static readonly SearchValues<char> SchemeCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");

    private static string Decode(string path, string where)
    {
        if (!path.Contains('%'))
        {
            return path;
        }

        var bytes = new ArrayBufferWriter<byte>(path.Length);
        int at = 0;
        while (at < path.Length)
        {
            int percent = path.IndexOf('%', at);
            if (percent < 0)
            {
                percent = path.Length;
            }

            Encoding.UTF8.GetBytes(path.AsSpan(at, percent - at), bytes);
            if (percent == path.Length)
            {
                break;
            }

            if (percent + 2 >= path.Length || !byte.TryParse(
                path.AsSpan(percent + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                throw Refused("A data file's path has a '%' that is no escape", where);
            }

            bytes.Write([value]);
            at = percent + 3;
        }

        try
        {
            return StrictUtf8.GetString(bytes.WrittenSpan);
        }
        catch (DecoderFallbackException e)
        {
            throw new DeltaException(
                DeltaCode.PathRefused, "A data file's path does not decode to UTF-8 text", where, false, e);
        }
    }

    private static DeltaException Refused(string message, string where) => new(DeltaCode.PathRefused, message, where);
}
