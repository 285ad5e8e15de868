using System.CommandLine;
using Fabric.Host.Commands;
using Fabric.Host.Tests.EndToEnd;
using Fabric.Testing;

namespace Fabric.Host.Tests;

/// <summary>The command line as a contract: exit codes, and JSON wherever something is listed.</summary>
public sealed class CommandLineTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    /// <summary>Commands that do something instead of listing something.</summary>
    private static readonly string[] Doing = ["run", "broker", "registry", "new topology", "privacy key", "quarantine replay"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_listing_has_json()
    {
        string[] without = [.. Leaves(FabricCommand.Create(), "").Where(leaf => leaf.Command.Options.All(option => option.Name != "--json"))
            .Select(leaf => leaf.Path)];
        Assert.Equal(Doing.Order(), without.Order());
    }

    [Theory]
    [InlineData(2, "unknown command 'chekc'; did you mean 'check'?", "chekc")]
    [InlineData(2, "unknown command 'lst'; did you mean 'list'?", "tables", "lst")]
    [InlineData(2, "Required command was not provided", "tables")]
    [InlineData(2, "--advertise: expected a host and port", "broker", "--data", "d", "--advertise", "edge-1")]
    [InlineData(2, "", "sql")]
    [InlineData(2, "did you mean 'broker'", "run", "--only", "brokr")]
    [InlineData(2, "expected a time", "sql", "SELECT 1", "--as-of", "yesterday")]
    [InlineData(2, "DUCKDB_STATEMENT", "sql", "SELEKT 1")]
    [InlineData(2, "DUCKDB_FORBIDDEN", "sql", "CREATE TABLE t (a INT)")]
    [InlineData(2, "--partitions", "broker", "--data", "d", "--partitions", "many")]
    [InlineData(1, "unknown table 'nope'; there is no table yet", "sql", "SELECT * FROM nope")]
    [InlineData(0, "1", "sql", "SELECT 1")]
    [InlineData(0, "is sound", "check")]
    [InlineData(1, "there is no table 'nope'", "tables", "show", "nope")]
    [InlineData(1, "TABLE_UNKNOWN", "lineage", "trace", "--table", "nope", "--row", "true")]
    [InlineData(1, "no table 'raw' yet", "twin", "unmapped")]
    [InlineData(1, "cannot be read", "check", "--config", "nope.yaml")]
    [InlineData(3, "BROKER_NOT_STARTED", "quarantine", "list")]
    [InlineData(3, "REGISTRY_NOT_STARTED", "quarantine", "list", "--kafka", "127.0.0.1:9092")]
    public async Task Exit_code_says_what_kind_of_answer_it_is(int exitCode, string said, params string[] words)
    {
        File.WriteAllText(_folder["fabric.yaml"], "fabric: f\nkafka: { bootstrap: embedded, listen: 127.0.0.1:0 }\n");
        (int code, string output) = await FabricProcess.RunInAsync(_folder.Path, Bound, words);
        Assert.True(code == exitCode && output.Contains(said, StringComparison.Ordinal), $"{code}: {output}");
    }

    [Fact]
    public async Task Check_with_mistakes_lists_them_all_and_says_no_secret()
    {
        File.WriteAllText(_folder["password"], "hunter2\n");
        File.WriteAllText(_folder["fabric.yaml"], """
            fabric: f
            connectors:
              - { name: a, kind: mqtt, url: mqtt://h, subscribe: [a], user: u, password: "${file:password}", pasword: x }
              - { name: b, kind: mqtt, url: mqtt://h, subscribe: [b], user: u, password: hunter2 }
              - { name: c, kind: opcua }
            tabels: {}
            """);
        (int code, string said) = await FabricProcess.RunInAsync(_folder.Path, Bound, "check");
        Assert.Equal(1, code);
        string[] expected = ["fabric.yaml:3:", "fabric.yaml:4:", "fabric.yaml:5:", "fabric.yaml:6:", "did you mean 'password'", "are not built yet", "did you mean 'tables'"];
        Assert.All(expected, text => Assert.Contains(text, said, StringComparison.Ordinal));
        Assert.DoesNotContain("hunter2", said, StringComparison.Ordinal);
        (int again, string json) = await FabricProcess.RunInAsync(_folder.Path, Bound, "check", "--json");
        Assert.Equal(1, again);
        System.Text.Json.JsonElement answer = System.Text.Json.JsonDocument.Parse(json).RootElement;
        Assert.False(answer.GetProperty("ok").GetBoolean());
        Assert.Equal(said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, answer.GetProperty("problems").GetArrayLength());
        Assert.DoesNotContain("hunter2", json, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("check", "--json")]
    [InlineData("plan")]
    [InlineData("plan", "--json")]
    [InlineData("plan", "--format", "mermaid")]
    public async Task Secrets_of_a_sound_configuration_are_not_printed(params string[] words)
    {
        File.WriteAllText(_folder["password"], "hunter2\n");
        File.WriteAllText(_folder["fabric.yaml"], """
            fabric: f
            kafka: { bootstrap: "k:9093", client: { sasl.username: u, sasl.password: "${file:password}" } }
            connectors:
              - { name: a, kind: mqtt, url: mqtt://h, subscribe: [a], topic: "{device}", user: u, password: "${file:password}", payload: { format: number } }
            """);
        (int code, string said) = await FabricProcess.RunInAsync(_folder.Path, Bound, words);
        Assert.True(code == 0, said);
        Assert.DoesNotContain("hunter2", said, StringComparison.Ordinal);
    }

    private static IEnumerable<(string Path, Command Command)> Leaves(Command command, string path) => command.Subcommands.Count == 0
        ? [(path, command)]
        : command.Subcommands.SelectMany(child => Leaves(child, path.Length == 0 ? child.Name : $"{path} {child.Name}"));
}
