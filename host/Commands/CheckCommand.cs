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
        var command = new Command("check", "Validate the configuration and all it refers to; every problem is listed")
        {
            config, json,
        };
        command.SetAction(parsed => parsed.GetValue(json)
            ? CheckAsJson(parsed.GetValue(config)!)
            : Check(parsed.GetValue(config)!));
        return command;
    }

    private static int Check(string path)
    {
        // Problems end the command, all of them listed.
        (FabricConfiguration configuration, IReadOnlyList<BuiltTopology> topologies) = Load(path);
        Console.WriteLine($"{path} is sound");
        Console.WriteLine(
            $"fabric {configuration.Options.Fabric}: {configuration.Connectors.Count} connectors, "
            + $"{configuration.Topologies.Count} topologies, {configuration.Tables.Count} tables, "
            + $"{configuration.Twins?.Points.Count ?? 0} bound points");
        foreach ((string topic, string kept) in Topics(configuration, topologies))
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
        (FabricConfiguration Configuration, IReadOnlyList<BuiltTopology> Topologies)? found = null;
        try
        {
            found = Load(path);
        }
        catch (OptionsException exception)
        {
            problems = exception.Problems;
        }

        var answer = new JsonObject
        {
            ["ok"] = found is not null,
            ["problems"] = new JsonArray([.. problems.Select(problem => new JsonObject
            {
                ["file"] = problem.File, ["line"] = problem.Line, ["column"] = problem.Column, ["path"] = problem.Path,
                ["message"] = problem.Message,
            })]),
        };
        if (found is (var configuration, var topologies))
        {
            answer["topics"] = new JsonObject([.. Topics(configuration, topologies).Select(
                topic => KeyValuePair.Create(topic.Name, (JsonNode?)topic.Kept))]);
            answer["tables"] = new JsonObject([.. configuration.Tables.Select(
                table => KeyValuePair.Create(table.Name, (JsonNode?)ForEver))]);
        }

        Console.WriteLine(answer.ToJsonString());
        return found is not null ? ExitCode.Done : ExitCode.No;
    }

    private static (FabricConfiguration Configuration, IReadOnlyList<BuiltTopology> Topologies) Load(string path)
    {
        FabricConfiguration configuration = CommonOptions.Load(path);
        return (configuration, PlannedTopologies.Of(configuration));
    }

    /// <summary>Topics, those that topologies make included, and how long they keep their records.</summary>
    private static IEnumerable<(string Name, string Kept)> Topics(
        FabricConfiguration configuration, IReadOnlyList<BuiltTopology> topologies)
    {
        FabricOptions options = configuration.Options;
        (string Name, string Kept)[] known =
            [.. TopicsOptions.Known.Select(topic => ($"{options.Fabric}.{topic}", FabricTopics.RetentionOf(topic, options)))];
        IEnumerable<(string Name, string Kept)> made = topologies.SelectMany(topology => topology.Written
            .Where(topic => topic.StartsWith($"{options.Fabric}.", StringComparison.Ordinal))
            .Select(topic => (topic, OptionValues.Format(options.Topics.Default.Retention)))
            .Concat(topology.Repartitions.Select(topic => (topic, "until they are processed")))
            .Concat(topology.Changelogs.Select(topic => (topic, $"{ForEver}, compacted"))));
        return known.Concat(made).DistinctBy(topic => topic.Name);
    }
}
