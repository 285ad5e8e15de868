using System.Text.Json;

namespace Fabric.Avro;

/// <summary>
/// Values as text for people and for SQL: values with no parts as <see cref="ScalarText"/>, everything else as plain JSON. This
/// is not Avro's JSON encoding: a union is its value without the branch's name, bytes are base64, NaN and infinities are texts.
/// </summary>
internal static class ValueText
{
    /// <summary>Appends the text of one value. A null at the top is no text.</summary>
    /// <param name="json">Writes into the same buffer; it is reset first.</param>
    public static void Append(ref AvroReader reader, Schema schema, AvroBuffer into, Utf8JsonWriter json)
    {
        while (schema is UnionSchema union)
        {
            schema = union.BranchArray[reader.ReadUnion(union.BranchArray.Length)];
        }

        if (schema is RecordSchema or ArraySchema or MapSchema)
        {
            json.Reset();
            AppendJson(ref reader, schema, json);
            json.Flush();
        }
        else
        {
            ScalarText.Append(ref reader, schema, into);
        }
    }

    private static void AppendJson(ref AvroReader reader, Schema schema, Utf8JsonWriter json)
    {
        switch (schema)
        {
            case RecordSchema record:
                reader.Enter();
                json.WriteStartObject();
                foreach (RecordField field in record.FieldArray)
                {
                    json.WritePropertyName(field.Name);
                    AppendJson(ref reader, field.Type, json);
                }

                json.WriteEndObject();
                reader.Leave();
                break;
            case UnionSchema union:
                AppendJson(ref reader, union.BranchArray[reader.ReadUnion(union.BranchArray.Length)], json);
                break;
            case ArraySchema array:
                AppendItems(ref reader, array.Items, isMap: false, json);
                break;
            case MapSchema map:
                AppendItems(ref reader, map.Values, isMap: true, json);
                break;
            default:
                AppendScalar(ref reader, schema, json);
                break;
        }
    }

    private static void AppendItems(ref AvroReader reader, Schema items, bool isMap, Utf8JsonWriter json)
    {
        reader.Enter();
        if (isMap)
        {
            json.WriteStartObject();
        }
        else
        {
            json.WriteStartArray();
        }

        for (int count; (count = reader.ReadBlock(items.BytesMin + (isMap ? 1 : 0))) > 0;)
        {
            for (int i = 0; i < count; i++)
            {
                if (isMap)
                {
                    json.WritePropertyName(reader.ReadUtf8());
                }

                AppendJson(ref reader, items, json);
            }
        }

        if (isMap)
        {
            json.WriteEndObject();
        }
        else
        {
            json.WriteEndArray();
        }

        reader.Leave();
    }

    private static void AppendScalar(ref AvroReader reader, Schema schema, Utf8JsonWriter json)
    {
        switch (schema)
        {
            case { Type: SchemaType.Null }:
                json.WriteNullValue();
                break;
            case { Type: SchemaType.Boolean }:
                json.WriteBooleanValue(reader.ReadBoolean());
                break;
            case { Type: SchemaType.Int, Logical.Kind: LogicalKind.None }:
                json.WriteNumberValue(reader.ReadInt());
                break;
            case { Type: SchemaType.Long, Logical.Kind: LogicalKind.None }:
                json.WriteNumberValue(reader.ReadLong());
                break;
            case { Type: SchemaType.Float }:
                AppendReal(reader.ReadFloat(), json);
                break;
            case { Type: SchemaType.Double }:
                AppendReal(reader.ReadDouble(), json);
                break;
            case { Type: SchemaType.String }:
                json.WriteStringValue(reader.ReadUtf8());
                break;
            case EnumSchema type:
                json.WriteStringValue(type.SymbolBytes[reader.ReadEnum(type.SymbolBytes.Length)]);
                break;
            default:
                using (var text = new AvroBuffer(64))
                {
                    ScalarText.Append(ref reader, schema, text);
                    json.WriteStringValue(text.WrittenSpan);
                }

                break;
        }
    }

    private static void AppendReal(float value, Utf8JsonWriter json)
    {
        if (float.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteStringValue(value.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private static void AppendReal(double value, Utf8JsonWriter json)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteStringValue(value.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }
}
