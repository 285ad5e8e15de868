using System.Globalization;
using System.Text.RegularExpressions;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>
/// The configuration of one's own that the README shows, and every command it gives for it: only addresses are other ones. What
/// runs until it is stopped is started, seen to work, and stopped.
/// </summary>
[Collection("EndToEnd")]
public sealed partial class OwnConfigurationTests(ITestOutputHelper output) : IDisposable
{
    private const string Password = "not-the-real-one";
    private const string PasswordVariable = "MQTT_PASSWORD";
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    private static readonly DocumentedCommand[] Commands =
        [.. DocumentedCommands.Of("README.md").Where(command => DocumentedCommands.ReasonNotToRun(command) is null)];

    private readonly TempFolder _folder = new();
    private readonly int _kafka = FreePort.Find();
    private readonly int _console = FreePort.Find();

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(PasswordVariable, null);
        _folder.Dispose();
    }

    [SkippableFact]
    public async Task Configuration_and_commands_of_the_readme_work()
    {
        Skip.IfNot(MosquittoServer.Judge.IsPresent, MosquittoServer.Judge.Absent);
        Environment.SetEnvironmentVariable(PasswordVariable, Password);
        await using MosquittoServer mosquitto = await MosquittoServer.StartAsync(new MosquittoSettings
        {
            Users = new Dictionary<string, string> { ["fabric"] = Password },
        });
        Configure(mosquitto);
        string[][] forever = [.. Commands.Where(command => command.IsForever && command.IsOfOwnConfiguration).Select(Here)];
        Assert.Equal(["", "broker,registry", "connectors,topologies,sinks"], forever.Select(words => words.ElementAtOrDefault(4) ?? ""));

        await using (FabricProcess whole = FabricProcess.StartIn(_folder.Path, [.. forever[0], "--log", "Debug"]))
        {
            await SendAsync(whole, mosquitto, 1);
            await HealthyAsync(whole);
            await AskAsync();
            Assert.True(await whole.StopAsync() == 0, whole.Output);
            Assert.DoesNotContain(Password, whole.Output, StringComparison.Ordinal);
        }

        await using FabricProcess foundation = FabricProcess.StartIn(_folder.Path, forever[1]);
        await foundation.WhenSaidAsync("runs as", Bound);
        await using FabricProcess work = FabricProcess.StartIn(_folder.Path, forever[2]);
        await SendAsync(work, mosquitto, 2);
        Assert.True(await work.StopAsync() == 0, work.Output);
        Assert.True(await foundation.StopAsync() == 0, foundation.Output);
    }

    [Fact]
    public async Task Broker_and_registry_alone_answer()
    {
        DocumentedCommand[] alone = [.. Commands.Where(command => command.IsForever && !command.IsOfOwnConfiguration)];
        Assert.Equal(["broker", "registry"], alone.Select(command => command.Arguments[0]));
        await using FabricProcess broker = FabricProcess.StartIn(_folder.Path, Here(alone[0]));
        await broker.WhenSaidAsync("listening on", Bound);
        await using FabricProcess registry = FabricProcess.StartIn(_folder.Path, [.. Here(alone[1]), "--listen", "http://127.0.0.1:0"]);
        await registry.WhenSaidAsync("listening on", Bound);
        using var http = new HttpClient { Timeout = Bound };
        Assert.Equal("[]", await http.GetStringAsync(new Uri(Address().Match(registry.Output).Groups[1].Value + "subjects")));
        Assert.Equal(0, await registry.StopAsync());
        Assert.Equal(0, await broker.StopAsync());
    }

    /// <summary>The configuration of the README, with addresses of this test.</summary>
    private void Configure(MosquittoServer mosquitto)
    {
        string readme = File.ReadAllText(Path.Combine(TestData.RepositoryRoot, "README.md"));
        string configuration = MarkdownText.Blocks(readme, "yaml").First(block => block.StartsWith("fabric: plant7", StringComparison.Ordinal));
        foreach ((string from, string to) in new[]
        {
            ("mqtts://broker:8883", mosquitto.Url.ToString().TrimEnd('/')), ("127.0.0.1:9092", Listen),
            ("http://127.0.0.1:8080", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_console}")), ("every: 10s", "every: 500ms"),
        })
        {
            Assert.Contains(from, configuration, StringComparison.Ordinal);
            configuration = configuration.Replace(from, to, StringComparison.Ordinal);
        }

        File.WriteAllText(_folder["fabric.yaml"], configuration);
        File.WriteAllText(_folder["twins.yaml"], """
            assets:
              - { id: pump-1, model: Pump, path: acme/pump-1, signals: { flow: { unit: m3/h, points: [sensors/pump-1/flow] } } }
            """);
    }

    /// <summary>A bound point, one that nobody bound, and what is no JSON; waits until each is where it belongs.</summary>
    private async Task SendAsync(FabricProcess process, MosquittoServer mosquitto, int round)
    {
        await process.WhenSaidAsync("connector:sensors running", Bound);
        await using MqttSender sender = MqttSender.Start(mosquitto, "fabric", Password);
        await sender.SendAsync("plant7/line-1/pump-1/flow", """{"v":41.2,"ts":"2026-01-10T12:00:00Z","q":"good","unit":"m3/h"}""");
        await sender.SendAsync("plant7/line-1/pump-1/noise", """{"v":7}""");
        await sender.SendAsync("plant7/line-1/pump-1/flow", "no json");
        foreach ((string table, long rows) in new[] { ("raw", 2L), ("telemetry", 1L), ("quarantine", 1L) })
        {
            long found = await Lake.WhenRowsAsync(_folder["data/lake"], table, rows * round, Bound);
            Assert.True(found == rows * round, $"{table} has {found} rows\n{process.Output}");
        }
    }

    private async Task HealthyAsync(FabricProcess process)
    {
        using var http = new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_console}")), Timeout = Bound };
        using HttpResponseMessage health = await http.GetAsync(new Uri("/healthz", UriKind.Relative));
        Assert.True(health.IsSuccessStatusCode, $"{await health.Content.ReadAsStringAsync()}\n{process.Output}");
        string metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.All(
            ["fabric_contextualize_unmapped", "fabric_sink_lag{table=\"raw\"} ", "streams_lag{"],
            name => Assert.Contains(name, metrics, StringComparison.Ordinal));
    }

    /// <summary>What the README asks a fabric that runs.</summary>
    private async Task AskAsync()
    {
        foreach (DocumentedCommand command in Commands.Where(command => command.IsFabric && !command.IsForever && command.IsOfOwnConfiguration))
        {
            (int exitCode, string said) = await FabricProcess.RunInAsync(_folder.Path, Bound, Here(command));
            output.WriteLine($"$ {command.Line}\n{said}");
            Assert.True(exitCode == 0, $"{command.Line}: {exitCode}\n{said}");
        }

        DocumentedCommand kcat = Assert.Single(Commands, command => !command.IsFabric);
        Judge judge = Judge.Program("kcat");
        if (judge.IsPresent)
        {
            // -e: ends at the end instead of waiting for more.
            JudgeResult seen = await judge.RunAsync(null, Bound, [.. Here(kcat), "-e", "-q"]);
            Assert.True(seen.ExitCode == 0 && seen.Output.Contains("pump-1", StringComparison.Ordinal), seen.Error);
        }
    }

    private string Listen => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_kafka}");

    private string[] Here(DocumentedCommand command) =>
        Array.ConvertAll(command.Arguments, word => word.Replace("127.0.0.1:9092", Listen, StringComparison.Ordinal));

    [GeneratedRegex(@"listening on (http\S+/),")]
    private static partial Regex Address();
}
