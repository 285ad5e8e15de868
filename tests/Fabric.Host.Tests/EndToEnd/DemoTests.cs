using System.Text.Json;
using Xunit.Abstractions;

namespace Fabric.Host.Tests.EndToEnd;

[Collection("EndToEnd")]
public sealed class DemoTests(DemoRun demo, ITestOutputHelper output)
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    [SkippableFact]
    public async Task Demo_every_sample_is_in_the_table_once_and_nobody_is_readable()
    {
        (int exitCode, string said) = await demo.WhenDoneAsync();
        string last = said.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault(line => line.StartsWith('{')) ?? "";
        output.WriteLine($"measured {last}");
        Assert.True(exitCode == 0, said);
        JsonElement result = JsonDocument.Parse(last).RootElement;
        Assert.True(result.GetProperty("ok").GetBoolean());
        Assert.Equal(0, result.GetProperty("missing").GetInt64());
        Assert.Equal(0, result.GetProperty("duplicates").GetInt64());
        Assert.Equal(0, result.GetProperty("pii_hits").GetInt64());
        Assert.True(result.GetProperty("quarantined").GetInt64() > 0);
        Assert.True(result.GetProperty("tables").GetProperty("telemetry").GetInt64() > 0);
        Assert.True(result.GetProperty("rss_mb_peak").GetInt64() < 500);
    }

    [SkippableFact]
    public async Task Demo_in_a_folder_with_something_in_it_overwrites_nothing()
    {
        await demo.WhenDoneAsync();
        (int exitCode, string said) = await FabricProcess.RunInAsync(demo.Folder, Bound, "demo", "--data", DemoRun.Data);
        Assert.Equal(3, exitCode);
        Assert.Contains("DEMO_FOLDER_NOT_EMPTY", said, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Every_listing_as_json_is_json()
    {
        await demo.WhenDoneAsync();
        string[][] listings =
        [
            ["check"], ["plan"], ["tables", "list"], ["tables", "show", "telemetry"], ["tables", "history", "raw"],
            ["sql", "SELECT asset, number, observed_at FROM telemetry LIMIT 3"], ["twin", "unmapped"],
            ["lineage", "trace", "--table", "telemetry", "--row", "asset = 'pump-1'", "--limit", "2"],
        ];
        foreach (string[] listing in listings)
        {
            (int exitCode, string said) = await FabricProcess.RunAsync(Bound, [.. listing, "--json", "--config", demo.Configuration]);
            Assert.True(exitCode == 0, $"{string.Join(' ', listing)}: {said}");
            string[] lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.NotEmpty(lines);
            Assert.All(lines, line => Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(line).RootElement.ValueKind));
        }

        (_, string findings) = await FabricProcess.RunAsync(Bound, "doctor", "--json");
        Assert.All(findings.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => JsonDocument.Parse(line));
    }

    [SkippableFact]
    public async Task Sql_outside_the_lake_is_refused()
    {
        await demo.WhenDoneAsync();
        (int exitCode, string said) = await FabricProcess.RunAsync(
            Bound, "sql", "--config", demo.Configuration, "SELECT * FROM read_text('/etc/hostname')");
        Assert.True(exitCode != 0, said);
        Assert.DoesNotContain(File.ReadAllText("/etc/hostname").Trim(), said, StringComparison.Ordinal);
    }
}
