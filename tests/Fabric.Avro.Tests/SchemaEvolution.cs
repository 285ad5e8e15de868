using System.Text.Json.Nodes;

namespace Fabric.Avro.Tests;

/// <summary>Changes a schema in the ways that keep a reader able to read older data.</summary>
internal static class SchemaEvolution
{
    /// <summary>A copy with fields moved, added, renamed by alias, promoted and made optional, and symbols added.</summary>
    public static JsonNode Evolve(JsonNode schema, Random random)
    {
        JsonNode copy = schema.DeepClone();
        Change(copy, random);
        return copy;
    }

    private static void Change(JsonNode? node, Random random)
    {
        switch (node)
        {
            case JsonArray union:
                foreach (JsonNode? branch in union)
                {
                    Change(branch, random);
                }

                break;
            case JsonObject type when type["type"]?.ToString() == "record":
                ChangeRecord(type, random);
                break;
            case JsonObject type when type["type"]?.ToString() == "enum" && random.Next(2) == 0:
                type["symbols"]!.AsArray().Insert(0, "NEW");
                break;
            case JsonObject type:
                Change(type["items"], random);
                Change(type["values"], random);
                break;
        }
    }

    private static void ChangeRecord(JsonObject record, Random random)
    {
        JsonArray fields = record["fields"]!.AsArray();
        foreach (JsonObject field in fields.Select(f => f!.AsObject()).ToArray())
        {
            Change(field["type"], random);
            if (field["type"] is JsonValue name && Promoted(name.ToString(), random) is { } wider)
            {
                field["type"] = wider;
                field.Remove("default");
            }

            if (random.Next(6) == 0)
            {
                string older = field["name"]!.ToString();
                field["name"] = $"{older}_renamed";
                field["aliases"] = new JsonArray(older);
            }
        }

        if (random.Next(2) == 0)
        {
            fields.Add(new JsonObject { ["name"] = "added", ["type"] = "string", ["default"] = "later" });
            fields.Add(new JsonObject
            {
                ["name"] = "list", ["default"] = new JsonArray(1, 2),
                ["type"] = new JsonObject { ["type"] = "array", ["items"] = "long" },
            });
        }

        // Fields that define no type may be dropped and moved: a definition must stay before its uses.
        JsonNode?[] movable = [.. fields.Where(f => f!["type"] is JsonValue && !f["name"]!.ToString().StartsWith("next", StringComparison.Ordinal))];
        foreach (JsonNode? field in movable)
        {
            if (random.Next(4) == 0)
            {
                fields.Remove(field);
                if (random.Next(2) == 0)
                {
                    fields.Add(field);
                }
            }
        }
    }

    private static JsonNode? Promoted(string type, Random random) => (type, random.Next(4)) switch
    {
        ("int", 0) => "long",
        ("int", 1) => "double",
        ("int", 2) => new JsonArray("null", "int"),
        // Not long to double: avsc loses the sign of large longs there. ResolutionTests has it.
        ("float", 0) => "double",
        ("string", 0) => "bytes",
        ("bytes", 0) => new JsonArray("null", "bytes"),
        ("string", 1) => new JsonArray("null", "string"),
        _ => null,
    };
}
