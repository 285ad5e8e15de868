using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fabric.Core.Options;

/// <summary>
/// Loads a YAML document into <see cref="OptionNode"/>s and keeps the list of everything that is wrong with it. Limits are
/// checked before memory is taken: size, depth, nodes. Anchors and aliases are refused, since they can expand without bound.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class OptionDocument
{
    /// <summary>Largest file accepted.</summary>
    public const int SizeBytesMax = 4 * 1024 * 1024;

    private const int DepthMax = 32;
    private const int NodesMax = 500_000;

    private readonly List<OptionProblem> _problems = [];
    private int _nodes;

    private OptionDocument(string file, string folder, Func<string, string?> environment)
    {
        File = file;
        Folder = folder;
        Environment = environment;
        Root = OptionNode.Map("", 1, 1, []);
    }

    /// <summary>The file as the user named it.</summary>
    public string File { get; }

    /// <summary>The folder that relative paths in the document start from.</summary>
    public string Folder { get; }

    /// <summary>The document's map; empty when it could not be parsed.</summary>
    public OptionNode Root { get; private set; }

    /// <summary>Every mistake so far, in the order of the file.</summary>
    public IReadOnlyList<OptionProblem> Problems =>
        [.. _problems.OrderBy(problem => problem.Line).ThenBy(problem => problem.Column)];

    internal Func<string, string?> Environment { get; }

    /// <summary>Reads and parses a file. Syntax errors are problems of the document, not exceptions.</summary>
    /// <param name="environment">Looks up environment variables for <c>${env:NAME}</c>.</param>
    public static OptionDocument Load(string path, Func<string, string?> environment)
    {
        string full = System.IO.Path.GetFullPath(path);
        string folder = System.IO.Path.GetDirectoryName(full)!;
        try
        {
            var info = new FileInfo(full);
            if (!info.Exists)
            {
                var document = new OptionDocument(path, folder, environment);
                document.Report("", 1, 1, $"cannot be read: there is no such file in {folder}");
                return document;
            }

            if (info.Length > SizeBytesMax)
            {
                var document = new OptionDocument(path, folder, environment);
                document.Report("", 1, 1, $"the file has {info.Length} bytes, at most {SizeBytesMax} are read");
                return document;
            }

            return Parse(System.IO.File.ReadAllText(full), path, folder, environment);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            var document = new OptionDocument(path, folder, environment);
            document.Report("", 1, 1, $"cannot be read: {exception.Message}");
            return document;
        }
    }

    /// <summary>Parses a document from text.</summary>
    public static OptionDocument Parse(
        string text, string file, string folder, Func<string, string?> environment)
    {
        var document = new OptionDocument(file, folder, environment);
        if (text.Length > SizeBytesMax)
        {
            document.Report("", 1, 1, $"the document has {text.Length} characters, at most {SizeBytesMax} are read");
            return document;
        }

        document.ParseRoot(text);
        return document;
    }

    /// <summary>Adds a mistake.</summary>
    public void Report(string path, int line, int column, string message) =>
        _problems.Add(new OptionProblem(File, path, line, column, message));

    /// <summary>Adds a mistake at a node.</summary>
    public void Report(OptionNode node, string message) => Report(node.Path, node.Line, node.Column, message);

    /// <exception cref="OptionsException">There is at least one mistake.</exception>
    public void ThrowIfInvalid()
    {
        if (_problems.Count > 0)
        {
            throw new OptionsException(Problems);
        }
    }

    private void ParseRoot(string text)
    {
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
            {
                return;
            }

            parser.Consume<DocumentStart>();
            OptionNode root = ReadNode(parser, "", 0);
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out _))
            {
                Report("", root.Line, 1, "expected one YAML document, found another after it");
            }

            if (root.Kind == OptionKind.Map)
            {
                Root = root;
            }
            else if (root.Text is not null || root.Kind == OptionKind.List)
            {
                Report(root, $"expected a map at the top, found {root.Description}");
            }
        }
        catch (YamlException exception)
        {
            Report(
                "", Math.Max(1, (int)exception.Start.Line), Math.Max(1, (int)exception.Start.Column), $"not YAML: {Reason(exception)}");
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or FormatException
            or OverflowException or IndexOutOfRangeException)
        {
            // The parser's own slips on damaged input come out as such; what it was given is no YAML either way.
            Report("", 1, 1, $"not YAML: the parser gave up ({exception.Message})");
        }
    }

    private static string Reason(YamlException exception) => exception.InnerException?.Message ?? exception.Message;

    private OptionNode ReadNode(IParser parser, string path, int depth)
    {
        ParsingEvent start = parser.Current!;
        if (depth > DepthMax || ++_nodes > NodesMax)
        {
            throw new YamlException(start.Start, start.End, $"deeper than {DepthMax} levels or more than {NodesMax} nodes");
        }

        if (start is Scalar scalar)
        {
            parser.MoveNext();
            RefuseAnchor(scalar, path);
            bool quoted = scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any);
            bool isNull = !quoted && scalar.Value is "" or "~" or "null";
            return OptionNode.Scalar(
                path, (int)scalar.Start.Line, (int)scalar.Start.Column, isNull ? null : scalar.Value, quoted);
        }

        if (start is SequenceStart sequence)
        {
            parser.MoveNext();
            RefuseAnchor(sequence, path);
            var items = new List<OptionNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(ReadNode(parser, string.Create(CultureInfo.InvariantCulture, $"{path}[{items.Count}]"), depth + 1));
            }

            return OptionNode.List(path, (int)sequence.Start.Line, (int)sequence.Start.Column, items);
        }

        return start is MappingStart mapping
            ? ReadMap(parser, mapping, path, depth)
            : throw new YamlException(start.Start, start.End, "aliases (*name) are not read here; write the value out");
    }

    private OptionNode ReadMap(IParser parser, MappingStart mapping, string path, int depth)
    {
        parser.MoveNext();
        RefuseAnchor(mapping, path);
        var entries = new List<OptionEntry>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (parser.Current is not Scalar key)
            {
                throw new YamlException(parser.Current!.Start, parser.Current.End, "expected a key");
            }

            parser.MoveNext();

            string child = path.Length == 0 ? key.Value : $"{path}.{key.Value}";
            int line = (int)key.Start.Line, column = (int)key.Start.Column;
            OptionNode value = ReadNode(parser, child, depth + 1);
            if (keys.Add(key.Value))
            {
                entries.Add(new OptionEntry(key.Value, line, column, value));
            }
            else
            {
                Report(child, line, column, $"'{key.Value}' appears twice in the same map");
            }
        }

        return OptionNode.Map(path, (int)mapping.Start.Line, (int)mapping.Start.Column, entries);
    }

    private void RefuseAnchor(NodeEvent node, string path)
    {
        if (!node.Anchor.IsEmpty)
        {
            Report(path, (int)node.Start.Line, (int)node.Start.Column, "anchors (&name) are not read here; write the value out");
        }
    }
}
