using System.Text;
using Fabric.Connectors.Mqtt;
using Fabric.Connectors.Payload;
using Fabric.Connectors.Runner;
using Fabric.Schemas;
using Fabric.Testing;
using Xunit.Abstractions;
using static Fabric.Connectors.Tests.Mapping.MappingFixture;

namespace Fabric.Connectors.Tests.Mapping;

/// <summary>Mutated payloads, paths and templates: mapped or rejected by a rule, and never anything else.</summary>
public class MappingFuzzTests(ITestOutputHelper output)
{
    private const int BytesMax = 4 << 20;

    private static readonly string[] Rules =
    [
        "PAYLOAD_EMPTY", "PAYLOAD_NOT_UTF8", "PAYLOAD_WITHOUT_VALUES", "PAYLOAD_NOT_NUMBER", "PAYLOAD_NOT_JSON", "VALUE_MISSING",
        "TIME_INVALID", "NUMBER_OUT_OF_RANGE", "POINT_MISSING", "PATH_TOO_LONG", "CSV_CELLS", "CSV_QUOTE",
    ];

    [Fact]
    public void Map_of_mutated_payloads_is_mapped_or_rejected_by_a_rule()
    {
        int seed = Seed.Next();
        var random = new Random(seed);
        PayloadOptions[] options = Corpus();
        PayloadMapper[] mappers = [.. options.Select(option => new PayloadMapper(option))];
        output.WriteLine($"seed {seed}");
        var histogram = new FuzzHistogram();
        var batch = new SourceBatch();
        for (int input = 0; input < FuzzHistogram.Inputs; input++)
        {
            int which = random.Next(options.Length);
            byte[] payload = Mutate(Valid(options[which], random), random);
            batch.Clear();
            Observation observation = batch.Observations.Add();
            observation.Samples.Clear();
            string point = random.Next(2) == 0 ? "" : "p";
            PayloadVerdict verdict = histogram.Measure(() => mappers[which].Map(payload, point, observation, batch));

            histogram.Add(verdict.Rule, isPastHeader: verdict.Rule is not ("PAYLOAD_EMPTY" or "PAYLOAD_NOT_UTF8" or "PAYLOAD_NOT_JSON"));
            Assert.True(verdict.IsMapped || verdict.Reason.Length is > 0 and < 200, verdict.Rule);
            Assert.True(!verdict.IsMapped || observation.Samples.Count > 0);
        }

        histogram.Print(output);
        histogram.AssertCovers(Rules, BytesMax);
        Assert.True(histogram[null] > FuzzHistogram.Inputs * 0.2);
    }

    [Fact]
    public void Parse_of_mutated_paths_and_templates_is_a_value_or_a_problem()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        string[] paths = ["$.a", "$.a.b[0]", "$.items[*].v", "$[*].x[3]", "$.größe"];
        string[] templates = ["{site}/{line}/{device}/{point}", "a/{device}/{point+}", "{device+}", "a/b"];
        int parsedPaths = 0, parsedTemplates = 0;
        for (int input = 0; input < 50_000; input++)
        {
            string path = Encoding.UTF8.GetString(Mutate(Encoding.UTF8.GetBytes(paths[random.Next(paths.Length)]), random));
            if (PayloadPath.Parse(path) is { } parsed)
            {
                parsedPaths++;
                Assert.True(parsed.Covers(Encoding.UTF8.GetBytes(parsed.Text.Replace("[*]", "[7]", StringComparison.Ordinal))), path);
            }

            string template = Encoding.UTF8.GetString(Mutate(Encoding.UTF8.GetBytes(templates[random.Next(templates.Length)]), random));
            bool isTemplate = TopicTemplate.Parse(template, out string problem) is { } found && found.Match("a/b/c/d") is not { Length: > 9 };
            Assert.Equal(isTemplate, problem.Length == 0);
            parsedTemplates += isTemplate ? 1 : 0;
        }

        Assert.True(parsedPaths > 5_000 && parsedTemplates > 5_000, $"{parsedPaths} {parsedTemplates}");
    }

    private static PayloadOptions[] Corpus() =>
    [
        Options(),
        Options() with { Time = Path("$.ts"), Quality = Path("$.q"), Unit = Path("$.u"), Personal = [Path("$.a")] },
        Options() with { Value = Path("$.value"), Time = Path("$.ts"), TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin") },
        Options() with { Value = Path("$.items[*]") },
        Options() with { Point = Path("$.m[*].n"), Value = Path("$.m[*].v"), Time = Path("$.m[*].t"), Quality = Path("$.m[*].q") },
        Options() with { Point = Path("$[*].n"), Time = Path("$[*].t") },
        Options(PayloadFormat.Number),
        Options(PayloadFormat.Text),
        Options(PayloadFormat.Csv) with { Columns = ["t", "a", "", "q"], Time = PayloadPath.Column("t"), Quality = PayloadPath.Column("q") },
        Options(PayloadFormat.Csv) with { Columns = ["t"], Time = PayloadPath.Column("t") },
    ];

    private static byte[] Valid(PayloadOptions options, Random random)
    {
        string text;
        if (options.Format == PayloadFormat.Csv)
        {
            text = options.Columns.Count == 1 ? "2026-01-01" : "2026-01-01T00:00:00Z;1.5;\"x;\"\"y\";192";
        }
        else if (options.Format != PayloadFormat.Json)
        {
            text = random.Next(2) == 0 ? "-21.5e3" : "läuft";
        }
        else if (options.Point is { } point)
        {
            const string records = """[{"n":"flow","v":1.5,"t":1700000000123,"q":"good"},{"v":[1,2],"n":"größe","t":"2026-01-01T00:00:00+01:00"}]""";
            text = point.Text.StartsWith('m') ? $$"""{"m":{{records}},"x":1}""" : records;
        }
        else
        {
            var json = new StringBuilder();
            RandomJson.Write(json, random, 0);
            text = random.Next(3) == 0 ? json.ToString()
                : $$"""{"value":1e30,"ts":"2026-01-01 00:00:00.5","q":192,"u":"°C","items":[1,2,null],"deep":{{json}}}""";
        }

        return Encoding.UTF8.GetBytes(text);
    }

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        var list = new List<byte>(bytes);
        for (int change = random.Next(0, 3); change > 0 && list.Count > 0; change--)
        {
            int at = random.Next(list.Count);
            switch (random.Next(9))
            {
                case 0: list[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: list[at] = (byte)random.Next(256); break;
                case 2: list[at] = (byte)"{}[]\",:;0e.-+*$/ "[random.Next(17)]; break;
                case 3: list.RemoveAt(at); break;
                case 4: list.InsertRange(at, list.GetRange(at, Math.Min(random.Next(1, 20), list.Count - at))); break;
                case 5: list.RemoveRange(at, Math.Min(random.Next(1, 6), list.Count - at)); break;
                case 6: list.InsertRange(at, Encoding.ASCII.GetBytes(random.Next(2) == 0 ? "9999999" : "e999")); break;
                case 7 when random.Next(40) == 0: list.InsertRange(at, Enumerable.Repeat((byte)'a', 1_100)); break;
                case 8 when random.Next(10) == 0: list.Clear(); break;
                default: list.InsertRange(at, "null"u8.ToArray()); break;
            }
        }

        return [.. list];
    }
}
