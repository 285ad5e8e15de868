using System.Collections;
using System.Diagnostics;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary><c>fabric new topology</c>: the project passes its own test, is accepted by check, and does its work on the embedded broker.</summary>
[Collection("EndToEnd")]
public sealed class NewTopologyTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BuildBound = TimeSpan.FromMinutes(5);

    [SkippableFact]
    public async Task Project_is_tested_checked_and_run_as_it_was_made()
    {
        Skip.IfNot(MosquittoServer.Judge.IsPresent, MosquittoServer.Judge.Absent);
        using var folder = new TempFolder();
        string project = folder["Acme.PumpWatch"];
        (int made, string said) = await FabricProcess.RunInAsync(folder.Path, Bound, "new", "topology", "Acme.PumpWatch");
        Assert.True(made == 0, said);
        BringAnAssemblyAlong(project);
        (int tested, string results) = await DotnetAsync(project, "test", "--configuration", "Release");
        output.WriteLine(results);
        Assert.True(tested == 0, results);
        Assert.Matches(@"Failed: +0, Passed: +3,", results);

        await using MosquittoServer mosquitto = await MosquittoServer.StartAsync();
        Configure(folder, mosquitto);
        (int accepted, string answer) = await FabricProcess.RunAsync(Bound, "check", "--config", folder["fabric.yaml"]);
        Assert.True(accepted == 0, answer);
        Assert.Contains("topic water.pump_watch keeps its records: 7d", answer, StringComparison.Ordinal);
        Assert.Contains("topic water.pump_watch-outside-changelog keeps its records: for ever, compacted", answer, StringComparison.Ordinal);
        (int planned, string plan) = await FabricProcess.RunAsync(Bound, "plan", "--config", folder["fabric.yaml"]);
        Assert.True(planned == 0 && plan.Contains("excursions", StringComparison.Ordinal), plan);
        await RunAsync(folder, mosquitto);
    }

    [SkippableFact]
    public async Task Topology_whose_topic_is_not_there_yet_waits_for_it()
    {
        Judge kcat = Judge.Program("kcat");
        Skip.IfNot(kcat.IsPresent, kcat.Absent);
        using var folder = new TempFolder();
        string address = $"127.0.0.1:{FreePort.Find()}";
        File.WriteAllText(folder["fabric.yaml"], $$"""
            fabric: f
            kafka: { bootstrap: embedded, listen: {{address}} }
            topologies:
              - { assembly: "{{typeof(UserTopologyTests).Assembly.Location}}", type: {{typeof(UserTopologyTests.ReadingOrders).FullName}}, name: orders }
            """);
        await using FabricProcess fabric = FabricProcess.Start("run", "--config", folder["fabric.yaml"]);
        await fabric.WhenSaidAsync("topology:orders reconnecting", Bound);
        Assert.Contains("needs topics that do not exist: f.orders", fabric.Output, StringComparison.Ordinal);
        JudgeResult made = await kcat.RunAsync("one\n", Bound, "-P", "-b", address, "-t", "f.orders");
        Assert.True(made.ExitCode == 0, made.Error);
        await fabric.WhenSaidAsync("topology:orders running", Bound);
    }

    [Fact]
    public async Task Folder_that_has_something_in_it_is_left_alone()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["mine.txt"], "mine");
        (int exitCode, string said) = await FabricProcess.RunAsync(Bound, "new", "topology", "PumpWatch", "--output", folder.Path);
        Assert.Equal(3, exitCode);
        Assert.Contains("nothing is overwritten", said, StringComparison.Ordinal);
        Assert.Equal([folder["mine.txt"]], Directory.EnumerateFileSystemEntries(folder.Path));
        (int wrong, _) = await FabricProcess.RunInAsync(folder.Path, Bound, "new", "topology", "no-name");
        Assert.Equal(2, wrong);
    }

    /// <summary>The fabric, with the lines that the project gives, and values that leave their limits twice.</summary>
    private static async Task RunAsync(TempFolder folder, MosquittoServer mosquitto)
    {
        FabricProcess fabric = FabricProcess.Start("run", "--config", folder["fabric.yaml"]);
        await using (fabric)
        {
            await fabric.WhenSaidAsync("connector:water running", Bound);
            await fabric.WhenSaidAsync("topology:pump_watch running", Bound);
            await using MqttSender sender = MqttSender.Start(mosquitto);
            foreach (int temperature in (int[])[20, 150, 160, 30, 31, 121])
            {
                await sender.SendAsync("pump/1", $$"""{"temperature":{{temperature}}}""");
            }

            long rows = await Lake.WhenRowsAsync(folder["data/lake"], "pump_watch", 3, Bound);
            Assert.True(rows == 3, $"{rows} rows\n{fabric.Output}");
        }

        Assert.Equal(
            "150,30,121", await Lake.ScalarAsync(
                folder["data/lake"], "SELECT string_agg(CAST(CAST(number AS BIGINT) AS VARCHAR), ',' ORDER BY _offset) FROM pump_watch"));
    }

    /// <summary>The limit comes from a project that the fabric does not have.</summary>
    private static void BringAnAssemblyAlong(string project)
    {
        string limits = Directory.CreateDirectory(Path.Combine(project, "src", "Limits")).FullName;
        File.WriteAllText(Path.Combine(limits, "Limits.csproj"), """<Project Sdk="Microsoft.NET.Sdk" />""");
        File.WriteAllText(Path.Combine(limits, "Side.cs"), "namespace Limits; public static class Side { public static bool IsOutside(bool isFlagged) => isFlagged; }");
        string csproj = Path.Combine(project, "src", "Acme.PumpWatch", "Acme.PumpWatch.csproj");
        Replace(csproj, "</ItemGroup>", """<ProjectReference Include="../Limits/Limits.csproj" /></ItemGroup>""");
        Replace(
            Path.Combine(project, "src", "Acme.PumpWatch", "Excursions.cs"), "sample.Flags.Contains(SampleFlag.OutOfRange)",
            "Limits.Side.IsOutside(sample.Flags.Contains(SampleFlag.OutOfRange))");
    }

    private static void Replace(string file, string from, string to)
    {
        string text = File.ReadAllText(file);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace(from, to, StringComparison.Ordinal));
    }

    private static void Configure(TempFolder folder, MosquittoServer mosquitto)
    {
        File.WriteAllText(folder["twins.yaml"], """
            assets:
              - { id: pump-1, model: Pump, path: site/pump-1, signals: { temperature: { unit: Cel, maximum: 120, points: [water/1/temperature] } } }
            """);
        string lines = File.ReadAllText(folder["Acme.PumpWatch/fabric-lines.yaml"])
            .Replace("plant7.", "water.", StringComparison.Ordinal)
            .Replace("topologies:", "topologies:\n  - use: contextualize", StringComparison.Ordinal)
            .Replace("tables:", "tables:\n  default: { flush: { every: 500ms } }", StringComparison.Ordinal);
        File.WriteAllText(folder["fabric.yaml"], $$"""
            fabric: water
            kafka: { bootstrap: embedded, listen: 127.0.0.1:0 }
            twins: twins.yaml
            connectors:
              - name: water
                kind: mqtt
                url: {{mosquitto.Url.ToString().TrimEnd('/')}}
                subscribe: [pump/+]
                topic: pump/{device}
                payload: { format: json }
            {{lines}}
            """);
    }

    /// <summary>Builds as a user does: without what a build that runs this test has put into the environment, and leaving no server behind.</summary>
    private static async Task<(int ExitCode, string Output)> DotnetAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [.. arguments, "--nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = folder,
        };
        foreach (string variable in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => (string)entry.Key))
        {
            if (variable.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || variable.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase))
            {
                start.Environment.Remove(variable);
            }
        }

        return await OutsideProcess.RunAsync(start, BuildBound);
    }
}
