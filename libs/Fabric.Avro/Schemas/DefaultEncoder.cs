using System.Text.Json;

namespace Fabric.Avro;

/// <summary>
/// Checks a JSON default against its type and encodes it (Avro 1.12, "Complex Types, Records, default"): bytes and fixed are
/// texts of code points 0..255, a union's default is of the first branch it fits, missing fields take their own defaults.
/// </summary>
internal ref struct DefaultEncoder
{
    private readonly string _path;
    private int _nodes;
    private int _depth;

    private DefaultEncoder(string path) => _path = path;

    public static byte[] Encode(JsonElement value, Schema type, string path)
    {
        using var buffer = new AvroBuffer(64);
        var encoder = new DefaultEncoder(path);
        if (!encoder.TryEncode(value, type, buffer))
        {
            throw encoder.Error($"The default does not fit type {type.FullName}");
        }

        return buffer.WrittenSpan.ToArray();
    }

    private bool TryEncode(JsonElement value, Schema type, AvroBuffer into)
    {
        if (++_nodes > AvroLimits.DefaultNodesMax || ++_depth > AvroLimits.SchemaDepthMax
            || into.WrittenCount > AvroLimits.DefaultBytesMax)
        {
            throw Error("The default is larger or nested deeper than the limits, or contains itself");
        }

        bool fits = type switch
        {
            RecordSchema record => TryRecord(value, record, into),
            ArraySchema array => TryArray(value, array, into),
            MapSchema map => TryMap(value, map, into),
            UnionSchema union => TryUnion(value, union, into),
            EnumSchema symbols => TryEnum(value, symbols, into),
            FixedSchema type2 => TryBytes(value, type2.Size, into),
            _ => TryPrimitive(value, type.Type, into),
        };
        _depth--;
        return fits;
    }

    private static bool TryPrimitive(JsonElement value, SchemaType type, AvroBuffer into)
    {
        var writer = new AvroWriter(into);
        switch (type)
        {
            case SchemaType.Null when value.ValueKind == JsonValueKind.Null:
                return true;
            case SchemaType.Boolean when value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                writer.WriteBoolean(value.GetBoolean());
                break;
            case SchemaType.Int when value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number):
                writer.WriteInt(number);
                break;
            case SchemaType.Long when value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number):
                writer.WriteLong(number);
                break;
            case SchemaType.Float when value.ValueKind == JsonValueKind.Number:
                writer.WriteFloat(value.GetSingle());
                break;
            case SchemaType.Double when value.ValueKind == JsonValueKind.Number:
                writer.WriteDouble(value.GetDouble());
                break;
            case SchemaType.String when value.ValueKind == JsonValueKind.String:
                writer.WriteString(value.GetString()!);
                break;
            case SchemaType.Bytes:
                return TryBytes(value, size: -1, into);
            default:
                return false;
        }

        writer.Flush();
        return true;
    }

    private static bool TryBytes(JsonElement value, int size, AvroBuffer into)
    {
        string? text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (text is null || text.AsSpan().ContainsAnyExceptInRange('\0', '\u00ff') || (size >= 0 && text.Length != size))
        {
            return false;
        }

        var writer = new AvroWriter(into);
        byte[] bytes = System.Text.Encoding.Latin1.GetBytes(text);
        if (size < 0)
        {
            writer.WriteBytes(bytes);
        }
        else
        {
            writer.WriteFixed(bytes);
        }

        writer.Flush();
        return true;
    }

    private static bool TryEnum(JsonElement value, EnumSchema type, AvroBuffer into)
    {
        int index = value.ValueKind == JsonValueKind.String ? type.IndexOf(value.GetString()!) : -1;
        if (index < 0)
        {
            return false;
        }

        WriteLong(index, into);
        return true;
    }

    private bool TryUnion(JsonElement value, UnionSchema union, AvroBuffer into)
    {
        int start = into.WrittenCount;
        int depth = _depth;
        for (int i = 0; i < union.BranchArray.Length; i++)
        {
            WriteLong(i, into);
            if (TryEncode(value, union.BranchArray[i], into))
            {
                return true;
            }

            into.Truncate(start);
            _depth = depth;
        }

        return false;
    }

    private bool TryArray(JsonElement value, ArraySchema array, AvroBuffer into)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        if (value.GetArrayLength() > 0)
        {
            WriteLong(value.GetArrayLength(), into);
        }

        foreach (JsonElement item in value.EnumerateArray())
        {
            if (!TryEncode(item, array.Items, into))
            {
                return false;
            }
        }

        WriteLong(0, into);
        return true;
    }

    private bool TryMap(JsonElement value, MapSchema map, AvroBuffer into)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        int count = value.EnumerateObject().Count();
        if (count > 0)
        {
            WriteLong(count, into);
        }

        foreach (JsonProperty entry in value.EnumerateObject())
        {
            var writer = new AvroWriter(into);
            writer.WriteString(entry.Name);
            writer.Flush();
            if (!TryEncode(entry.Value, map.Values, into))
            {
                return false;
            }
        }

        WriteLong(0, into);
        return true;
    }

    private bool TryRecord(JsonElement value, RecordSchema record, AvroBuffer into)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        foreach (RecordField field in record.FieldArray)
        {
            if (!(value.TryGetProperty(field.Name, out JsonElement given)
                ? TryEncode(given, field.Type, into)
                : TryOwnDefault(field, into)))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryOwnDefault(RecordField field, AvroBuffer into)
    {
        if (field.DefaultJson is not { } json)
        {
            return false;
        }

        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = AvroLimits.JsonDepthMax });
        return TryEncode(document.RootElement, field.Type, into);
    }

    private static void WriteLong(long value, AvroBuffer into)
    {
        var writer = new AvroWriter(into);
        writer.WriteLong(value);
        writer.Flush();
    }

    private readonly AvroException Error(string message) => new(AvroErrors.SchemaDefault, message, _path);
}
