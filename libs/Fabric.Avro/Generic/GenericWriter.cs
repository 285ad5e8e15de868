using System.Globalization;

namespace Fabric.Avro;

/// <summary>Writes plain objects by a schema.</summary>
internal static class GenericWriter
{
    public static void Write(ref AvroWriter writer, Schema schema, object? value, string path)
    {
        switch (schema, value)
        {
            case (UnionSchema union, _):
                int branch = BranchOf(union, value);
                writer.WriteInt(branch >= 0 ? branch : throw Misfit(schema, value, path));
                Write(ref writer, union.BranchArray[branch], value, path);
                break;
            case (RecordSchema record, GenericRecord fields):
                WriteRecord(ref writer, record, fields, path);
                break;
            case (ArraySchema array, IReadOnlyList<object?> items):
                WriteArray(ref writer, array, items, path);
                break;
            case (MapSchema map, IReadOnlyDictionary<string, object?> entries):
                WriteMap(ref writer, map, entries, path);
                break;
            case (EnumSchema type, GenericEnum or string) when IndexOf(type, value) is >= 0 and var index:
                writer.WriteInt(index);
                break;
            case (FixedSchema type, GenericFixed bytes) when bytes.Value.Length == type.Size:
                writer.WriteFixed(bytes.Value);
                break;
            default:
                WritePrimitive(ref writer, schema, value, path);
                break;
        }
    }

    private static void WritePrimitive(ref AvroWriter writer, Schema schema, object? value, string path)
    {
        switch (schema.Type, value)
        {
            case (SchemaType.Null, null):
                break;
            case (SchemaType.Boolean, bool flag):
                writer.WriteBoolean(flag);
                break;
            case (SchemaType.Int, int number):
                writer.WriteInt(number);
                break;
            case (SchemaType.Long, int or long):
                writer.WriteLong(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case (SchemaType.Float, int or long or float):
                writer.WriteFloat(Convert.ToSingle(value, CultureInfo.InvariantCulture));
                break;
            case (SchemaType.Double, int or long or float or double):
                writer.WriteDouble(Convert.ToDouble(value, CultureInfo.InvariantCulture));
                break;
            case (SchemaType.String, string text):
                writer.WriteString(text);
                break;
            case (SchemaType.Bytes, byte[] bytes):
                writer.WriteBytes(bytes);
                break;
            default:
                throw Misfit(schema, value, path);
        }
    }

    private static void WriteRecord(ref AvroWriter writer, RecordSchema schema, GenericRecord record, string path)
    {
        if (record.Schema != schema && record.Schema.FullName != schema.FullName)
        {
            throw Misfit(schema, record, path);
        }

        foreach (RecordField field in schema.FieldArray)
        {
            string at = path.Length == 0 ? field.Name : $"{path}.{field.Name}";
            object? value = record.Schema == schema ? record[field.Position]
                : record.Schema.TryField(field.Name, out RecordField? own) ? record[own.Position]
                : throw Misfit(field.Type, null, at);
            Write(ref writer, field.Type, value, at);
        }
    }

    private static void WriteArray(ref AvroWriter writer, ArraySchema schema, IReadOnlyList<object?> items, string path)
    {
        writer.WriteBlockStart(items.Count);
        for (int i = 0; i < items.Count; i++)
        {
            Write(ref writer, schema.Items, items[i], $"{path}[{i}]");
        }

        writer.WriteBlockEnd();
    }

    private static void WriteMap(
        ref AvroWriter writer, MapSchema schema, IReadOnlyDictionary<string, object?> entries, string path)
    {
        writer.WriteBlockStart(entries.Count);
        int index = 0;
        foreach ((string key, object? value) in entries)
        {
            writer.WriteString(key);
            Write(ref writer, schema.Values, value, $"{path}{{{index++}}}");
        }

        writer.WriteBlockEnd();
    }

    /// <summary>The first branch the value fits exactly, else the first it widens to.</summary>
    private static int BranchOf(UnionSchema union, object? value)
    {
        int exact = Array.FindIndex(union.BranchArray, branch => IsExactly(branch, value));
        return exact >= 0 ? exact : Array.FindIndex(union.BranchArray, branch => Widens(branch, value));
    }

    private static bool IsExactly(Schema branch, object? value) => (branch, value) switch
    {
        (RecordSchema type, GenericRecord record) => type.FullName == record.Schema.FullName,
        (EnumSchema type, GenericEnum symbol) => type.FullName == symbol.Schema.FullName,
        (FixedSchema type, GenericFixed bytes) => type.FullName == bytes.Schema.FullName,
        (ArraySchema, IReadOnlyList<object?>) => true,
        (MapSchema, IReadOnlyDictionary<string, object?>) => true,
        _ => (branch.Type, value) switch
        {
            (SchemaType.Null, null) => true,
            (SchemaType.Boolean, bool) => true,
            (SchemaType.Int, int) => true,
            (SchemaType.Long, long) => true,
            (SchemaType.Float, float) => true,
            (SchemaType.Double, double) => true,
            (SchemaType.String, string) => true,
            (SchemaType.Bytes, byte[]) => true,
            _ => false,
        },
    };

    private static bool Widens(Schema branch, object? value) => (branch.Type, value) switch
    {
        (SchemaType.Long, int) => true,
        (SchemaType.Float, int or long) => true,
        (SchemaType.Double, int or long or float) => true,
        (SchemaType.Enum, string symbol) => ((EnumSchema)branch).IndexOf(symbol) >= 0,
        _ => false,
    };

    private static int IndexOf(EnumSchema type, object? value) =>
        type.IndexOf(value is GenericEnum symbol ? symbol.Symbol : (string)value!);

    private static AvroException Misfit(Schema schema, object? value, string path) => new(AvroErrors.Value,
        $"A value of type {value?.GetType().Name ?? "null"} does not fit {schema.FullName}", path);
}
