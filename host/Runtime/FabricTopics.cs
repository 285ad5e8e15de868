using System.Globalization;
using Fabric.Host.Configuration;
using Fabric.Kafka.Clients;

namespace Fabric.Host.Runtime;

/// <summary>The topics of a fabric as they should be (DESIGN §4).</summary>
internal static class FabricTopics
{
    /// <summary>Who looked at what, and why.</summary>
    public const string Audit = "audit";

    /// <summary>One partition each: their order is global, or their size small.</summary>
    private static readonly string[] Single = ["twins", "connectors", "status", Audit];

    private static readonly string[] Compacted = ["twins", "connectors", "status"];

    private static readonly string[] KeptForEver = ["lineage", Audit];

    /// <summary>Topics that something in this version writes or reads.</summary>
    private static readonly string[] Used =
        ["raw", "telemetry", "quarantine", "gaps", "drift", "lineage", Audit, "twins", "connectors", "status"];

    public static IReadOnlyList<TopicSpec> Of(FabricOptions options) =>
        [.. Used.Select(topic => Spec(topic, options))];

    /// <summary>A topic that a topology of the user's writes: as <c>topics.default</c> says.</summary>
    /// <param name="name">With the fabric's prefix.</param>
    public static TopicSpec OfTopology(string name, FabricOptions options) => new(
        name, options.Topics.Default.Partitions, options.Topics.Default.Replication, Retention(options.Topics.Default.Retention));

    /// <summary>How long a topic keeps its records, for people.</summary>
    public static string RetentionOf(string topic, FabricOptions options) =>
        Compacted.Contains(topic) ? "for ever, compacted"
        : KeptForEver.Contains(topic) ? "for ever"
        : Fabric.Core.Options.OptionValues.Format(options.Topics[topic].Retention);

    private static TopicSpec Spec(string topic, FabricOptions options)
    {
        TopicOptions settings = options.Topics[topic];
        Dictionary<string, string> config = Compacted.Contains(topic)
            ? new(StringComparer.Ordinal) { ["cleanup.policy"] = "compact" }
            : Retention(KeptForEver.Contains(topic) ? null : settings.Retention);
        return new TopicSpec(
            $"{options.Fabric}.{topic}", Single.Contains(topic) ? 1 : settings.Partitions, settings.Replication, config);
    }

    /// <param name="retention">Null: for ever.</param>
    private static Dictionary<string, string> Retention(TimeSpan? retention) => new(StringComparer.Ordinal)
    {
        ["retention.ms"] = retention is { } kept ? ((long)kept.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) : "-1",
    };
}
