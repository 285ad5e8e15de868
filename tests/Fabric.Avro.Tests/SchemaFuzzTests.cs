using System.Text;
using System.Text.Json.Nodes;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Avro.Tests;

/// <summary>Damaged schema texts: half of them JSON still, with parts exchanged, renamed, doubled, dropped or nested.</summary>
public sealed class SchemaFuzzTests(ITestOutputHelper output)
{
    private const int BytesMax = 8 << 20;
    private const int CorpusSize = 200;

    private static readonly string[] Words =
    [
        "record", "enum", "fixed", "array", "map", "int", "null", "string", "N0", "a.b.N1", "", "1x", "nope", "error", "decimal",
        "timestamp-millis", "duration", "ignore", "a..b", "\ud83d\ude00",
    ];

    [Fact]
    public void Damaged_schemas_are_parsed_or_refused_with_a_code()
    {
        int seed = Seed.Next();
        output.WriteLine($"FABRIC_TEST_SEED={seed}");
        var random = new Random(seed);
        var source = new RandomSchemas(random);
        JsonNode[] corpus = [.. Enumerable.Range(0, CorpusSize).Select(_ => source.NextRecord())];
        var histogram = new FuzzHistogram();
        for (int i = 0; i < FuzzHistogram.Inputs; i++)
        {
            JsonNode chosen = corpus[random.Next(CorpusSize)];
            string text = random.Next(4) == 0
                ? DamageText(chosen.ToJsonString(), random)
                : DamageTree(chosen.DeepClone(), corpus[random.Next(CorpusSize)], random).ToJsonString();
            string? code = Try(text, histogram);
            histogram.Add(code, isPastHeader: code != AvroErrors.SchemaText);
        }

        histogram.Print(output);
        histogram.AssertCovers(
            [
                AvroErrors.SchemaText, AvroErrors.SchemaInvalid, AvroErrors.SchemaName, AvroErrors.SchemaUnknownType,
                AvroErrors.SchemaDefault, AvroErrors.SchemaLimit,
            ],
            BytesMax);
    }

    private static string? Try(string text, FuzzHistogram histogram)
    {
        Schema schema;
        try
        {
            schema = histogram.Measure(() => Schema.Parse(text));
        }
        catch (AvroException e)
        {
            return e.Code;
        }

        // What is accepted can be written, read back and used.
        Assert.Equal(schema.CanonicalForm, Schema.Parse(schema.ToJson()).CanonicalForm);
        Assert.Equal(schema.Normalize(), Schema.Parse(schema.Normalize()).Normalize());
        Assert.Empty(SchemaCompatibility.Check(schema, schema));
        Assert.True(ValuePlan.Compile(schema, schema).IsDirect);
        return null;
    }

    private static string DamageText(string text, Random random)
    {
        var damaged = new StringBuilder(text);
        for (int n = random.Next(1, 4); n > 0 && damaged.Length > 0; n--)
        {
            int at = random.Next(damaged.Length);
            switch (random.Next(4))
            {
                case 0:
                    damaged[at] = (char)random.Next(32, 127);
                    break;
                case 1:
                    damaged.Remove(at, 1);
                    break;
                case 2:
                    damaged.Insert(at, "\"{}[]:,\\\ud800"[random.Next(9)]);
                    break;
                default:
                    damaged.Length = at;
                    break;
            }
        }

        return damaged.ToString();
    }

    private static JsonNode DamageTree(JsonNode root, JsonNode other, Random random)
    {
        for (int n = random.Next(1, 3); n > 0; n--)
        {
            List<JsonNode> nodes = [.. Descendants(root)];
            JsonNode node = nodes[random.Next(nodes.Count)];
            JsonNode? replacement = Replacement(node, other, random);
            if (node.Parent is JsonObject parent)
            {
                string key = node.GetPropertyName();
                if (replacement is null)
                {
                    parent.Remove(key);
                }
                else if (random.Next(6) == 0)
                {
                    parent[Words[random.Next(Words.Length)]] = replacement;
                }
                else
                {
                    parent[key] = replacement;
                }
            }
            else if (node.Parent is JsonArray list)
            {
                int index = node.GetElementIndex();
                list.RemoveAt(index);
                if (replacement is not null)
                {
                    list.Insert(index, replacement);
                }
            }
        }

        return root;
    }

    private static JsonNode? Replacement(JsonNode node, JsonNode other, Random random) => random.Next(10) switch
    {
        0 => null,
        1 => JsonValue.Create(random.Next(-2, 100)),
        2 or 3 => JsonValue.Create(Words[random.Next(Words.Length)]),
        4 => new JsonArray(node.DeepClone(), "null"),
        5 => new JsonObject { ["type"] = "array", ["items"] = node.DeepClone() },
        6 => Descendants(other).ElementAt(random.Next(Descendants(other).Count())).DeepClone(),
        7 => new JsonObject(),
        8 when random.Next(20) == 0 => Enumerable.Range(0, 140).Aggregate(node.DeepClone(),
            (inner, _) => new JsonObject { ["type"] = "map", ["values"] = inner }),
        _ => node.DeepClone(),
    };

    private static IEnumerable<JsonNode> Descendants(JsonNode node)
    {
        IEnumerable<JsonNode?> children = node switch
        {
            JsonObject json => json.Select(pair => pair.Value),
            JsonArray list => list,
            _ => [],
        };
        return children.OfType<JsonNode>().SelectMany(Descendants).Prepend(node);
    }
}
