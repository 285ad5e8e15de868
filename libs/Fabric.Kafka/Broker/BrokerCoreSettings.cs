using Fabric.Kafka.Log;

namespace Fabric.Kafka.Broker;

/// <summary>What the core has to know of how the broker was started.</summary>
internal sealed record BrokerCoreSettings
{
    public int NodeId { get; init; } = 1;

    public string AdvertisedHost { get; init; } = "127.0.0.1";

    public int DefaultPartitions { get; init; } = 1;

    public bool AutoCreateTopics { get; init; } = true;

    public FsyncPolicy Fsync { get; init; } = FsyncPolicy.Always;

    public TimeSpan FsyncInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long after the start old segments are looked for the first time, at the latest (Kafka's <c>log.initial.task.delay.ms</c>).</summary>
    public static TimeSpan FirstRetentionCheck { get; } = TimeSpan.FromSeconds(30);

    public TimeSpan RetentionCheckInterval { get; init; } = TimeSpan.FromMinutes(5);

    public TimeSpan CompactionCheckInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The disk the logs stand on.</summary>
    public ILogFiles Files { get; init; } = DiskLogFiles.Instance;

    public BrokerLimits Limits { get; init; } = new();

    /// <summary>Broker settings that topics fall back to, by Kafka's broker names.</summary>
    public IReadOnlyDictionary<string, string> TopicDefaults { get; init; } = new Dictionary<string, string>();
}
