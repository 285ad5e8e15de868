using System.Collections.Frozen;
using System.Globalization;
using Fabric.Kafka.Log;

namespace Fabric.Kafka.Broker.Configs;

/// <summary>
/// The topic settings this broker obeys, with Kafka's names, defaults and broker synonyms. A setting that is not here is refused,
/// because it would be ignored.
/// </summary>
internal static class TopicConfigKeys
{
    public const string CleanupPolicyName = "cleanup.policy";
    public const string MinInSyncReplicasName = "min.insync.replicas";

    private const long WeekMs = 7L * 24 * 3600 * 1000;
    private const long DayMs = 24L * 3600 * 1000;

    public static readonly IReadOnlyList<ConfigKey> All =
    [
        new(CleanupPolicyName, ConfigType.List, "delete",
            "What becomes of old records: delete them, keep the last per key (compact), or both.",
            "log.cleanup.policy", Values: ["delete", "compact"]),
        new("compression.type", ConfigType.String, "producer",
            "Batches are kept as the producer compressed them; the broker does not recompress.",
            "compression.type", Values: ["producer"]),
        new("delete.retention.ms", ConfigType.Long, Text(DayMs),
            "How long a tombstone of a compacted topic is kept.", "log.cleaner.delete.retention.ms", 0),
        new("index.interval.bytes", ConfigType.Int, "4096",
            "Bytes of log between two entries of the index.", "log.index.interval.bytes", 0),
        new("max.message.bytes", ConfigType.Int, "1048588",
            "Largest batch accepted, in bytes.", "message.max.bytes", 0),
        new("message.timestamp.type", ConfigType.String, "CreateTime",
            "Whether timestamps are the producer's or the broker's.",
            "log.message.timestamp.type", Values: ["CreateTime", "LogAppendTime"]),
        new("min.cleanable.dirty.ratio", ConfigType.Double, "0.5",
            "Share of a log that must be new before it is compacted.", "log.cleaner.min.cleanable.ratio", 0, 1),
        new("min.compaction.lag.ms", ConfigType.Long, "0",
            "How long a record stays safe from compaction.", "log.cleaner.min.compaction.lag.ms", 0),
        new(MinInSyncReplicasName, ConfigType.Int, "1",
            "Replicas that must hold a batch before acks=all succeeds; there is one.", "min.insync.replicas", 1),
        new("retention.bytes", ConfigType.Long, "-1",
            "Bytes a partition keeps; -1 for no bound.", "log.retention.bytes", -1),
        new("retention.ms", ConfigType.Long, Text(WeekMs),
            "How long records are kept; -1 for ever.", "log.retention.ms", -1),
        new("segment.bytes", ConfigType.Int, "1073741824",
            "Bytes after which a segment file is closed.", "log.segment.bytes", 14),
        new("segment.ms", ConfigType.Long, Text(WeekMs),
            "Time after which a segment file is closed.", "log.roll.ms", 1),
    ];

    private static readonly FrozenDictionary<string, ConfigKey> ByName = All.ToFrozenDictionary(key => key.Name);

    public static ConfigKey? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Null when all can be set together, else what is wrong with the first that cannot.</summary>
    public static string? Problem(IEnumerable<KeyValuePair<string, string>> configs)
    {
        foreach ((string name, string value) in configs)
        {
            string? problem = Find(name) is { } key ? key.Problem(value) : $"Unknown topic config name: {name}";
            if (problem is not null)
            {
                return problem;
            }
        }

        return null;
    }

    /// <summary>What a log has to know.</summary>
    /// <param name="value">The value in force of each setting of <see cref="All"/>, already checked.</param>
    public static LogConfig ToLogConfig(Func<string, string> value) => new()
    {
        CleanupPolicy = ConfigKey.Split(value(CleanupPolicyName))
            .Aggregate(default(CleanupPolicy), (all, word) => all | (word == "compact" ? CleanupPolicy.Compact : CleanupPolicy.Delete)),
        DeleteRetentionMs = Long(value("delete.retention.ms")),
        IndexIntervalBytes = Int(value("index.interval.bytes")),
        MaxMessageBytes = Int(value("max.message.bytes")),
        MessageTimestampType = Enum.Parse<TimestampType>(value("message.timestamp.type")),
        MinCleanableDirtyRatio = double.Parse(value("min.cleanable.dirty.ratio"), CultureInfo.InvariantCulture),
        MinCompactionLagMs = Long(value("min.compaction.lag.ms")),
        RetentionBytes = Long(value("retention.bytes")),
        RetentionMs = Long(value("retention.ms")),
        SegmentBytes = Int(value("segment.bytes")),
        SegmentMs = Long(value("segment.ms")),
    };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Int(string value) => int.Parse(value, CultureInfo.InvariantCulture);

    private static long Long(string value) => long.Parse(value, CultureInfo.InvariantCulture);
}
