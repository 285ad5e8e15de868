namespace Fabric.Avro;

/// <summary>A value of a fixed type. The array belongs to the value.</summary>
public sealed class GenericFixed
{
    /// <exception cref="ArgumentException">The array is not of the schema's size.</exception>
    public GenericFixed(FixedSchema schema, byte[] value)
    {
        if (value.Length != schema.Size)
        {
            throw new ArgumentException($"{schema.FullName} has {schema.Size} bytes, not {value.Length}", nameof(value));
        }

        Schema = schema;
        Value = value;
    }

    public FixedSchema Schema { get; }

    public byte[] Value { get; }
}
