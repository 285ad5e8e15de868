using System.Text;
using System.Text.Json.Nodes;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Avro.Tests;

/// <summary>avsc reads what we write and we read what avsc writes, on schemas made at random.</summary>
public sealed class AvscJudgeTests(ITestOutputHelper output)
{
    private const int Schemas = 300;
    private const int ValuesPerSchema = 5;
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);
    private static readonly Judge Avsc = Judge.Script("avro-codec.mjs");

    [SkippableFact]
    public async Task Avsc_reads_what_we_write()
    {
        RandomSchemas source = NewSource();
        var requests = new List<(JsonObject Request, Schema Schema)>();
        for (int i = 0; i < Schemas; i++)
        {
            JsonNode json = source.NextRecord();
            Schema schema = Schema.Parse(json.ToJsonString());
            for (int j = 0; j < ValuesPerSchema; j++)
            {
                byte[] body = GenericCodec.Encode(schema, source.NextValue(schema));
                requests.Add((new JsonObject { ["op"] = "roundtrip", ["schema"] = json.DeepClone(), ["hex"] = Hex(body) }, schema));
            }
        }

        JsonNode[] answers = await AskAsync(requests.Select(r => r.Request));

        for (int i = 0; i < requests.Count; i++)
        {
            (JsonObject request, Schema schema) = requests[i];
            Assert.True(answers[i]["error"] is null, $"{answers[i]["error"]}: {request.ToJsonString()}");
            Assert.Equal(request["hex"]!.ToString(), answers[i]["hex"]!.ToString());
            Assert.Equal(answers[i]["md5"]!.ToString(), Hex(SchemaFingerprint.Md5(schema)));
        }

        output.WriteLine($"{requests.Count} values of {Schemas} schemas");
    }

    [SkippableFact]
    public async Task We_read_what_avsc_writes()
    {
        RandomSchemas source = NewSource();
        JsonObject[] requests = [.. Enumerable.Range(0, Schemas).Select(_ =>
            new JsonObject { ["op"] = "random", ["schema"] = source.NextRecord(), ["count"] = ValuesPerSchema })];

        JsonNode[] answers = await AskAsync(requests);

        int values = 0;
        for (int i = 0; i < requests.Length; i++)
        {
            Schema schema = Schema.Parse(requests[i]["schema"]!.ToJsonString());
            Assert.True(answers[i]["error"] is null, $"{answers[i]["error"]}: {requests[i].ToJsonString()}");
            foreach (JsonNode? hex in answers[i]["hexes"]!.AsArray())
            {
                object? value = GenericCodec.Decode(schema, Convert.FromHexString(hex!.ToString()));
                Assert.Equal(hex.ToString(), Hex(GenericCodec.Encode(schema, value)));
                values++;
            }
        }

        output.WriteLine($"{values} values of {Schemas} schemas");
    }

    [SkippableFact]
    public async Task Resolution_agrees_with_avsc()
    {
        RandomSchemas source = NewSource(plainUnions: true);
        var requests = new List<(JsonObject Request, byte[] Expected)>();
        while (requests.Count < Schemas)
        {
            JsonNode from = source.NextRecord();
            JsonNode to = SchemaEvolution.Evolve(from, source.Random);
            Schema writer = Schema.Parse(from.ToJsonString());
            Schema reader = Schema.Parse(to.ToJsonString());
            Assert.Empty(SchemaCompatibility.Check(reader, writer));
            byte[] body = GenericCodec.Encode(writer, source.NextValue(writer));
            object? value = GenericCodec.Decode(ValuePlan.Compile(writer, reader), body);
            requests.Add((
                new JsonObject { ["op"] = "resolve", ["writer"] = from, ["reader"] = to, ["hex"] = Hex(body) },
                GenericCodec.Encode(reader, value)));
        }

        JsonNode[] answers = await AskAsync(requests.Select(r => r.Request));

        for (int i = 0; i < requests.Count; i++)
        {
            Assert.True(answers[i]["error"] is null, $"{answers[i]["error"]}: {requests[i].Request.ToJsonString()}");
            Assert.True(Hex(requests[i].Expected) == answers[i]["hex"]!.ToString(),
                $"ours {Hex(requests[i].Expected)}, avsc {answers[i]["hex"]}: {requests[i].Request.ToJsonString()}");
        }

        output.WriteLine($"{requests.Count} pairs of schemas");
    }

    private static async Task<JsonNode[]> AskAsync(IEnumerable<JsonObject> requests)
    {
        var input = new StringBuilder();
        int count = 0;
        foreach (JsonObject request in requests)
        {
            input.Append(request.ToJsonString()).Append('\n');
            count++;
        }

        JudgeResult result = await Avsc.RunAsync(input.ToString(), Bound);
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length == count, $"{lines.Length} answers to {count} questions: {result.Error}");
        return [.. lines.Select(line => JsonNode.Parse(line)!)];
    }

    private RandomSchemas NewSource(bool plainUnions = false)
    {
        Skip.IfNot(Avsc.IsPresent, Avsc.Absent);
        int seed = Seed.Next();
        output.WriteLine($"FABRIC_TEST_SEED={seed}");
        return new RandomSchemas(new Random(seed)) { PlainUnions = plainUnions };
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
