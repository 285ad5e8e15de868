using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Fabric.Avro;

/// <summary>A record: named fields in wire order.</summary>
public sealed class RecordSchema : NamedSchema
{
    private RecordField[] _fields = [];
    private FrozenDictionary<string, RecordField>? _byName;

    internal RecordSchema(
        SchemaName name, IReadOnlyList<SchemaName> aliases, string? doc,
        IReadOnlyDictionary<string, string>? properties, bool isError)
        : base(name, aliases, doc, properties) => IsError = isError;

    public override SchemaType Type => SchemaType.Record;

    /// <summary>Declared with <c>"type": "error"</c>: the same on the wire.</summary>
    public bool IsError { get; }

    /// <summary>In wire order.</summary>
    public IReadOnlyList<RecordField> Fields => _fields;

    internal RecordField[] FieldArray => _fields;

    /// <summary>The field of that exact name; aliases are not looked at.</summary>
    public bool TryField(string name, [NotNullWhen(true)] out RecordField? field)
    {
        _byName ??= _fields.ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);
        return _byName.TryGetValue(name, out field);
    }

    internal void SetFields(RecordField[] fields) => _fields = fields;
}
