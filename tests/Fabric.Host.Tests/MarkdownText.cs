using System.Text;

namespace Fabric.Host.Tests;

/// <summary>The documents of the repository, and the code they quote.</summary>
internal static class MarkdownText
{
    /// <summary>All documents that people wrote, relative to the root, in order.</summary>
    public static string[] FilesOf(string root)
    {
        IEnumerable<string> atTop = Directory.EnumerateFiles(root, "*.md");
        IEnumerable<string> below = new[] { "docs", "examples", "bench" }
            .Select(folder => Path.Combine(root, folder)).Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.md", SearchOption.AllDirectories));
        return [.. atTop.Concat(below).Select(path => Path.GetRelativePath(root, path)).Order(StringComparer.Ordinal)];
    }

    /// <summary>Fenced blocks of one language.</summary>
    public static IEnumerable<string> Blocks(string document, string language)
    {
        var block = new StringBuilder();
        string? open = null;
        foreach (string line in document.Split('\n'))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                if (open == language)
                {
                    yield return block.ToString();
                    block.Clear();
                }

                open = open is null ? line[3..].Trim() : null;
            }
            else if (open == language)
            {
                block.Append(line).Append('\n');
            }
        }
    }

    /// <summary>Lines of a shell script, those that end with a backslash joined with the next.</summary>
    public static string[] CommandLines(string script) => script.Replace("\\\n", "", StringComparison.Ordinal).Split('\n');

    /// <summary>Words as a shell splits them: quotes of both kinds, a comment at the end. Variables stay as they are.</summary>
    public static List<string> ShellWords(string line)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        char? quote = null;
        foreach (char c in line)
        {
            if (quote is not null)
            {
                quote = c == quote ? null : quote;
                _ = quote is null ? word : word!.Append(c);
            }
            else if (c is '\'' or '"')
            {
                quote = c;
                word ??= new StringBuilder();
            }
            else if (char.IsWhiteSpace(c))
            {
                Finish();
            }
            else if (c == '#' && word is null)
            {
                break;
            }
            else
            {
                (word ??= new StringBuilder()).Append(c);
            }
        }

        Finish();
        return words;

        void Finish()
        {
            if (word is not null)
            {
                words.Add(word.ToString());
                word = null;
            }
        }
    }
}
