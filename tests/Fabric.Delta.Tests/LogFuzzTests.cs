using System.Text;
using System.Text.Json.Nodes;
using Fabric.Delta.Actions;
using Fabric.Delta.Log;
using Fabric.Delta.Reading;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Delta.Tests;

/// <summary>Commits as a broken or hostile writer could leave them: only our own error may come out.</summary>
public sealed class LogFuzzTests(ITestOutputHelper output) : IDisposable
{
    private const long BytesMax = 4 << 20;

    private readonly TestTable _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void Mutated_logs_give_a_snapshot_or_a_typed_error()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var chance = new Random(seed);
        List<string> corpus = Corpus();
        var mutator = new LogMutator(chance);
        var histogram = new FuzzHistogram();
        for (int i = 0; i < FuzzHistogram.Inputs; i++)
        {
            byte[] input = mutator.Mutate(corpus[chance.Next(corpus.Count)]);
            string? code = histogram.Measure(() => Read(input));
            histogram.Add(code, isPastHeader: code != DeltaCode.LogCorrupt);
        }

        histogram.Print(output);
        histogram.AssertCovers(
            [
                DeltaCode.LogCorrupt, DeltaCode.StateIncomplete, DeltaCode.SchemaInvalid, DeltaCode.ReadUnsupported, DeltaCode.PathRefused,
                DeltaCode.PartitionValueInvalid,
            ],
            BytesMax);
    }

    private string? Read(byte[] input)
    {
        try
        {
            var state = new LogState(_test.Table.Root);
            state.Apply(ActionJson.Parse(input, "fuzz"), "fuzz");
            var snapshot = new Snapshot(_test.Table.Root, 0, state);
            Assert.NotEmpty(DeltaSql.Select(_test.Table, snapshot));
            return null;
        }
        catch (DeltaException e)
        {
            return e.Code;
        }
    }

    /// <summary>Commits of the golden tables where they are present, and our own with every action and type.</summary>
    private static List<string> Corpus()
    {
        var corpus = new List<string> { Everything("none"), Everything("name"), Everything("id") };
        var history = new RandomHistory(new Random(7));
        string first = Encoding.UTF8.GetString(ActionWriter.Write(history.First()));
        corpus.AddRange(Enumerable.Range(1, 30).Select(i => first + Encoding.UTF8.GetString(ActionWriter.Write(history.Next(i)))));
        if (TestData.Folder is { } folder && Directory.Exists(Path.Combine(folder, "delta-golden")))
        {
            corpus.AddRange(Directory
                .GetFiles(Path.Combine(folder, "delta-golden"), "00000000000000000000.json", SearchOption.AllDirectories)
                .Select(File.ReadAllText).Where(text => text.Length < 20_000));
        }

        return corpus;
    }

    private static string Everything(string mode)
    {
        int id = 0;
        string field(string name, string type) =>
            $"{{\"name\":\"{name}\",\"type\":{type},\"nullable\":true,\"metadata\":{{\"delta.columnMapping.id\":{++id},"
            + $"\"delta.columnMapping.physicalName\":\"col-{id}\"}}}}";
        string inner = $"{{\"type\":\"struct\",\"fields\":[{field("x", "\"long\"")},{field("y", "\"decimal(10,2)\"")}]}}";
        string schema = $"{{\"type\":\"struct\",\"fields\":[{field("d", "\"date\"")},{field("t", "\"timestamp\"")},"
            + $"{field("n", "\"decimal(12,5)\"")},{field("s", "\"string\"")},{field("f", "\"double\"")},{field("v", inner)},"
            + $"{field("l", $"{{\"type\":\"array\",\"elementType\":{inner},\"containsNull\":true}}")},"
            + $"{field("m", $"{{\"type\":\"map\",\"keyType\":\"string\",\"valueType\":{inner},\"valueContainsNull\":true}}")}]}}";
        string[] partitions = mode == "none" ? ["d", "t", "n"] : ["col-3", "col-4", "col-5"];
        string quoted = JsonValue.Create(schema).ToJsonString();
        return $"{{\"commitInfo\":{{\"timestamp\":1,\"operation\":\"WRITE\",\"txnId\":\"x\"}}}}\n"
            + $"{{\"protocol\":{{\"minReaderVersion\":{(mode == "none" ? 1 : 2)},\"minWriterVersion\":5}}}}\n"
            + "{\"metaData\":{\"id\":\"i\",\"name\":\"n\",\"format\":{\"provider\":\"parquet\",\"options\":{}},\"schemaString\":"
            + $"{quoted},\"partitionColumns\":[\"d\",\"t\",\"n\"],\"configuration\":{{\"delta.columnMapping.mode\":\"{mode}\"}},"
            + "\"createdTime\":5}}\n"
            + "{\"txn\":{\"appId\":\"app\",\"version\":5,\"lastUpdated\":7}}\n"
            + $"{{\"add\":{{\"path\":\"d=2020-01-01/a%20b.parquet\",\"partitionValues\":{{\"{partitions[0]}\":\"2020-01-01\","
            + $"\"{partitions[1]}\":\"2020-01-01T10:00:00.5Z\",\"{partitions[2]}\":\"1E-3\"}},\"size\":1,\"modificationTime\":2,"
            + "\"dataChange\":true,\"stats\":\"{}\",\"tags\":{\"k\":\"v\",\"n\":null}}}\n"
            + "{\"remove\":{\"path\":\"old.parquet\",\"deletionTimestamp\":3,\"dataChange\":true,\"extendedFileMetadata\":true,"
            + "\"partitionValues\":{},\"size\":9,\"deletionVector\":{\"storageType\":\"u\",\"pathOrInlineDv\":\"ab\",\"offset\":1,"
            + "\"sizeInBytes\":2,\"cardinality\":3}}}\n";
    }
}
