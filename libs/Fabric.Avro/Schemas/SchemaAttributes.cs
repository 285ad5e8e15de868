using System.Text.Json;

namespace Fabric.Avro;

/// <summary>Reads the attributes of one JSON object in a schema.</summary>
internal static class SchemaAttributes
{
    private static readonly string[] ReservedInTypes = ["type", "name", "namespace", "doc", "aliases"];
    private static readonly string[] ReservedInFields = ["name", "type", "doc", "aliases", "order", "default"];

    /// <summary>A text attribute; null when it is missing or not a text (as in Java, a doc that is no text is ignored).</summary>
    public static string? Text(JsonElement json, string attribute) =>
        json.TryGetProperty(attribute, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    /// <summary>An array of texts, empty when missing; null when it is something else.</summary>
    public static string[]? Texts(JsonElement json, string attribute)
    {
        if (!json.TryGetProperty(attribute, out JsonElement list) || list.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        return list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String)
            ? list.EnumerateArray().Select(e => e.GetString()!).ToArray()
            : null;
    }

    /// <summary>What a type's object holds besides reserved attributes and <paramref name="own"/>, as raw JSON.</summary>
    public static Dictionary<string, string> Properties(JsonElement json, params ReadOnlySpan<string> own) =>
        Rest(json, ReservedInTypes, own);

    /// <summary>What a field's object holds besides reserved attributes, as raw JSON.</summary>
    public static Dictionary<string, string> FieldProperties(JsonElement json) => Rest(json, ReservedInFields, []);

    public static LogicalType Logical(JsonElement json, SchemaType type, int fixedSize) =>
        LogicalType.From(Text(json, "logicalType"), type, fixedSize, Number(json, "precision"), Number(json, "scale"));

    private static int? Number(JsonElement json, string attribute)
    {
        if (!json.TryGetProperty(attribute, out JsonElement value))
        {
            return null;
        }

        // A parameter that is no number makes the logical type invalid, and invalid means ignored.
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : -1;
    }

    private static Dictionary<string, string> Rest(JsonElement json, string[] reserved, ReadOnlySpan<string> own)
    {
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (!reserved.AsSpan().Contains(property.Name) && !own.Contains(property.Name))
            {
                properties[property.Name] = property.Value.GetRawText();
            }
        }

        return properties;
    }
}
