namespace Fabric.Avro;

/// <summary>An array of items of one type.</summary>
public sealed class ArraySchema : Schema
{
    internal ArraySchema(Schema items, IReadOnlyDictionary<string, string>? properties = null)
        : base(properties, default) => Items = items;

    public override SchemaType Type => SchemaType.Array;

    public Schema Items { get; }
}
