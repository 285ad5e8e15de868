using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>The lineage of a whole run as it was emitted: connectors, topologies, every commit; judged by the standard's schemas.</summary>
[Collection("EndToEnd")]
public sealed class LineageRunTests(DemoRun demo, ITestOutputHelper output)
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    [SkippableFact]
    public async Task Every_commit_of_the_demo_is_told_and_every_event_is_valid()
    {
        Skip.If(TestData.Folder is null, TestData.Absent);
        Judge ajv = Judge.Script("openlineage-validate.mjs");
        Skip.IfNot(ajv.IsPresent, ajv.Absent);
        await demo.WhenDoneAsync();
        // What was told last, when the sinks had stopped, becomes rows in another life.
        await using (FabricProcess.Start("run", "--config", demo.Configuration, "--only", "broker,registry,sinks"))
        {
            int commits = await LineageJudge.EveryCommitIsToldAsync(demo.Lake, Bound);
            Assert.Empty(await LineageJudge.JobsWithoutAWholeRunAsync(
                demo.Lake, ["connector.machines", "connector.meters", "connector.access", "topology.contextualize", "sink.raw"], Bound));
            output.WriteLine($"measured {commits} commits of the demo, each told with its offsets and files");
        }

        output.WriteLine($"measured {await LineageJudge.EveryEventIsValidAsync(demo.Lake, ajv)} events valid by the standard's schemas");
    }
}
