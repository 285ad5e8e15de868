using Fabric.Governance.Lineage;
using Fabric.Testing;

namespace Fabric.Governance.Tests.Lineage;

public sealed class OpenLineageJsonTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.FromHours(1));

    [SkippableFact]
    public async Task Write_every_kind_of_event_is_valid_by_the_standards_schemas()
    {
        Skip.If(TestData.Folder is null, TestData.Absent);
        Judge ajv = Judge.Script("openlineage-validate.mjs");
        Skip.IfNot(ajv.IsPresent, ajv.Absent);
        string[] events = [.. Events().Select(OpenLineageJson.Write)];
        JudgeResult judged = await ajv.RunAsync(
            string.Join('\n', events) + "\n", TimeSpan.FromMinutes(1), Path.Combine(TestData.Folder!, "openlineage"));
        Assert.True(judged.ExitCode == 0, judged.Error);
        Assert.Equal(
            Enumerable.Repeat("ok", events.Length), judged.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [SkippableFact]
    public async Task The_judge_refuses_an_event_with_a_broken_facet()
    {
        Skip.If(TestData.Folder is null, TestData.Absent);
        Judge ajv = Judge.Script("openlineage-validate.mjs");
        Skip.IfNot(ajv.IsPresent, ajv.Absent);
        string broken = OpenLineageJson.Write(Events().Last()).Replace("\"rowCount\":10", "\"rowCount\":\"ten\"");
        JudgeResult judged = await ajv.RunAsync(
            broken + "\n", TimeSpan.FromMinutes(1), Path.Combine(TestData.Folder!, "openlineage"));
        Assert.Contains("rowCount", judged.Output);
    }

    [Fact]
    public void OfCommit_follows_from_table_and_version()
    {
        Guid run = LineageRunId.OfCommit("a", 1);
        Assert.Equal(run, LineageRunId.OfCommit("a", 1));
        Assert.NotEqual(run, LineageRunId.OfCommit("a", 2));
        Assert.NotEqual(run, LineageRunId.OfCommit("b", 1));
        Assert.Equal(8, run.Version);
    }

    private static IEnumerable<RunEvent> Events()
    {
        var job = new LineageJob("plant7", "connector.sensors", "CONNECTOR");
        Guid run = LineageRunId.OfCommit("t", 0);
        var topic = new OutputDataset("kafka://127.0.0.1:9092", "plant7.raw", null, [], null, []);
        foreach (RunEventType type in Enum.GetValues<RunEventType>())
        {
            yield return new RunEvent(type, Noon, run, job, [new InputDataset("mqtt://broker:1883", "a/+", [])], [topic]);
        }

        yield return new RunEvent(RunEventType.Fail, Noon, run, job, [], [], Error: "the disk \"data\" is full");
        yield return new RunEvent(
            RunEventType.Complete, Noon, run, new LineageJob("plant7", "sink.raw", "SINK"),
            [new InputDataset("kafka://127.0.0.1:9092", "plant7.raw", [new OffsetRange(0, 0, 9)])],
            [
                new OutputDataset(
                    "file", "/lake/raw", "3", [new DatasetField("date", "date"), new DatasetField("värde", "double")],
                    new OutputStatistics(10, 2048, 1), [new WrittenFile("date=2026-01-02/a.parquet", new string('a', 64))]),
            ],
            Parent: new LineageParent(run, "plant7", "sink.raw"));
    }
}
