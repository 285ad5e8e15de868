namespace Fabric.Core.Options;

/// <summary>The three shapes of a node in a configuration document.</summary>
public enum OptionKind
{
    Scalar,
    List,
    Map,
}

/// <summary>A node of a configuration document with its place. Immutable after loading.</summary>
public sealed class OptionNode
{
    private OptionNode(OptionKind kind, string path, int line, int column)
    {
        Kind = kind;
        Path = path;
        Line = line;
        Column = column;
    }

    public OptionKind Kind { get; }

    /// <summary>E.g. <c>connectors[0].payload.format</c>; empty for the document.</summary>
    public string Path { get; }

    /// <summary>1-based.</summary>
    public int Line { get; }

    /// <summary>1-based.</summary>
    public int Column { get; }

    /// <summary>Text of a scalar as written, placeholders unresolved; null for YAML's null and for other kinds.</summary>
    public string? Text { get; private init; }

    /// <summary>Whether a scalar was quoted, and so is text whatever it looks like.</summary>
    public bool IsQuoted { get; private init; }

    /// <summary>Items of a list; empty for other kinds.</summary>
    public IReadOnlyList<OptionNode> Items { get; private init; } = [];

    /// <summary>Entries of a map in the order of the file; empty for other kinds.</summary>
    public IReadOnlyList<OptionEntry> Entries { get; private init; } = [];

    /// <summary>What a person would call this node.</summary>
    public string Description => Kind switch
    {
        OptionKind.Map => "a map",
        OptionKind.List => "a list",
        _ => Text is null ? "nothing" : $"'{Text}'",
    };

    internal static OptionNode Scalar(string path, int line, int column, string? text, bool isQuoted) =>
        new(OptionKind.Scalar, path, line, column) { Text = text, IsQuoted = isQuoted };

    internal static OptionNode List(string path, int line, int column, IReadOnlyList<OptionNode> items) =>
        new(OptionKind.List, path, line, column) { Items = items };

    internal static OptionNode Map(string path, int line, int column, IReadOnlyList<OptionEntry> entries) =>
        new(OptionKind.Map, path, line, column) { Entries = entries };
}

/// <summary>A key of a map with its place, and its value.</summary>
public sealed record OptionEntry(string Key, int Line, int Column, OptionNode Value);
