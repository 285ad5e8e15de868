using Fabric.Kafka.Clients;
using Fabric.Streams.Dsl;
using Fabric.Streams.Graph;

namespace Fabric.Streams.Runtime;

/// <summary>
/// How many partitions each topic has, checked against what joins need, and the topology's own topics made.
/// </summary>
internal sealed class TopicPlan
{
    private readonly Topology _topology;
    private readonly StreamsConfig _config;
    private readonly Dictionary<string, int> _partitions = new(StringComparer.Ordinal);

    private TopicPlan(Topology topology, StreamsConfig config)
    {
        _topology = topology;
        _config = config;
    }

    public int PartitionsOf(TopicName topic) => PartitionsOf(topic.Resolve(_config.ApplicationId));

    /// <summary>0 for a topic that is not part of the topology (one chosen per record).</summary>
    public int PartitionsOf(string topic) => _partitions.GetValueOrDefault(topic);

    /// <exception cref="StreamsException">
    /// <c>TOPICS_MISSING</c> names all; <c>COPARTITIONS_DIFFER</c> names the join.
    /// </exception>
    public static async Task<TopicPlan> MakeAsync(
        Topology topology, StreamsConfig config, IKafkaAdmin admin, CancellationToken cancellationToken)
    {
        var plan = new TopicPlan(topology, config);
        await plan.CountOthersAsync(admin, cancellationToken).ConfigureAwait(false);
        plan.SettleCopartitions();
        plan.SettleRepartitions();
        plan.CheckCopartitions();
        await admin.EnsureTopicsAsync(plan.OwnTopics(), cancellationToken).ConfigureAwait(false);
        return plan;
    }

    private async Task CountOthersAsync(IKafkaAdmin admin, CancellationToken cancellationToken)
    {
        List<string> missing = [];
        IEnumerable<TopicName> read = _topology.SubTopologies.SelectMany(sub => sub.Sources).Select(source => source.Topic);
        IEnumerable<TopicName> written = _topology.SubTopologies.SelectMany(sub => sub.Sinks)
            .Select(sink => sink.Topic).OfType<TopicName>();
        foreach (string topic in read.Concat(written).Concat(_topology.Globals.Select(global => global.Topic))
            .Where(topic => !topic.IsInternal).Select(topic => topic.Name).Distinct(StringComparer.Ordinal))
        {
            int partitions = await admin.PartitionCountAsync(topic, cancellationToken).ConfigureAwait(false);
            _partitions[topic] = partitions;
            if (partitions == 0)
            {
                missing.Add(topic);
            }
        }

        if (missing.Count > 0)
        {
            throw new StreamsException(
                "TOPICS_MISSING", $"'{_config.ApplicationId}' needs topics that do not exist: {string.Join(", ", missing)}",
                isRetriable: true);
        }
    }

    /// <summary>A repartition topic that is joined takes the number of what it is joined with.</summary>
    private void SettleCopartitions()
    {
        foreach (CopartitionGroup group in _topology.CopartitionGroups)
        {
            int others = group.Topics.Max(PartitionsOf);
            foreach (TopicName topic in group.Topics)
            {
                if (others > 0 && _topology.RepartitionTopics.TryGetValue(topic, out RepartitionTopic? own) && own.Partitions is null)
                {
                    _partitions[topic.Resolve(_config.ApplicationId)] = others;
                }
            }
        }
    }

    /// <summary>The others take the number said, or the greatest that feeds them; chains settle from the front.</summary>
    private void SettleRepartitions()
    {
        for (int round = 0; round <= _topology.RepartitionTopics.Count; round++)
        {
            foreach (RepartitionTopic own in _topology.RepartitionTopics.Values)
            {
                string name = own.Topic.Resolve(_config.ApplicationId);
                if (PartitionsOf(name) == 0)
                {
                    _partitions[name] = own.Partitions ?? _topology.SubTopologies
                        .Where(sub => sub.Sinks.Any(sink => sink.Topic == own.Topic))
                        .SelectMany(sub => sub.Sources).Max(source => PartitionsOf(source.Topic));
                }
            }
        }
    }

    private void CheckCopartitions()
    {
        foreach (CopartitionGroup group in _topology.CopartitionGroups)
        {
            if (group.Topics.Select(PartitionsOf).Distinct().Count() > 1)
            {
                throw new StreamsException(
                    "COPARTITIONS_DIFFER",
                    "Topics that are joined must have the same number of partitions: "
                    + string.Join(", ", group.Topics.Select(topic => $"{topic.Name} has {PartitionsOf(topic)}")),
                    group.Reason);
            }
        }
    }

    private List<TopicSpec> OwnTopics()
    {
        List<TopicSpec> topics =
        [
            .. _topology.RepartitionTopics.Keys.Select(topic => Spec(
                topic, PartitionsOf(topic),
                new Dictionary<string, string> { ["cleanup.policy"] = "delete", ["retention.ms"] = "-1" })),
        ];
        foreach (SubTopology sub in _topology.SubTopologies)
        {
            int tasks = sub.Sources.Max(source => PartitionsOf(source.Topic));
            topics.AddRange(sub.Stores.Where(store => store.IsLogged).Select(store => Spec(
                sub.BackingTopic(store.Name), tasks, new Dictionary<string, string> { ["cleanup.policy"] = "compact" })));
        }

        foreach (TopicSpec topic in topics)
        {
            _partitions[topic.Name] = topic.Partitions;
        }

        return topics;
    }

    private TopicSpec Spec(TopicName topic, int partitions, Dictionary<string, string> settings) =>
        new(topic.Resolve(_config.ApplicationId), partitions, _config.ReplicationFactor, settings);
}
