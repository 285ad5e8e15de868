using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabric.Avro.Registry.Server;

/// <summary>
/// Keys and values of the <c>_schemas</c> topic, as Confluent's registry writes them (magic 1 for schemas, 0 for levels and
/// modes), so that a fabric can move to that registry and take its topic along.
/// </summary>
internal static class SchemaLogRecords
{
    public static (string Key, string? Value) Schema(SubjectVersion version)
    {
        var value = new JsonObject
        {
            ["subject"] = version.Subject, ["version"] = version.Version, ["id"] = version.Schema.Id,
        };
        if (version.Schema.References.Count > 0)
        {
            value["references"] = new JsonArray([.. version.Schema.References.Select(reference => (JsonNode)new JsonObject
            {
                ["name"] = reference.Name, ["subject"] = reference.Subject, ["version"] = reference.Version,
            })]);
        }

        value["schema"] = version.Schema.Text;
        value["deleted"] = version.IsDeleted;
        return (SchemaKey(version.Subject, version.Version), value.ToJsonString());
    }

    public static (string Key, string? Value) Removed(string subject, int version) => (SchemaKey(subject, version), null);

    /// <param name="subject">Null for the global level.</param>
    public static (string Key, string? Value) Level(string? subject, CompatibilityLevel? level) => (
        Key("CONFIG", subject),
        level is { } value ? new JsonObject { ["compatibilityLevel"] = value.ToText() }.ToJsonString() : null);

    /// <param name="subject">Null for the global mode.</param>
    public static (string Key, string? Value) Mode(string? subject, string? mode) => (
        Key("MODE", subject), mode is null ? null : new JsonObject { ["mode"] = mode }.ToJsonString());

    /// <summary>Applies one record to the state. Kinds this registry does not know are passed over, as Confluent's does.</summary>
    /// <exception cref="RegistryException">The record is not one of a registry.</exception>
    public static void Apply(string key, string? value, SubjectTable table)
    {
        try
        {
            using JsonDocument keyJson = JsonDocument.Parse(key);
            using JsonDocument? valueJson = value is null ? null : JsonDocument.Parse(value);
            JsonElement root = keyJson.RootElement;
            string? subject = root.TryGetProperty("subject", out JsonElement element) ? element.GetString() : null;
            switch (root.GetProperty("keytype").GetString())
            {
                case "SCHEMA":
                    ApplySchema(subject!, root.GetProperty("version").GetInt32(), valueJson?.RootElement, table);
                    break;
                case "DELETE_SUBJECT" when valueJson is not null:
                    ApplyDeletion(subject!, valueJson.RootElement.GetProperty("version").GetInt32(), table);
                    break;
                case "CONFIG":
                    ApplyLevel(subject, valueJson?.RootElement, table);
                    break;
                case "MODE":
                    ApplyMode(subject, valueJson?.RootElement.GetProperty("mode").GetString(), table);
                    break;
            }
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException or ArgumentException)
        {
            throw new RegistryException(
                RegistryCode.Refused, "A record of the schema topic is not one of a schema registry; restore the topic", key,
                innerException: exception);
        }
    }

    private static void ApplySchema(string subject, int version, JsonElement? value, SubjectTable table)
    {
        if (value is not { } json)
        {
            table.Remove(subject, version);
            return;
        }

        SchemaReference[] references = json.TryGetProperty("references", out JsonElement list)
            ? [.. list.EnumerateArray().Select(item => new SchemaReference(
                item.GetProperty("name").GetString()!, item.GetProperty("subject").GetString()!,
                item.GetProperty("version").GetInt32()))]
            : [];
        table.Put(new SubjectVersion(
            subject, version,
            new StoredSchema(json.GetProperty("id").GetInt32(), json.GetProperty("schema").GetString()!, references),
            json.TryGetProperty("deleted", out JsonElement deleted) && deleted.GetBoolean()));
    }

    /// <summary>How Confluent's registry deletes a subject softly: everything up to a version, in one record.</summary>
    private static void ApplyDeletion(string subject, int lastVersion, SubjectTable table)
    {
        foreach (SubjectVersion version in table.Versions(subject).Where(version => version.Version <= lastVersion).ToArray())
        {
            table.Put(version with { IsDeleted = true });
        }
    }

    private static void ApplyLevel(string? subject, JsonElement? value, SubjectTable table)
    {
        CompatibilityLevel? level = value is { } json && json.TryGetProperty("compatibilityLevel", out JsonElement text)
            && CompatibilityLevels.TryParse(text.GetString() ?? "", out CompatibilityLevel parsed) ? parsed : null;
        if (subject is null)
        {
            table.GlobalLevel = level;
        }
        else
        {
            table.SetLevel(subject, level);
        }
    }

    private static void ApplyMode(string? subject, string? mode, SubjectTable table)
    {
        if (subject is null)
        {
            table.GlobalMode = mode;
        }
        else
        {
            table.SetMode(subject, mode);
        }
    }

    private static string SchemaKey(string subject, int version) =>
        new JsonObject { ["keytype"] = "SCHEMA", ["subject"] = subject, ["version"] = version, ["magic"] = 1 }.ToJsonString();

    private static string Key(string kind, string? subject) =>
        new JsonObject { ["keytype"] = kind, ["subject"] = subject, ["magic"] = 0 }.ToJsonString();
}
