namespace Fabric.Avro;

/// <summary>A record without a type of its own: values by field. See <see cref="GenericCodec"/> for how values are represented.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class GenericRecord(RecordSchema schema)
{
    private readonly object?[] _values = new object?[schema.Fields.Count];

    public RecordSchema Schema => schema;

    /// <summary>The value of a field by its position in the schema.</summary>
    public object? this[int position]
    {
        get => _values[position];
        set => _values[position] = value;
    }

    /// <summary>The value of a field by its name.</summary>
    /// <exception cref="KeyNotFoundException">The schema has no such field.</exception>
    public object? this[string name]
    {
        get => _values[PositionOf(name)];
        set => _values[PositionOf(name)] = value;
    }

    private int PositionOf(string name) => schema.TryField(name, out RecordField? field)
        ? field.Position
        : throw new KeyNotFoundException($"{schema.FullName} has no field '{name}'");
}
