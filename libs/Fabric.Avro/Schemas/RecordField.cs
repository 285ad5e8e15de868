namespace Fabric.Avro;

/// <summary>How a field takes part in the sort order of its record.</summary>
public enum FieldOrder
{
    Ascending,
    Descending,
    Ignore,
}

/// <summary>One field of a record.</summary>
public sealed class RecordField
{
    internal RecordField(string name, int position, Schema type)
    {
        Name = name;
        Position = position;
        Type = type;
    }

    public string Name { get; }

    /// <summary>Index in the record, from 0.</summary>
    public int Position { get; }

    public Schema Type { get; }

    /// <summary>Documentation; null when there is none.</summary>
    public string? Doc { get; internal init; }

    /// <summary>Names under which a writer may have written this field.</summary>
    public IReadOnlyList<string> Aliases { get; internal init; } = [];

    public FieldOrder Order { get; internal init; }

    /// <summary>The default as JSON text, null when there is none (a default of null is the text <c>null</c>).</summary>
    public string? DefaultJson { get; internal init; }

    public bool HasDefault => DefaultJson is not null;

    /// <summary>The default encoded by <see cref="Type"/>; empty when there is none.</summary>
    public ReadOnlyMemory<byte> DefaultBytes { get; internal set; }

    /// <summary>Attributes the specification does not reserve, name to raw JSON.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; internal init; } = new Dictionary<string, string>();
}
