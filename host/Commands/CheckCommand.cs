using System.CommandLine;
using System.Text.Json.Nodes;
using Fabric.Core.Options;
using Fabric.Host.Configuration;
using Fabric.Host.Runtime;

namespace Fabric.Host.Commands;

/// <summary><c>fabric check</c>: every mistake of the configuration and the files it names, or what it comes to.</summary>
internal static class CheckCommand
{
    private const string ForEver = "for ever";

    public static Command Create()
    {
        Option<string> config = CommonOptions.Config();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("check", "Validate the configuration and all it refers to; every problem is listed") { config, json };
        command.SetAction(parsed => parsed.GetValue(json) ? CheckAsJson(parsed.GetValue(config)!) : Check(parsed.GetValue(config)!));
        return command;
    }

    private static int Check(string path)
    {
        FabricConfiguration configuration = Load(path); // problems end the command, all of them listed
        Console.WriteLine($"{path} is sound");
        Console.WriteLine(
            $"fabric {configuration.Options.Fabric}: {configuration.Connectors.Count} connectors, {configuration.Topologies.Count} topologies, "
            + $"{configuration.Tables.Count} tables, {configuration.Twins?.Points.Count ?? 0} bound points");
        foreach ((string topic, string kept) in Topics(configuration))
        {
            Console.WriteLine($"  topic {topic} keeps its records: {kept}");
        }

        foreach (Lakehouse.Tables.TableDefinition table in configuration.Tables)
        {
            Console.WriteLine($"  table {table.Name} keeps its rows: {ForEver}");
        }

        return ExitCode.Done;
    }

    private static int CheckAsJson(string path)
    {
        IReadOnlyList<OptionProblem> problems = [];
        FabricConfiguration? configuration = null;
        try
        {
            configuration = Load(path);
        }
        catch (OptionsException exception)
        {
            problems = exception.Problems;
        }

        var answer = new JsonObject
        {
            ["ok"] = configuration is not null,
            ["problems"] = new JsonArray([.. problems.Select(problem => new JsonObject
            {
                ["file"] = problem.File, ["line"] = problem.Line, ["column"] = problem.Column, ["path"] = problem.Path,
                ["message"] = problem.Message,
            })]),
        };
        if (configuration is not null)
        {
            answer["topics"] = new JsonObject([.. Topics(configuration).Select(topic => KeyValuePair.Create(topic.Name, (JsonNode?)topic.Kept))]);
            answer["tables"] = new JsonObject([.. configuration.Tables.Select(table => KeyValuePair.Create(table.Name, (JsonNode?)ForEver))]);
        }

        Console.WriteLine(answer.ToJsonString());
        return configuration is not null ? ExitCode.Done : ExitCode.No;
    }

    private static FabricConfiguration Load(string path)
    {
        FabricConfiguration configuration = CommonOptions.Load(path);
        using var registry = new UnaskedRegistry();
        IReadOnlyList<OptionProblem> problems = TopologyFactory.Check(configuration, registry.Ids, TimeProvider.System);
        return problems.Count == 0 ? configuration : throw new OptionsException(problems);
    }

    /// <summary>Topics and how long they keep their records.</summary>
    private static IEnumerable<(string Name, string Kept)> Topics(FabricConfiguration configuration) => TopicsOptions.Known.Select(topic =>
        ($"{configuration.Options.Fabric}.{topic}", FabricTopics.RetentionOf(topic, configuration.Options)));
}
