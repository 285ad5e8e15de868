using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fabric.Delta.Actions;

namespace Fabric.Delta.Schema;

/// <summary>Delta's schema as the JSON text in <c>metaData.schemaString</c> (protocol, "Schema Serialization Format").</summary>
public static partial class SchemaJson
{
    private const int DepthMax = 128;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = DepthMax };

    /// <exception cref="DeltaException"><see cref="DeltaCode.SchemaInvalid"/>, with the path of the field.</exception>
    public static StructType Parse(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Options);
            return Type(document.RootElement, "") as StructType
                ?? throw Invalid("", "a schema is a struct");
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            // Lone surrogates: unencodable in the text (ArgumentException), unreadable as a name (InvalidOperationException).
            throw new DeltaException(DeltaCode.SchemaInvalid, $"The schema is not JSON: {e.Message}", "schemaString", false, e);
        }
    }

    /// <summary>The text that <see cref="Parse"/> reads back equal.</summary>
    public static string Write(StructType schema)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, ActionJson.WriterOptions))
        {
            WriteType(writer, schema);
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static DataType Type(JsonElement element, string path)
    {
        if (element.ValueKind == JsonValueKind.String)
        {
            return Primitive(Text(element, path), path);
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Invalid(path, $"a type is a name or an object, found {element.ValueKind}");
        }

        string kind = Text(Member(element, "type", path), path);
        return kind switch
        {
            "struct" => Struct(element, path),
            "array" => new ArrayType(
                Type(Member(element, "elementType", path), path + ".element"), Flag(element, "containsNull", path)),
            "map" => new MapType(
                Type(Member(element, "keyType", path), path + ".key"),
                Type(Member(element, "valueType", path), path + ".value"),
                Flag(element, "valueContainsNull", path)),
            _ => throw Invalid(path, $"'{kind}' is no nested type"),
        };
    }

    private static DataType Primitive(string name, string path)
    {
        if (PrimitiveType.Named(name) is { } primitive)
        {
            return primitive;
        }

        if (name == "decimal")
        {
            return new DecimalType(10, 0); // Spark's default
        }

        Match match = DecimalPattern().Match(name);
        if (match.Success
            && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int precision)
            && int.TryParse(match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int scale)
            && precision <= DecimalType.PrecisionMax && scale <= precision)
        {
            return new DecimalType(precision, scale);
        }

        throw Invalid(path, $"'{name}' is no type of Delta Lake");
    }

    private static StructType Struct(JsonElement element, string path)
    {
        JsonElement array = Member(element, "fields", path);
        if (array.ValueKind != JsonValueKind.Array)
        {
            throw Invalid(path, "'fields' is not an array");
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var fields = new List<StructField>(array.GetArrayLength());
        foreach (JsonElement item in array.EnumerateArray())
        {
            StructField field = Field(item, path);
            if (!names.Add(field.Name))
            {
                throw Invalid(path, $"two fields are named '{field.Name}', ignoring case");
            }

            fields.Add(field);
        }

        return new StructType(fields);
    }

    private static StructField Field(JsonElement item, string path)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            throw Invalid(path, $"a field is an object, found {item.ValueKind}");
        }

        string name = Text(Member(item, "name", path), path);
        string fieldPath = path.Length == 0 ? name : $"{path}.{name}";
        if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal))
        {
            throw Invalid(path, "a field's name is empty or holds U+0000");
        }

        return new StructField(
            name, Type(Member(item, "type", fieldPath), fieldPath), Flag(item, "nullable", fieldPath), Notes(item, fieldPath));
    }

    private static Dictionary<string, JsonElement> Notes(JsonElement item, string path)
    {
        var notes = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (!item.TryGetProperty("metadata", out JsonElement metadata) || metadata.ValueKind == JsonValueKind.Null)
        {
            return notes;
        }

        if (metadata.ValueKind != JsonValueKind.Object)
        {
            throw Invalid(path, "'metadata' is not an object");
        }

        foreach (JsonProperty property in metadata.EnumerateObject())
        {
            if (!TextJson.TryName(property, out string name) || !TextJson.IsSound(property.Value))
            {
                throw Invalid(path, "'metadata' has a text that is no text");
            }

            notes[name] = property.Value.Clone();
        }

        return notes;
    }

    private static JsonElement Member(JsonElement element, string name, string path) =>
        element.TryGetProperty(name, out JsonElement value) ? value : throw Invalid(path, $"'{name}' is missing");

    private static string Text(JsonElement element, string path) =>
        TextJson.TryText(element, out string text)
            ? text
            : throw Invalid(path, $"expected a text, found {element.ValueKind}");

    private static bool Flag(JsonElement element, string name, string path) => Member(element, name, path).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind other => throw Invalid(path, $"'{name}' is neither true nor false but {other}"),
    };

    private static void WriteType(Utf8JsonWriter writer, DataType type)
    {
        switch (type)
        {
            case StructType structure:
                WriteStruct(writer, structure);
                break;
            case ArrayType array:
                writer.WriteStartObject();
                writer.WriteString("type", "array");
                writer.WritePropertyName("elementType");
                WriteType(writer, array.ElementType);
                writer.WriteBoolean("containsNull", array.ContainsNull);
                writer.WriteEndObject();
                break;
            case MapType map:
                writer.WriteStartObject();
                writer.WriteString("type", "map");
                writer.WritePropertyName("keyType");
                WriteType(writer, map.KeyType);
                writer.WritePropertyName("valueType");
                WriteType(writer, map.ValueType);
                writer.WriteBoolean("valueContainsNull", map.ValueContainsNull);
                writer.WriteEndObject();
                break;
            default:
                writer.WriteStringValue(type.Name);
                break;
        }
    }

    private static void WriteStruct(Utf8JsonWriter writer, StructType structure)
    {
        writer.WriteStartObject();
        writer.WriteString("type", "struct");
        writer.WriteStartArray("fields");
        foreach (StructField field in structure.Fields)
        {
            writer.WriteStartObject();
            writer.WriteString("name", field.Name);
            writer.WritePropertyName("type");
            WriteType(writer, field.Type);
            writer.WriteBoolean("nullable", field.Nullable);
            writer.WriteStartObject("metadata");
            foreach ((string key, JsonElement value) in field.Metadata)
            {
                writer.WritePropertyName(key);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static DeltaException Invalid(string path, string fault) =>
        new(DeltaCode.SchemaInvalid, $"The table's schema is invalid: {fault}", path.Length == 0 ? "schemaString" : path);

    [GeneratedRegex(@"^decimal\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)$", RegexOptions.CultureInvariant)]
    private static partial Regex DecimalPattern();
}
