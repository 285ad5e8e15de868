using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Fabric.Delta.Tests;

/// <summary>Changes commits where it matters: a member of an action, a word of a schema, a path, and only now and then a byte.</summary>
internal sealed class LogMutator(Random chance)
{
    private static readonly string[] Texts =
    [
        "", "a", "../x", "/etc/passwd", "%2e%2e/x", "%", "%zz", "%ff", "file:///x", "s3://b/k", "2020-13-45", "2020-01-01 00:00:00",
        "1e400", "-0", "NaN", "decimal(39,1)", "decimal(5,9)", "decimal(2,1)", "timestamp_ntz", "variant", "void", "struct", "binary",
        "float", "byte", "boolean", "__HIVE_DEFAULT_PARTITION__", "\ud83d\ude00", "'; DROP TABLE t; --", "deletionVectors", "name", "id",
        "parquet", "delta", "99999999999999999999", "true", "null", "\u0000", "x y", "[*]", "{}",
    ];

    private static readonly string[] Numbers =
        ["0", "-1", "1", "2", "3", "7", "99", "2147483648", "9223372036854775807", "9223372036854775808", "1.5", "1e300", "-0"];

    public byte[] Mutate(string commit)
    {
        List<string> lines = commit.Split('\n', StringSplitOptions.RemoveEmptyEntries).ToList();
        for (int i = chance.Next(1, 3); i > 0; i--)
        {
            int at = chance.Next(lines.Count);
            lines[at] = Line(lines[at]);
        }

        switch (chance.Next(12))
        {
            case 0:
                lines.RemoveAt(chance.Next(lines.Count));
                break;
            case 1:
                lines.Add(lines[chance.Next(lines.Count)]);
                break;
            default:
                break;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n");
        return chance.Next(10) == 0 ? Damaged(bytes) : bytes;
    }

    private string Line(string line)
    {
        try
        {
            JsonNode? root = JsonNode.Parse(line);
            if (root is not JsonObject action || action.Count == 0)
            {
                return line;
            }

            return chance.Next(4) == 0 ? Schema(action, line) : Changed(action) ?? line;
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or ArgumentException or InvalidOperationException)
        {
            return line; // damaged by an earlier round: it stays as it is
        }
    }

    /// <summary>Mutates inside the schema, which is JSON in a string of the JSON.</summary>
    private string Schema(JsonObject action, string line)
    {
        if (action["metaData"]?["schemaString"] is not JsonValue text
            || JsonNode.Parse(text.GetValue<string>()) is not JsonObject schema)
        {
            return Changed(action) ?? line;
        }

        string? changed = Changed(schema);
        action["metaData"]!["schemaString"] = changed ?? "";
        return action.ToJsonString();
    }

    private string? Changed(JsonObject root)
    {
        var all = new List<(JsonObject Parent, string Key)>();
        Collect(root, all, 0);
        if (all.Count == 0)
        {
            return null;
        }

        (JsonObject parent, string key) = all[chance.Next(all.Count)];
        switch (chance.Next(7))
        {
            case 0:
                parent.Remove(key);
                break;
            case 1:
                parent[key] = null;
                break;
            case 2:
                parent[key] = JsonNode.Parse(Numbers[chance.Next(Numbers.Length)]);
                break;
            case 3:
                parent[key] = Deep();
                break;
            case 4:
                parent[Texts[chance.Next(Texts.Length)]] = parent[key]?.DeepClone();
                break;
            case 5:
                return root.ToJsonString().Replace(
                    $"\"{key}\":", $"\"{key}\":\"\\ud800\",\"{key}\":", StringComparison.Ordinal);
            default:
                parent[key] = Texts[chance.Next(Texts.Length)];
                break;
        }

        return root.ToJsonString();
    }

    private static void Collect(JsonNode? node, List<(JsonObject Parent, string Key)> all, int depth)
    {
        if (node is JsonObject branch && depth < 60)
        {
            foreach ((string key, JsonNode? child) in branch)
            {
                all.Add((branch, key));
                Collect(child, all, depth + 1);
            }
        }
        else if (node is JsonArray array && depth < 60)
        {
            foreach (JsonNode? child in array)
            {
                Collect(child, all, depth + 1);
            }
        }
    }

    private JsonNode Deep()
    {
        int depth = chance.Next(1, 50);
        string text = string.Concat(Enumerable.Repeat("{\"type\":\"array\",\"containsNull\":true,\"elementType\":", depth))
            + "\"long\"" + new string('}', depth);
        return JsonNode.Parse(text)!;
    }

    private byte[] Damaged(byte[] bytes)
    {
        switch (chance.Next(4))
        {
            case 0:
                return bytes[..chance.Next(bytes.Length + 1)];
            case 1:
                bytes[chance.Next(bytes.Length)] ^= (byte)(1 << chance.Next(8));
                return bytes;
            case 2:
                int at = chance.Next(bytes.Length);
                byte[] noise = new byte[chance.Next(1, 20)];
                chance.NextBytes(noise);
                return [.. bytes[..at], .. noise, .. bytes[at..]];
            default:
                string deep = new('[', chance.Next(10, 5000));
                return [.. bytes, .. Encoding.UTF8.GetBytes(deep.Length.ToString(CultureInfo.InvariantCulture) + deep)];
        }
    }
}
