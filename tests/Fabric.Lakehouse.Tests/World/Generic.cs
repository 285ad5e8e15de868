using Fabric.Avro;

namespace Fabric.Lakehouse.Tests.World;

/// <summary>Records of schemas that a test makes up: fields as <c>"name type"</c> or with a type in JSON.</summary>
internal static class Generic
{
    /// <summary>A record schema <c>R</c>; types are Avro's names or JSON, nullable with a question mark behind.</summary>
    public static Schema Record(params string[] fields) => Schema.Parse(
        $$"""{"type":"record","name":"R","fields":[{{string.Join(',', fields.Select(Field))}}]}""");

    public static byte[] Encode(SinkWorld world, string topic, Schema schema, params object?[] values)
    {
        int id = world.Registry.RegisterAsync($"{world.Topic(topic)}-value", schema, default).AsTask().GetAwaiter().GetResult();
        byte[] body = GenericCodec.Encode(schema, Value(schema, values));
        return [0, (byte)(id >> 24), (byte)(id >> 16), (byte)(id >> 8), (byte)id, .. body];
    }

    private static string Field(string field)
    {
        string[] parts = field.Split(' ', 2);
        bool isNullable = parts[1].EndsWith('?');
        string type = parts[1].TrimEnd('?');
        string json = type[0] is '{' or '[' or '"' ? type : $"\"{type}\"";
        return $$"""{"name":"{{parts[0]}}","type":{{(isNullable ? $"[\"null\",{json}]" : json)}}}""";
    }

    public static object? Value(Schema schema, object? value) => (schema, value) switch
    {
        (_, null) => null,
        (UnionSchema { Optional: { } inner }, _) => Value(inner, value),
        (RecordSchema record, object?[] values) => Fill(record, values),
        (ArraySchema array, object?[] items) => items.Select(item => Value(array.Items, item)).ToList(),
        _ => value,
    };

    private static GenericRecord Fill(RecordSchema schema, object?[] values)
    {
        var record = new GenericRecord(schema);
        for (int i = 0; i < values.Length; i++)
        {
            record[i] = Value(schema.Fields[i].Type, values[i]);
        }

        return record;
    }
}
