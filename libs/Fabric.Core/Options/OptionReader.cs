namespace Fabric.Core.Options;

/// <summary>
/// Reads one map of a configuration document key by key. A mistake is reported to the document and reading goes on with the
/// default, so that all mistakes are found in one pass; <see cref="Finish"/> reports the keys nobody asked for.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class OptionReader
{
    private readonly OptionNode _map;
    private readonly List<string> _known = [];

    /// <param name="node">The map; another kind is reported and read as an empty map.</param>
    public OptionReader(OptionDocument document, OptionNode node)
    {
        Document = document;
        _map = node;
        if (node.Kind != OptionKind.Map)
        {
            document.Report(node, $"expected a map, found {node.Description}");
        }
    }

    public OptionDocument Document { get; }

    /// <summary>The map's own place.</summary>
    public OptionNode Node => _map;

    /// <summary>The node of a key, and that the key is known; null when absent or YAML's null.</summary>
    public OptionNode? Find(string key)
    {
        _known.Add(key);
        foreach (OptionEntry entry in _map.Entries)
        {
            if (entry.Key == key)
            {
                return entry.Value.Kind == OptionKind.Scalar && entry.Value.Text is null ? null : entry.Value;
            }
        }

        return null;
    }

    /// <summary>Adds a mistake about this map as a whole.</summary>
    public void Report(string message) => Document.Report(_map, message);

    /// <summary>Text, placeholders resolved; null when absent.</summary>
    public string? Text(string key) => Find(key) is { } node ? OptionValues.Text(Document, node) : null;

    /// <summary>Text that must be there; empty when it is not (and reported).</summary>
    public string RequiredText(string key, string expected)
    {
        OptionNode? node = Find(key);
        if (node is null)
        {
            Document.Report(
                Child(key), _map.Line, _map.Column, $"missing: expected {expected}");
            return "";
        }

        return OptionValues.Text(Document, node) ?? "";
    }

    /// <summary>A secret, which must be <c>${env:NAME}</c> or <c>${file:path}</c>; null when absent.</summary>
    public Secret? Secret(string key) => Find(key) is { } node ? OptionValues.Secret(Document, node) : null;

    public bool Boolean(string key, bool otherwise) =>
        Find(key) is { } node ? OptionValues.Boolean(Document, node) ?? otherwise : otherwise;

    /// <summary>A whole number within bounds (both included).</summary>
    public long Integer(string key, long otherwise, long minimum, long maximum) =>
        Find(key) is { } node ? OptionValues.Integer(Document, node, minimum, maximum) ?? otherwise : otherwise;

    /// <summary>A number within bounds (both included).</summary>
    public double Number(string key, double otherwise, double minimum, double maximum) =>
        Find(key) is { } node ? OptionValues.Number(Document, node, minimum, maximum) ?? otherwise : otherwise;

    /// <summary>A duration such as <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>1h</c>, <c>7d</c>, within bounds.</summary>
    public TimeSpan Duration(string key, TimeSpan otherwise, TimeSpan minimum, TimeSpan maximum) =>
        Find(key) is { } node ? OptionValues.Duration(Document, node, minimum, maximum) ?? otherwise : otherwise;

    /// <summary>A size in bytes such as <c>64KiB</c>, <c>128MiB</c>, <c>1GiB</c>, <c>10MB</c>, within bounds.</summary>
    public long ByteSize(string key, long otherwise, long minimum, long maximum) =>
        Find(key) is { } node ? OptionValues.ByteSize(Document, node, minimum, maximum) ?? otherwise : otherwise;

    /// <summary>One of a few words, each with its value.</summary>
    public T Choice<T>(string key, T otherwise, params (string Word, T Value)[] choices) =>
        Find(key) is { } node && OptionValues.Choice(Document, node, choices, out T value) ? value : otherwise;

    /// <summary>A list of texts; a single text counts as a list of one. Empty when absent.</summary>
    public IReadOnlyList<string> Texts(string key) =>
        Find(key) is { } node ? OptionValues.Texts(Document, node) : [];

    /// <summary>A nested map; null when absent.</summary>
    public OptionReader? Section(string key) => Find(key) is { } node ? new OptionReader(Document, node) : null;

    /// <summary>A list of nested maps; empty when absent.</summary>
    public IReadOnlyList<OptionReader> Sections(string key)
    {
        OptionNode? node = Find(key);
        if (node is null)
        {
            return [];
        }

        if (node.Kind != OptionKind.List)
        {
            Document.Report(node, $"expected a list, found {node.Description}");
            return [];
        }

        return [.. node.Items.Select(item => new OptionReader(Document, item))];
    }

    /// <summary>Entries of a nested map with free keys; empty when absent.</summary>
    public IReadOnlyList<OptionEntry> Entries(string key)
    {
        OptionNode? node = Find(key);
        if (node is not null && node.Kind != OptionKind.Map)
        {
            Document.Report(node, $"expected a map, found {node.Description}");
        }

        return node?.Entries ?? [];
    }

    /// <summary>Reports every key that was not asked for, with the closest known one.</summary>
    public void Finish()
    {
        foreach (OptionEntry entry in _map.Entries)
        {
            if (!_known.Contains(entry.Key))
            {
                Document.Report(
                    Child(entry.Key), entry.Line, entry.Column, Suggestion.ForUnknown("key", entry.Key, _known));
            }
        }
    }

    private string Child(string key) => _map.Path.Length == 0 ? key : $"{_map.Path}.{key}";
}
