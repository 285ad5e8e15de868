using Fabric.Core.Options;

namespace Fabric.Host.Configuration;

/// <summary>Partitions, replication and retention of the fabric's topics.</summary>
internal sealed record TopicsOptions(TopicOptions Default, IReadOnlyDictionary<string, TopicOptions> ByName)
{
    /// <summary>Topics that a fabric has, without its prefix, and those that never expire (DESIGN §4).</summary>
    public static readonly string[] Known =
    [
        "raw", "telemetry", "quarantine", "gaps", "drift", "predictions", "model_health", "labels", "lineage", "audit", "twins",
        "connectors", "status",
    ];

    private static readonly string[] Kept = ["lineage", "audit", "twins", "connectors"];

    public TopicOptions this[string topic] => ByName.TryGetValue(topic, out TopicOptions? options) ? options : Default;

    public static TopicsOptions Read(OptionReader? reader)
    {
        var standard = new TopicOptions(4, 1, TimeSpan.FromDays(7));
        var byName = new Dictionary<string, TopicOptions>(StringComparer.Ordinal);
        if (reader is not null)
        {
            if (reader.Section("default") is { } section)
            {
                standard = TopicOptions.Read(section, standard);
            }

            foreach (string topic in Known)
            {
                if (reader.Section(topic) is { } own)
                {
                    byName[topic] = TopicOptions.Read(own, standard);
                    if (Kept.Contains(topic) && own.Find("retention") is { } node)
                    {
                        reader.Document.Report(node, $"'{topic}' never expires; remove its retention");
                    }
                }
            }

            reader.Finish();
        }

        return new TopicsOptions(standard, byName);
    }
}

/// <summary>Settings of one topic.</summary>
internal sealed record TopicOptions(int Partitions, short Replication, TimeSpan Retention)
{
    public static TopicOptions Read(OptionReader reader, TopicOptions otherwise)
    {
        var options = new TopicOptions(
            (int)reader.Integer("partitions", otherwise.Partitions, 1, 1000),
            (short)reader.Integer("replication", otherwise.Replication, 1, 15),
            reader.Duration("retention", otherwise.Retention, TimeSpan.FromMinutes(1), TimeSpan.FromDays(3650)));
        reader.Finish();
        return options;
    }
}
