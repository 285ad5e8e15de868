using System.CommandLine;
using System.Text.Json.Nodes;
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
        Option<PlanFormat> format = new("--format")
        {
            Description = "How it is told; mermaid draws the topologies", DefaultValueFactory = _ => PlanFormat.Text,
        };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("plan", "Connectors, topologies, topics and tables of the configuration") { config, format, json };
        command.SetAction(parsed => Plan(
            parsed.GetValue(config)!, parsed.GetValue(json) ? PlanFormat.Json : parsed.GetValue(format)));
        return command;
    }

    private static int Plan(string path, PlanFormat format)
    {
        FabricConfiguration configuration = CommonOptions.Load(path);
        (string Name, TopologyDescription Described)[] topologies =
            [.. PlannedTopologies.Of(configuration).Select(topology => (topology.Plan.Name, topology.Description))];
        switch (format)
        {
            case PlanFormat.Json:
                Console.WriteLine(Json(configuration, topologies).ToJsonString());
                break;
            case PlanFormat.Mermaid:
                Array.ForEach(topologies, topology => Console.WriteLine(topology.Described.ToMermaid()));
                break;
            default:
                PrintParts(configuration);
                Array.ForEach(
                    topologies, topology => Console.WriteLine($"topology {topology.Name}\n{topology.Described.ToText()}"));
                break;
        }

        return ExitCode.Done;
    }

    private static JsonObject Json(
        FabricConfiguration configuration, (string Name, TopologyDescription Described)[] topologies)
    {
        FabricOptions options = configuration.Options;
        return new JsonObject
        {
            ["fabric"] = options.Fabric, ["data"] = options.DataFolder, ["lake"] = options.LakeFolder,
            ["kafka"] = options.Kafka.IsEmbedded ? "embedded" : options.Kafka.Bootstrap,
            ["connectors"] = new JsonArray([.. configuration.Connectors.Select(connector => new JsonObject
            {
                ["name"] = connector.Name, ["reads"] = connector.Settings.Endpoint, ["writes"] = $"{options.Fabric}.raw",
            })]),
            ["topics"] = new JsonArray([.. FabricTopics.Of(options).Select(topic => new JsonObject
            {
                ["name"] = topic.Name, ["partitions"] = topic.Partitions, ["replication"] = topic.ReplicationFactor,
                ["config"] = new JsonObject([.. topic.Config.Select(
                    setting => KeyValuePair.Create(setting.Key, (JsonNode?)setting.Value))]),
            })]),
            ["topologies"] = new JsonArray([.. topologies.Select(topology => new JsonObject
            {
                ["name"] = topology.Name, ["topology"] = JsonNode.Parse(topology.Described.ToJson()),
            })]),
            ["tables"] = new JsonArray([.. configuration.Tables.Select(table => new JsonObject
            {
                ["name"] = table.Name, ["topic"] = table.Topic, ["flush_rows"] = table.Flush.Rows,
                ["flush_bytes"] = table.Flush.Bytes, ["flush_every_ms"] = (long)table.Flush.Every.TotalMilliseconds,
            })]),
        };
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
