using System.Text.Json;

namespace Fabric.Delta.Actions;

/// <summary>Typed members of one action's JSON object; whatever has the wrong type is an error that names it.</summary>
internal readonly struct ActionFields(JsonElement element, string action, string where)
{
    public string Text(string name) => OptionalText(name) ?? throw Missing(name);

    public string? OptionalText(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        return TextJson.TryText(value, out string text) ? text : throw Wrong(name, "a text", value);
    }

    public long Long(string name) => OptionalLong(name) ?? throw Missing(name);

    public long? OptionalLong(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number)
            ? number
            : throw Wrong(name, "a whole number of 64 bits", value);
    }

    public int Int(string name) => OptionalInt(name) ?? throw Missing(name);

    public int? OptionalInt(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? number
            : throw Wrong(name, "a whole number of 32 bits", value);
    }

    public bool Flag(string name) => OptionalFlag(name) ?? throw Missing(name);

    public bool? OptionalFlag(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(name, "true or false", value),
        };
    }

    public IReadOnlyDictionary<string, string?> Map(string name) => OptionalMap(name) ?? throw Missing(name);

    public IReadOnlyDictionary<string, string?>? OptionalMap(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Wrong(name, "an object of texts", value);
        }

        var map = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (JsonProperty property in value.EnumerateObject())
        {
            if (!TextJson.TryName(property, out string key))
            {
                throw Wrong(name, "names that are texts", value);
            }

            map[key] = property.Value.ValueKind == JsonValueKind.Null
                ? null
                : TextJson.TryText(property.Value, out string text)
                    ? text
                    : throw Wrong($"{name}.{key}", "a text or null", property.Value);
        }

        return map;
    }

    public IReadOnlyList<string>? OptionalList(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(name, "an array of texts", value);
        }

        var list = new List<string>(value.GetArrayLength());
        foreach (JsonElement item in value.EnumerateArray())
        {
            list.Add(TextJson.TryText(item, out string text) ? text : throw Wrong(name, "an array of texts", item));
        }

        return list;
    }

    public ActionFields? OptionalObject(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Object
            ? new ActionFields(value, $"{action}.{name}", where)
            : throw Wrong(name, "an object", value);
    }

    private bool TryGet(string name, out JsonElement value) =>
        element.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private DeltaException Missing(string name) =>
        new(DeltaCode.LogCorrupt, $"'{action}.{name}' is missing; the protocol requires it", where);

    private DeltaException Wrong(string name, string expected, JsonElement found) =>
        new(DeltaCode.LogCorrupt, $"'{action}.{name}' should be {expected}, found {found.ValueKind}", where);
}
