namespace Fabric.Avro;

/// <summary>A symbol of an enum without a type of its own.</summary>
public sealed record GenericEnum
{
    /// <exception cref="ArgumentException">The enum has no such symbol.</exception>
    public GenericEnum(EnumSchema schema, string symbol)
    {
        Index = schema.IndexOf(symbol);
        if (Index < 0)
        {
            throw new ArgumentException($"{schema.FullName} has no symbol '{symbol}'", nameof(symbol));
        }

        Schema = schema;
    }

    public EnumSchema Schema { get; }

    public int Index { get; }

    public string Symbol => Schema.Symbols[Index];
}
