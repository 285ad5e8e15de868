using System.Globalization;
using Fabric.Host.Configuration;
using Fabric.Kafka.Clients;

namespace Fabric.Host.Runtime;

/// <summary>The topics of a fabric as they should be (DESIGN §4).</summary>
internal static class FabricTopics
{
    /// <summary>One partition each: their order is global, or their size small.</summary>
    private static readonly string[] Single = ["twins", "connectors", "status"];

    private static readonly string[] Compacted = ["twins", "connectors", "status"];

    private static readonly string[] KeptForEver = ["lineage", "audit"];

    /// <summary>Topics that something in this version writes or reads.</summary>
    private static readonly string[] Used =
        ["raw", "telemetry", "quarantine", "gaps", "drift", "lineage", "twins", "connectors", "status"];

    public static IReadOnlyList<TopicSpec> Of(FabricOptions options) =>
        [.. Used.Select(topic => Spec(topic, options))];

    /// <summary>How long a topic keeps its records, for people.</summary>
    public static string RetentionOf(string topic, FabricOptions options) =>
        Compacted.Contains(topic) ? "for ever, compacted"
        : KeptForEver.Contains(topic) ? "for ever"
        : Fabric.Core.Options.OptionValues.Format(options.Topics[topic].Retention);

    private static TopicSpec Spec(string topic, FabricOptions options)
    {
        TopicOptions settings = options.Topics[topic];
        var config = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Compacted.Contains(topic))
        {
            config["cleanup.policy"] = "compact";
        }
        else
        {
            config["retention.ms"] = KeptForEver.Contains(topic)
                ? "-1"
                : ((long)settings.Retention.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        }

        return new TopicSpec(
            $"{options.Fabric}.{topic}", Single.Contains(topic) ? 1 : settings.Partitions, settings.Replication, config);
    }
}
