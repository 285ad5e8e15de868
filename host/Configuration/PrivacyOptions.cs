using Fabric.Core.Options;

namespace Fabric.Host.Configuration;

/// <summary>What is personal, and the key that makes it unreadable.</summary>
/// <param name="KeyFile">Absolute path of the key file.</param>
/// <param name="Fields">Payload fields as JSON paths, e.g. <c>$.operator</c>.</param>
/// <param name="TopicLevels">Names of topic levels as the connectors' templates call them.</param>
/// <param name="Epoch">Grows when tokens must stop joining with older ones.</param>
internal sealed record PrivacyOptions(
    string KeyFile, IReadOnlyList<string> Fields, IReadOnlyList<string> TopicLevels, int Epoch)
{
    private const string FilePrefix = "${file:";

    public static PrivacyOptions? Read(OptionReader? reader, string folder)
    {
        if (reader is null)
        {
            return null;
        }

        string keyFile = ReadKeyFile(reader, folder);
        IReadOnlyList<string> fields = reader.Texts("fields");
        foreach (string field in fields.Where(field => !field.StartsWith("$.", StringComparison.Ordinal)))
        {
            reader.Document.Report(reader.Find("fields")!, $"expected paths such as $.operator, found '{field}'");
        }

        var options = new PrivacyOptions(
            keyFile, fields, reader.Texts("topicLevels"), (int)reader.Integer("epoch", 1, 1, int.MaxValue));
        reader.Finish();
        return options;
    }

    /// <summary>The key is a file and nothing else: its mode and place are checked, which an environment variable has not.</summary>
    private static string ReadKeyFile(OptionReader reader, string folder)
    {
        OptionNode? node = reader.Find("key");
        if (node?.Text is { } text && text.StartsWith(FilePrefix, StringComparison.Ordinal) && text.EndsWith('}'))
        {
            return Path.GetFullPath(text[FilePrefix.Length..^1], Path.GetFullPath(folder));
        }

        const string expected = "expected ${file:path} of the privacy key; make one with: fabric privacy key PATH";
        if (node is null)
        {
            reader.Report($"'key' is missing: {expected}");
        }
        else
        {
            reader.Document.Report(node, expected);
        }

        return "";
    }
}
