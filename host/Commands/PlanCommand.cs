using System.CommandLine;
using Fabric.Host.Configuration;
using Fabric.Host.Runtime;
using Fabric.Kafka.Clients;
using Fabric.Streams;

namespace Fabric.Host.Commands;

/// <summary><c>fabric plan</c>: what the configuration comes to, without running it.</summary>
internal static class PlanCommand
{
    private enum PlanFormat
    {
        Text,
        Mermaid,
        Json,
    }

    public static Command Create()
    {
        Option<string> config = CommonOptions.Config();
        Option<PlanFormat> format = new("--format") { Description = "How topologies are drawn", DefaultValueFactory = _ => PlanFormat.Text };
        var command = new Command("plan", "Connectors, topologies, topics and tables of the configuration") { config, format };
        command.SetAction(parsed => Plan(parsed.GetValue(config)!, parsed.GetValue(format)));
        return command;
    }

    private static int Plan(string path, PlanFormat format)
    {
        FabricConfiguration configuration = CommonOptions.Load(path);
        if (format == PlanFormat.Text)
        {
            PrintParts(configuration);
        }

        using var registry = new UnaskedRegistry();
        foreach (TopologyPlan plan in configuration.Topologies)
        {
            TopologyDescription description = TopologyFactory.Build(plan, configuration, registry.Ids, TimeProvider.System)
                .Describe($"{configuration.Options.Fabric}.{plan.Name}");
            Console.WriteLine(format switch
            {
                PlanFormat.Mermaid => description.ToMermaid(),
                PlanFormat.Json => description.ToJson(),
                _ => $"topology {plan.Name}\n{description.ToText()}",
            });
        }

        return ExitCode.Done;
    }

    private static void PrintParts(FabricConfiguration configuration)
    {
        FabricOptions options = configuration.Options;
        Console.WriteLine($"fabric {options.Fabric}, data in {options.DataFolder}, lake in {options.LakeFolder}");
        Console.WriteLine($"kafka {(options.Kafka.IsEmbedded ? $"embedded at {options.Kafka.Listen}" : options.Kafka.Bootstrap)}");
        foreach (ConnectorPlan connector in configuration.Connectors)
        {
            Console.WriteLine($"connector {connector.Name} reads {connector.Settings.Endpoint} and writes {options.Fabric}.raw");
        }

        foreach (TopicSpec topic in FabricTopics.Of(options))
        {
            Console.WriteLine($"topic {topic.Name}: {topic.Partitions} partitions, "
                + string.Join(", ", topic.Config.Select(setting => $"{setting.Key}={setting.Value}")));
        }

        foreach (Lakehouse.Tables.TableDefinition table in configuration.Tables)
        {
            Console.WriteLine($"table {table.Name} from {table.Topic}, flushed after {table.Flush.Rows} rows, {table.Flush.Bytes} bytes or "
                + Core.Options.OptionValues.Format(table.Flush.Every));
        }
    }
}
