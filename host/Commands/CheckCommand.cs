using System.CommandLine;
using Fabric.Core.Options;
using Fabric.Host.Configuration;
using Fabric.Host.Runtime;

namespace Fabric.Host.Commands;

/// <summary><c>fabric check</c>: every mistake of the configuration and the files it names, or what it comes to.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        Option<string> config = CommonOptions.Config();
        var command = new Command("check", "Validate the configuration and all it refers to; every problem is listed") { config };
        command.SetAction(parsed => Check(parsed.GetValue(config)!));
        return command;
    }

    private static int Check(string path)
    {
        FabricConfiguration configuration = CommonOptions.Load(path); // problems end the command, all of them listed
        using var registry = new UnaskedRegistry();
        IReadOnlyList<OptionProblem> problems = TopologyFactory.Check(configuration, registry.Ids, TimeProvider.System);
        if (problems.Count > 0)
        {
            throw new OptionsException(problems);
        }

        FabricOptions options = configuration.Options;
        Console.WriteLine($"{path} is sound");
        Console.WriteLine(
            $"fabric {options.Fabric}: {configuration.Connectors.Count} connectors, {configuration.Topologies.Count} topologies, "
            + $"{configuration.Tables.Count} tables, {configuration.Twins?.Points.Count ?? 0} bound points");
        foreach (string topic in TopicsOptions.Known)
        {
            Console.WriteLine($"  topic {options.Fabric}.{topic} keeps its records: {FabricTopics.RetentionOf(topic, options)}");
        }

        foreach (Lakehouse.Tables.TableDefinition table in configuration.Tables)
        {
            Console.WriteLine($"  table {table.Name} keeps its rows: for ever");
        }

        return ExitCode.Done;
    }
}
