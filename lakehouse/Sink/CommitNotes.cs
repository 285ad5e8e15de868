using System.Globalization;
using System.Text.Json.Nodes;
using Fabric.Lakehouse.Tables;

namespace Fabric.Lakehouse.Sink;

/// <summary>
/// Where the rows of a commit come from (DESIGN §5.4): members of <c>commitInfo.fabric</c>, and tags of each file, which
/// checkpoints keep and compaction merges.
/// </summary>
public static class CommitNotes
{
    /// <summary>The process that committed.</summary>
    public const string Node = "node";
    public const string Topic = "topic";

    /// <summary>By partition the first and last offset: <c>{"0":[17,42]}</c>. Only partitions with records.</summary>
    public const string Offsets = "offsets";
    public const string Rows = "rows";
    public const string SchemaIds = "schemaIds";
    public const string ContextVersion = "contextVersion";
    public const string TopologyHash = "topologyHash";
    public const string RunId = "runId";

    public const string RunIdTag = "fabric.runId";
    public const string TopicTag = "fabric.topic";
    public const string OffsetsTag = "fabric.offsets";

    /// <summary>Ids in order, joined by commas.</summary>
    public const string SchemaIdsTag = "fabric.schemaIds";

    /// <summary>One number, or least and greatest: <c>12-14</c>.</summary>
    public const string ContextVersionTag = "fabric.contextVersion";
    public const string TopologyHashTag = "fabric.topologyHash";

    /// <summary>Of the file's bytes, hexadecimal.</summary>
    public const string Sha256Tag = "fabric.sha256";

    internal static JsonObject OffsetsOf(IReadOnlyCollection<PartitionProgress> positions)
    {
        var json = new JsonObject();
        foreach (PartitionProgress position in positions.OrderBy(position => position.Partition.Partition))
        {
            if (position.FirstTaken is { } first)
            {
                json[position.Partition.Partition.ToString(CultureInfo.InvariantCulture)] = new JsonArray(first, position.Taken);
            }
        }

        return json;
    }

    internal static string? ContextOf(RowBuffer rows) => rows.ContextVersions is not { } context ? null
        : context.Least == context.Greatest ? context.Least.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{context.Least}-{context.Greatest}");

    internal static Dictionary<string, string?> TagsOf(
        TableDefinition definition, RowBuffer rows, IReadOnlyCollection<PartitionProgress> positions, string? topologyHash)
    {
        var tags = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            [TopicTag] = definition.Topic,
            [OffsetsTag] = OffsetsOf(positions).ToJsonString(),
            [SchemaIdsTag] = string.Join(',', rows.SchemaIds),
        };
        if (ContextOf(rows) is { } context)
        {
            tags[ContextVersionTag] = context;
        }

        if (topologyHash is not null)
        {
            tags[TopologyHashTag] = topologyHash;
        }

        return tags;
    }
}
