using System.Text.Json.Nodes;

namespace Fabric.Avro.Tests;

/// <summary>Makes schemas and values that fit them, from one seed. Every kind of type, namespaces, references, recursion.</summary>
internal sealed class RandomSchemas(Random random)
{
    private static readonly string[] Primitives = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];
    private static readonly string[] Texts = ["", "a", "Grüße", "日本", "\u0001\"\\", "a rather long text, longer than sixty-four bytes, so that its length takes two"];

    private readonly List<string> _defined = [];
    private int _names;

    public Random Random => random;

    /// <summary>
    /// No union with two branches that a value can be promoted to. Where there are, Java and we take the writer's own type and
    /// avsc the first that fits.
    /// </summary>
    public bool PlainUnions { get; init; }

    /// <summary>A record of a few fields, as JSON.</summary>
    public JsonNode NextRecord()
    {
        _defined.Clear();
        _names = 0;
        return Record(depth: 0, enclosing: "");
    }

    /// <summary>A value of the type as plain objects.</summary>
    public object? NextValue(Schema schema, int depth = 0) => schema switch
    {
        UnionSchema union => NextValue(depth > 6 && union.NullIndex >= 0
            ? union.Branches[union.NullIndex]
            : union.Branches[random.Next(union.Branches.Count)], depth + 1),
        RecordSchema record => NextRecordValue(record, depth),
        ArraySchema array => Enumerable.Range(0, depth > 6 ? 0 : random.Next(4)).Select(_ => NextValue(array.Items, depth + 1)).ToList(),
        MapSchema map => Enumerable.Range(0, depth > 6 ? 0 : random.Next(3))
            .ToDictionary(i => $"k{i}é", _ => NextValue(map.Values, depth + 1)),
        EnumSchema type => new GenericEnum(type, type.Symbols[random.Next(type.Symbols.Count)]),
        FixedSchema type => new GenericFixed(type, NextBytes(type.Size)),
        _ => NextPrimitive(schema.Type),
    };

    private GenericRecord NextRecordValue(RecordSchema schema, int depth)
    {
        var record = new GenericRecord(schema);
        foreach (RecordField field in schema.Fields)
        {
            record[field.Position] = NextValue(field.Type, depth + 1);
        }

        return record;
    }

    private object? NextPrimitive(SchemaType type) => type switch
    {
        SchemaType.Null => null,
        SchemaType.Boolean => random.Next(2) == 0,
        SchemaType.Int => (int)NextLong(32),
        SchemaType.Long => NextLong(64),
        SchemaType.Float => random.Next(8) == 0 ? float.NegativeInfinity : (float)(random.NextDouble() * 1e9),
        SchemaType.Double => random.Next(8) == 0 ? -0.0 : random.NextDouble() * Math.Pow(10, random.Next(-300, 300)),
        SchemaType.Bytes => NextBytes(random.Next(20)),
        _ => Texts[random.Next(Texts.Length)],
    };

    /// <summary>All magnitudes are equally likely, so that varints of every length come up.</summary>
    private long NextLong(int bits) => random.NextInt64(long.MinValue, long.MaxValue) >> (64 - random.Next(1, bits + 1));

    private byte[] NextBytes(int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private JsonNode Type(int depth, string enclosing, bool allowUnion = true)
    {
        int kind = depth > 3 ? random.Next(4) : random.Next(12);
        return kind switch
        {
            < 4 => Primitives[random.Next(Primitives.Length)],
            4 => Record(depth + 1, enclosing),
            5 => Enum(enclosing),
            6 => Fixed(enclosing),
            7 => new JsonObject { ["type"] = "array", ["items"] = Type(depth + 1, enclosing) },
            8 => new JsonObject { ["type"] = "map", ["values"] = Type(depth + 1, enclosing) },
            9 => Reference(enclosing),
            10 => Logical(),
            _ => allowUnion ? Union(depth, enclosing) : Primitives[random.Next(Primitives.Length)],
        };
    }

    /// <summary>A type in the null namespace is not named from inside another: implementations differ there.</summary>
    private JsonNode Reference(string enclosing)
    {
        string[] names = [.. _defined.Where(name => name.Contains('.') || enclosing.Length == 0)];
        return names.Length == 0 ? "long" : names[random.Next(names.Length)];
    }

    private JsonObject Record(int depth, string enclosing)
    {
        (JsonObject record, string space) = Named("record", enclosing);
        var fields = new JsonArray();
        int count = random.Next(depth == 0 ? 1 : 0, 6);
        for (int i = 0; i < count; i++)
        {
            fields.Add(Field($"f{i}", depth, space));
        }

        if (random.Next(4) == 0)
        {
            // A list: the record contains itself.
            fields.Add(new JsonObject { ["name"] = "next", ["type"] = new JsonArray("null", FullName(record)), ["default"] = null });
        }

        record["fields"] = fields;
        _defined.Add(FullName(record));
        return record;
    }

    private JsonObject Field(string name, int depth, string enclosing)
    {
        var field = new JsonObject { ["name"] = name, ["type"] = Type(depth, enclosing) };
        if (random.Next(5) == 0)
        {
            field["doc"] = Texts[random.Next(Texts.Length)];
        }

        if (field["type"] is JsonArray union && union.Count > 0 && union[0]!.ToString() == "null")
        {
            field["default"] = null;
        }

        return field;
    }

    private JsonObject Enum(string enclosing)
    {
        (JsonObject type, _) = Named("enum", enclosing);
        _defined.Add(FullName(type));
        type["symbols"] = new JsonArray([.. Enumerable.Range(0, random.Next(1, 5)).Select(i => (JsonNode)$"S{i}")]);
        return type;
    }

    private JsonObject Fixed(string enclosing)
    {
        (JsonObject type, _) = Named("fixed", enclosing);
        _defined.Add(FullName(type));
        type["size"] = random.Next(0, 20);
        return type;
    }

    private JsonObject Logical() => random.Next(5) switch
    {
        0 => new JsonObject { ["type"] = "long", ["logicalType"] = "timestamp-micros" },
        1 => new JsonObject { ["type"] = "int", ["logicalType"] = "date" },
        2 => new JsonObject { ["type"] = "bytes", ["logicalType"] = "decimal", ["precision"] = 10, ["scale"] = 2 },
        3 => new JsonObject { ["type"] = "string", ["logicalType"] = "uuid" },
        _ => new JsonObject { ["type"] = "long", ["logicalType"] = "of-my-own", ["with"] = new JsonObject { ["a"] = 1 } },
    };

    private JsonArray Union(int depth, string enclosing)
    {
        var union = new JsonArray();
        var names = new HashSet<string>();
        int count = random.Next(1, 5);
        for (int i = 0; i < count; i++)
        {
            JsonNode branch = i == 0 && random.Next(2) == 0 ? "null" : Type(depth + 1, enclosing, allowUnion: false);
            string name = branch is JsonObject type
                ? type["name"] is null ? type["type"]!.ToString() : FullName(type)
                : branch.ToString();
            name = PlainUnions ? name switch
            {
                "int" or "long" or "float" or "double" => "number",
                "bytes" or "string" => "text",
                _ => name,
            }
            : name;
            if (names.Add(name))
            {
                union.Add(branch);
            }
            else if (branch is JsonObject)
            {
                // It may define names that later types use, so it cannot just be dropped.
                union.Add(new JsonObject { ["type"] = "array", ["items"] = branch });
                if (!names.Add("array"))
                {
                    union.RemoveAt(union.Count - 1);
                    Forget(branch);
                }
            }
        }

        return union;
    }

    private void Forget(JsonNode branch)
    {
        switch (branch)
        {
            case JsonObject json:
                if (json["name"] is not null && json["type"]?.ToString() is "record" or "enum" or "fixed")
                {
                    _defined.Remove(FullName(json));
                }

                foreach (KeyValuePair<string, JsonNode?> pair in json)
                {
                    Forget(pair.Value!);
                }

                break;
            case JsonArray list:
                foreach (JsonNode? item in list)
                {
                    Forget(item!);
                }

                break;
        }
    }

    /// <summary>Records may be used by name once they are whole: inside themselves, only behind a union with null.</summary>
    private (JsonObject Type, string Namespace) Named(string kind, string enclosing)
    {
        string space = random.Next(3) switch { 0 => "", 1 => "a.b", _ => enclosing };
        var type = new JsonObject { ["type"] = kind, ["name"] = $"N{_names++}", ["namespace"] = space };
        return (type, space);
    }

    private static string FullName(JsonObject type) =>
        type["namespace"]!.ToString().Length == 0 ? type["name"]!.ToString() : $"{type["namespace"]}.{type["name"]}";
}
