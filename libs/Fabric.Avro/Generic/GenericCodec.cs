namespace Fabric.Avro;

/// <summary>
/// Encodes and decodes values by a schema known only at run time. Values are plain objects:
/// <list type="table">
/// <item><term>null, boolean, int, long, float, double</term><description>null, bool, int, long, float, double</description></item>
/// <item><term>string, bytes</term><description>string, byte[]</description></item>
/// <item><term>fixed, enum, record</term><description><see cref="GenericFixed"/>, <see cref="GenericEnum"/>, <see cref="GenericRecord"/></description></item>
/// <item><term>array</term><description>List&lt;object?&gt; (any IReadOnlyList&lt;object?&gt; when encoding)</description></item>
/// <item><term>map</term><description>Dictionary&lt;string, object?&gt; (any IReadOnlyDictionary when encoding)</description></item>
/// <item><term>union</term><description>the value of its branch; when encoding, the first branch that the value fits, an exact type before one it widens to</description></item>
/// </list>
/// Logical types stay what is on the wire: no value is rounded or refused because a CLR type is narrower.
/// When encoding, an int fits long, float and double, a long fits float and double, a float fits double, a string names a symbol.
/// </summary>
/// <remarks>Thread-safe. For hot paths use generated records or <see cref="ColumnPlan"/>: this allocates per value.</remarks>
public static class GenericCodec
{
    /// <summary>Encodes a value into a new array.</summary>
    /// <exception cref="AvroException">The value does not fit (AVRO_VALUE); the path names the field.</exception>
    public static byte[] Encode(Schema schema, object? value)
    {
        using var buffer = new AvroBuffer();
        var writer = new AvroWriter(buffer);
        Write(ref writer, schema, value);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Appends an encoded value.</summary>
    /// <exception cref="AvroException">The value does not fit (AVRO_VALUE); what was written before stays.</exception>
    public static void Write(ref AvroWriter writer, Schema schema, object? value) =>
        GenericWriter.Write(ref writer, schema, value, "");

    /// <summary>Decodes exactly one value.</summary>
    /// <exception cref="AvroException">The body is malformed or has trailing bytes.</exception>
    public static object? Decode(Schema schema, ReadOnlySpan<byte> body) => Decode(ValuePlan.Compile(schema, schema), body);

    /// <summary>Decodes exactly one value of another writer's; the result is of the plan's reader.</summary>
    /// <exception cref="AvroException">The body is malformed, has trailing bytes, or this value cannot be resolved.</exception>
    public static object? Decode(ValuePlan plan, ReadOnlySpan<byte> body)
    {
        var reader = new AvroReader(body);
        try
        {
            object? value = GenericReader.Read(ref reader, plan);
            reader.ExpectEnd();
            return value;
        }
        catch (AvroException e)
        {
            throw FieldPath.Locate(e, plan.Writer, body);
        }
    }

    /// <summary>Reads one value and leaves the reader behind it.</summary>
    /// <exception cref="AvroException">The data are malformed, or this value cannot be resolved.</exception>
    public static object? Read(ref AvroReader reader, ValuePlan plan) => GenericReader.Read(ref reader, plan);
}
