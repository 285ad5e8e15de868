namespace Fabric.Avro;

/// <summary>A fixed number of bytes.</summary>
public sealed class FixedSchema : NamedSchema
{
    internal FixedSchema(
        SchemaName name, IReadOnlyList<SchemaName> aliases, string? doc,
        IReadOnlyDictionary<string, string>? properties, int size, LogicalType logical)
        : base(name, aliases, doc, properties, logical) => Size = size;

    public override SchemaType Type => SchemaType.Fixed;

    /// <summary>Bytes of every value, 0..<see cref="AvroLimits.FixedBytesMax"/>.</summary>
    public int Size { get; }
}
