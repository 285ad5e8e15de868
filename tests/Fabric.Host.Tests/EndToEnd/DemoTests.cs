using System.Text.Json;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Host.Tests.EndToEnd;

[Collection("EndToEnd")]
public sealed class DemoTests(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Demo_every_sample_is_in_the_table_once_and_nobody_is_readable()
    {
        Skip.IfNot(PlantRun.IsInstalled, "The plant is not installed: run 'make setup'");
        using var folder = new TempFolder();
        (int exitCode, string said) = await FabricProcess.RunAsync(
            TimeSpan.FromMinutes(4), "demo", "--seconds", "10", "--json", "--data", folder["demo"]);
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
        await CommandsAnswer(folder["demo/fabric.yaml"]);
    }

    /// <summary>What a user asks next.</summary>
    private static async Task CommandsAnswer(string config)
    {
        string[][] commands =
        [
            ["check", "--config", config],
            ["plan", "--config", config],
            ["plan", "--config", config, "--format", "Mermaid"],
            ["tables", "list", "--config", config],
            ["tables", "show", "telemetry", "--config", config],
            ["tables", "history", "raw", "--config", config],
            ["sql", "--config", config, "SELECT asset, signal, count(*) AS n FROM telemetry GROUP BY ALL ORDER BY ALL"],
            ["sql", "--config", config, "--format", "Csv", "SELECT count(*) FROM raw"],
            ["twin", "unmapped", "--config", config],
            ["lineage", "trace", "--config", config, "--table", "telemetry", "--row", "asset = 'pump-1'", "--limit", "1"],
            ["doctor"],
        ];
        foreach (string[] command in commands)
        {
            (int exitCode, string said) = await FabricProcess.RunAsync(TimeSpan.FromMinutes(1), command);
            Assert.True(exitCode == 0, $"fabric {string.Join(' ', command)}: {said}");
            Assert.NotEqual("", said.Trim());
        }

        (int refused, string why) = await FabricProcess.RunAsync(
            TimeSpan.FromMinutes(1), "sql", "--config", config, "SELECT * FROM read_text('/etc/hostname')");
        Assert.True(refused != 0, why);
    }
}

/// <summary>One at a time: each of these takes the whole machine.</summary>
[CollectionDefinition("EndToEnd", DisableParallelization = true)]
public sealed class EndToEndCollection;
