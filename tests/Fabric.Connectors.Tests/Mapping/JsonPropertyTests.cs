using System.Globalization;
using System.Text;
using System.Text.Json;
using Fabric.Connectors.Payload;
using Fabric.Schemas;
using Fabric.Testing;
using Xunit.Abstractions;
using static Fabric.Connectors.Tests.Mapping.MappingFixture;

namespace Fabric.Connectors.Tests.Mapping;

/// <summary>The streaming walk against a plain one over a parsed document.</summary>
public class JsonPropertyTests(ITestOutputHelper output)
{
    [Fact]
    public void Map_gives_what_a_walk_over_the_document_gives()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 5_000; round++)
        {
            var json = new StringBuilder();
            RandomJson.Write(json, random, depth: 0);
            using JsonDocument document = JsonDocument.Parse(json.ToString());
            var expected = new List<string>();
            Walk(document.RootElement, "", expected);

            (PayloadVerdict verdict, Observation observation, _) = Map(Options(), Encoding.UTF8.GetBytes(json.ToString()));

            Assert.True(verdict.IsMapped == expected.Count > 0, json.ToString());
            Assert.Equal(expected, observation.Samples.Select(sample => $"{sample.Point}={Tell(sample.Value)}"));
        }
    }

    [Fact]
    public void Numbers_come_back_bit_for_bit()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 50_000; round++)
        {
            long bits = random.NextInt64(long.MinValue, long.MaxValue);
            double real = BitConverter.Int64BitsToDouble(bits);
            Assert.Equal(bits, One(bits.ToString(CultureInfo.InvariantCulture)).AsLong());
            ulong large = (ulong)bits | 1UL << 63;
            Assert.Equal(large.ToString(CultureInfo.InvariantCulture), One(large.ToString(CultureInfo.InvariantCulture)).AsString());
            if (double.IsFinite(real))
            {
                string text = real.ToString("E16", CultureInfo.InvariantCulture);
                Assert.Equal(bits, BitConverter.DoubleToInt64Bits(One(text).AsDouble()));
            }
        }
    }

    private static SampleValue One(string json) => Map(Options(), Encoding.UTF8.GetBytes(json), "p").Observation.Samples[0].Value;

    private static void Walk(JsonElement element, string path, List<string> into)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    Walk(property.Value, path.Length == 0 ? property.Name : $"{path}.{property.Name}", into);
                }

                break;
            case JsonValueKind.Array:
                int index = 0;
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Walk(item, $"{path}[{index++}]", into);
                }

                break;
            default:
                into.Add($"{(path.Length == 0 ? "value" : path)}={TellValue(element)}");
                break;
        }
    }

    private static string TellValue(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Null => "null",
        JsonValueKind.String => $"'{element.GetString()}'",
        _ when element.GetRawText().AsSpan().IndexOfAny(".eE") < 0 && element.TryGetInt64(out long whole) && element.GetRawText() != "-0" =>
            whole.ToString(CultureInfo.InvariantCulture) + "L",
        _ when element.GetRawText().AsSpan().IndexOfAny(".eE") < 0 && element.TryGetUInt64(out ulong large) && large > long.MaxValue =>
            $"'{large}'",
        _ => element.GetDouble().ToString("R", CultureInfo.InvariantCulture) + "D",
    };
}

/// <summary>Random JSON documents as devices and their programmers write them.</summary>
internal static class RandomJson
{
    private static readonly string[] Names = ["a", "value", "ts", "größe", "x.y", "q", "items", "a b", "\\u0041", "0", ""];
    private static readonly string[] Leaves =
        ["1", "-0", "2.5", "1e3", "true", "false", "null", "\"text\"", "\"\\n\\u00e4\"", "9223372036854775808", "1700000000123", "0.1", "\"2026-01-01T00:00:00Z\""];

    public static void Write(StringBuilder json, Random random, int depth)
    {
        int kind = random.Next(depth == 0 ? 4 : 10);
        if (depth > 5 || kind > 5)
        {
            json.Append(Leaves[random.Next(Leaves.Length)]);
            return;
        }

        bool isArray = kind % 2 == 0;
        json.Append(isArray ? "[" : "{");
        int count = random.Next(5);
        for (int i = 0; i < count; i++)
        {
            json.Append(i > 0 ? (random.Next(2) == 0 ? "," : " ,\n") : "");
            if (!isArray)
            {
                json.Append('"').Append(Names[random.Next(Names.Length)]).Append("\":");
            }

            Write(json, random, depth + 1);
        }

        json.Append(isArray ? "]" : "}");
    }
}
