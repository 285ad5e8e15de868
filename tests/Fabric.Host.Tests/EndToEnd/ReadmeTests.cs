using System.Text.RegularExpressions;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>The README followed by the letter: its commands, in its order, in an empty folder, over what its demo leaves there.</summary>
[Collection("EndToEnd")]
public sealed partial class ReadmeTests(DemoRun demo, ITestOutputHelper output)
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    private static IEnumerable<DocumentedCommand> ToRun => DocumentedCommands.Of("README.md")
        .Where(command => DocumentedCommands.ReasonNotToRun(command) is null);

    [SkippableFact]
    public async Task Commands_over_the_demo_answer_in_the_order_in_which_they_stand()
    {
        (int ended, string told) = await demo.WhenDoneAsync();
        Assert.True(ended == 0, told);
        DocumentedCommand[] commands = [.. ToRun.Where(command => command.IsFabric && !command.IsForever && !command.IsOfOwnConfiguration)];
        Assert.Equal(["demo", "--seconds", "60", "--data", DemoRun.Data], commands[0].Arguments);
        foreach (DocumentedCommand command in commands.Skip(1))
        {
            (int exitCode, string said) = await FabricProcess.RunInAsync(demo.Folder, Bound, command.Arguments);
            output.WriteLine($"$ {command.Line}\n{said}");
            Assert.True(exitCode == 0, $"{command.Line}: {exitCode}\n{said}");
            Assert.NotEqual("", said.Trim());
        }

        output.WriteLine($"measured {commands.Length} commands of the README run over the demo");
    }

    [SkippableFact]
    public async Task Tables_named_in_python_are_there()
    {
        await demo.WhenDoneAsync();
        string[] tables = [.. MarkdownText.Blocks(File.ReadAllText(Path.Combine(TestData.RepositoryRoot, "README.md")), "python")
            .SelectMany(block => NamedTable().Matches(block)).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(tables);
        Assert.All(tables, table => Assert.True(Directory.Exists(Path.Combine(demo.Folder, table, "_delta_log")), table));
    }

    [SkippableFact]
    public async Task Command_that_tables_show_prints_answers()
    {
        await demo.WhenDoneAsync();
        (_, string said) = await FabricProcess.RunAsync(Bound, "tables", "show", "telemetry", "--config", demo.Configuration);
        string line = said.Split('\n').Single(line => line.StartsWith("Fabric ", StringComparison.Ordinal));
        string[] words = [.. MarkdownText.ShellWords(line).Skip(2)];
        (int exitCode, string rows) = await FabricProcess.RunInAsync(Path.GetDirectoryName(demo.Configuration)!, Bound, words);
        Assert.True(exitCode == 0, rows);
    }

    [GeneratedRegex("DeltaTable\\(\"([^\"]+)\"")]
    private static partial Regex NamedTable();
}
