namespace Fabric.Avro;

/// <summary>null, boolean, int, long, float, double, bytes or string.</summary>
public sealed class PrimitiveSchema : Schema
{
    internal PrimitiveSchema(
        SchemaType type, IReadOnlyDictionary<string, string>? properties = null, LogicalType logical = default)
        : base(properties, logical) => Type = type;

    public override SchemaType Type { get; }

    /// <summary>The primitive kind of that name; false when the name is another type's.</summary>
    internal static bool TryType(string name, out SchemaType type)
    {
        for (type = SchemaType.Null; type <= SchemaType.String; type++)
        {
            if (NameOf(type) == name)
            {
                return true;
            }
        }

        return false;
    }
}
