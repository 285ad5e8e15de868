using System.Globalization;
using System.Text;
using System.Text.Json;
using Fabric.Streams.Graph;

namespace Fabric.Streams;

/// <summary>A topology as it can be shown.</summary>
public sealed record TopologyDescription(
    IReadOnlyList<SubTopologyDescription> SubTopologies, IReadOnlyList<GlobalTableDescription> GlobalTables)
{
    private static readonly JsonSerializerOptions JsonOptions =
        new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    internal static TopologyDescription Of(Topology topology, string? applicationId)
    {
        string Name(TopicName topic) => applicationId is null ? topic.Name : topic.Resolve(applicationId);
        return new TopologyDescription(
            [.. topology.SubTopologies.Select(sub => new SubTopologyDescription(
                sub.Index,
                [.. sub.Nodes.Select(node => Describe(node, Name))],
                [.. sub.Stores.Select(store => new StoreDescription(
                    store.Name, store.IsLogged || sub.SourceOf(store.Name) is not null ? Name(sub.BackingTopic(store.Name)) : null))]))],
            [.. topology.Globals.Select(global => new GlobalTableDescription(global.StoreName, Name(global.Topic)))]);
    }

    /// <summary>As Kafka Streams prints it.</summary>
    public string ToText()
    {
        var text = new StringBuilder("Topologies:\n");
        foreach (SubTopologyDescription sub in SubTopologies)
        {
            text.Append(CultureInfo.InvariantCulture, $"   Sub-topology: {sub.Index}\n");
            foreach (NodeDescription node in sub.Nodes)
            {
                text.Append("    ").Append(Heading(node)).Append('\n')
                    .Append("      --> ").Append(node.Next.Count == 0 ? "none" : string.Join(", ", node.Next)).Append('\n');
            }
        }

        foreach (GlobalTableDescription table in GlobalTables)
        {
            text.Append(CultureInfo.InvariantCulture, $"   Global table: {table.Store} (topic: {table.Topic})\n");
        }

        return text.ToString();
    }

    /// <summary>A Mermaid flowchart: topics slanted, stores as cylinders, one box per sub-topology.</summary>
    public string ToMermaid()
    {
        var text = new StringBuilder("flowchart LR\n");
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        string Id(string kind, string name)
        {
            string key = $"{kind}:{name}";
            if (!ids.TryGetValue(key, out string? id))
            {
                ids.Add(key, id = string.Create(CultureInfo.InvariantCulture, $"{kind}{ids.Count}"));
            }

            return id;
        }

        string Topic(string name) => $"{Id("t", name)}[/\"{name}\"/]";
        foreach (SubTopologyDescription sub in SubTopologies)
        {
            text.Append(CultureInfo.InvariantCulture, $"  subgraph s{sub.Index}[Sub-topology {sub.Index}]\n");
            foreach (NodeDescription node in sub.Nodes)
            {
                text.Append(CultureInfo.InvariantCulture, $"    {Id("n", node.Name)}[\"{node.Name}\"]\n");
            }

            foreach (StoreDescription store in sub.Stores)
            {
                text.Append(CultureInfo.InvariantCulture, $"    {Id("d", store.Name)}[(\"{store.Name}\")]\n");
            }

            text.Append("  end\n");
            foreach (NodeDescription node in sub.Nodes)
            {
                AppendEdges(text, node, Id, Topic);
            }
        }

        return text.ToString();
    }

    /// <summary>Everything, as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonOptions);

    private static void AppendEdges(
        StringBuilder text, NodeDescription node, Func<string, string, string> id, Func<string, string> topic)
    {
        string own = id("n", node.Name);
        if (node.Topic is not null)
        {
            text.Append(node.Kind == "sink" ? $"  {own} --> {topic(node.Topic)}\n" : $"  {topic(node.Topic)} --> {own}\n");
        }

        foreach (string next in node.Next)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {own} --> {id("n", next)}\n");
        }

        foreach (string store in node.Stores)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {own} -.- {id("d", store)}\n");
        }
    }

    private static string Heading(NodeDescription node) => node.Kind switch
    {
        "source" => $"Source: {node.Name} (topics: [{node.Topic}])",
        "table" => $"Source: {node.Name} (topics: [{node.Topic}], table)",
        "sink" => $"Sink: {node.Name} (topic: {node.Topic ?? "chosen per record"})",
        _ => $"Processor: {node.Name} (stores: [{string.Join(", ", node.Stores)}])",
    };

    private static NodeDescription Describe(Node node, Func<TopicName, string> name)
    {
        IReadOnlyList<string> next = [.. node.Children.Select(child => child.Name)];
        return node switch
        {
            SourceNode source => new NodeDescription(
                node.Name, source.IsTable ? "table" : "source", name(source.Topic), node.Stores, next),
            ISinkNode sink => new NodeDescription(
                node.Name, "sink", sink.Topic is { } topic ? name(topic) : null, node.Stores, next),
            _ => new NodeDescription(node.Name, "processor", null, node.Stores, next),
        };
    }
}

/// <param name="Index">As in task ids.</param>
public sealed record SubTopologyDescription(
    int Index, IReadOnlyList<NodeDescription> Nodes, IReadOnlyList<StoreDescription> Stores);

/// <param name="Kind">source, table, processor or sink.</param>
/// <param name="Topic">Of a source or sink; null when chosen per record.</param>
/// <param name="Next">Names of the steps that follow.</param>
public sealed record NodeDescription(
    string Name, string Kind, string? Topic, IReadOnlyList<string> Stores, IReadOnlyList<string> Next);

/// <param name="Topic">From which it is restored; null when it is not.</param>
public sealed record StoreDescription(string Name, string? Topic);

public sealed record GlobalTableDescription(string Store, string Topic);
