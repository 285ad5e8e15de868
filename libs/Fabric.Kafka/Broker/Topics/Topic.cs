namespace Fabric.Kafka.Broker.Topics;

/// <summary>A topic with its open logs. Only the loop touches it.</summary>
internal sealed class Topic(string name, Guid id, IReadOnlyDictionary<string, string> configs, LogState[] partitions)
{
    public string Name { get; } = name;

    /// <summary>Drawn once at creation; a topic made anew under the same name is another.</summary>
    public Guid Id { get; } = id;

    /// <summary>What was set for this topic, by Kafka's names; everything else comes from the broker.</summary>
    public IReadOnlyDictionary<string, string> Configs { get; set; } = configs;

    /// <summary>By partition number, from 0, without gaps.</summary>
    public LogState[] Partitions { get; set; } = partitions;

    /// <summary>How many copies <c>acks=all</c> asks for; there is never more than one.</summary>
    public int MinInSyncReplicas { get; set; } = 1;

    /// <summary>Null when there is no such partition.</summary>
    public LogState? Find(int partition) =>
        (uint)partition < (uint)Partitions.Length ? Partitions[partition] : null;
}

/// <summary>A topic as it is remembered over restarts.</summary>
internal sealed record TopicRecord(string Name, Guid Id, int Partitions, IReadOnlyDictionary<string, string> Configs);

/// <summary>Everything that is remembered about topics and settings.</summary>
/// <param name="BrokerConfigs">Broker settings changed while running, by Kafka's names.</param>
internal sealed record CatalogRecord(
    IReadOnlyList<TopicRecord> Topics, IReadOnlyDictionary<string, string> BrokerConfigs)
{
    public static readonly CatalogRecord Empty = new([], new Dictionary<string, string>());
}
