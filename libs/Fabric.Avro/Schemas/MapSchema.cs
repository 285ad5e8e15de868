namespace Fabric.Avro;

/// <summary>A map from strings to values of one type.</summary>
public sealed class MapSchema : Schema
{
    internal MapSchema(Schema values, IReadOnlyDictionary<string, string>? properties = null)
        : base(properties, default) => Values = values;

    public override SchemaType Type => SchemaType.Map;

    public Schema Values { get; }
}
