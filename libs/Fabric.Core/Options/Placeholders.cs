using System.Text;

namespace Fabric.Core.Options;

/// <summary><c>${env:NAME}</c> and <c>${file:path}</c>; relative paths start from the document's folder.</summary>
internal static class Placeholders
{
    private const int FileBytesMax = 64 * 1024;

    /// <summary>Whether the text is one placeholder and nothing else.</summary>
    public static bool IsSingle(string text) =>
        text.StartsWith("${", StringComparison.Ordinal) && text.IndexOf('}') == text.Length - 1;

    /// <summary>The resolved text; null (and reported) when a placeholder cannot be resolved.</summary>
    public static string? Resolve(OptionDocument document, OptionNode node)
    {
        string text = node.Text!;
        var result = new StringBuilder();
        int at = 0;
        while (text.IndexOf("${", at, StringComparison.Ordinal) is var start and >= 0)
        {
            int end = text.IndexOf('}', start);
            if (end < 0)
            {
                document.Report(node, "a placeholder is not closed: expected ${env:NAME} or ${file:path}");
                return null;
            }

            string? value = Lookup(document, node, text[(start + 2)..end]);
            if (value is null)
            {
                return null;
            }

            result.Append(text, at, start - at).Append(value);
            at = end + 1;
        }

        return result.Append(text, at, text.Length - at).ToString();
    }

    private static string? Lookup(OptionDocument document, OptionNode node, string reference)
    {
        int colon = reference.IndexOf(':');
        string kind = colon < 0 ? reference : reference[..colon], name = reference[(colon + 1)..];
        switch (kind)
        {
            case "env" when colon > 0 && name.Length > 0:
                string? value = document.Environment(name);
                if (value is null)
                {
                    document.Report(node, $"the environment variable '{name}' is not set");
                }

                return value;
            case "file" when colon > 0 && name.Length > 0:
                return ReadFile(document, node, name);
            default:
                document.Report(node, $"unknown placeholder '${{{reference}}}': expected ${{env:NAME}} or ${{file:path}}");
                return null;
        }
    }

    private static string? ReadFile(OptionDocument document, OptionNode node, string name)
    {
        string path = Path.GetFullPath(name, document.Folder);
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > FileBytesMax })
            {
                document.Report(node, $"the file '{name}' is larger than {FileBytesMax} bytes");
                return null;
            }

            return File.ReadAllText(path).TrimEnd('\r', '\n');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            document.Report(node, $"the file '{name}' cannot be read: {exception.Message}");
            return null;
        }
    }
}
