using Fabric.Kafka.Broker.Configs;
using Fabric.Kafka.Protocol;
using Microsoft.Extensions.Logging;

namespace Fabric.Kafka.Broker.Topics;

/// <summary>A topic somebody wants.</summary>
/// <param name="Partitions">-1 for the broker's default.</param>
/// <param name="ReplicationFactor">-1 or 1: there is one node.</param>
/// <param name="Assignments">Node ids by partition; empty to leave it to the broker.</param>
internal sealed record TopicRequest(
    string Name, int Partitions, short ReplicationFactor, IReadOnlyList<(int Partition, int[] Nodes)> Assignments,
    IReadOnlyList<KeyValuePair<string, string?>> Configs);

/// <summary>How an administrative request went.</summary>
internal readonly record struct Outcome(ErrorCode Error, string? Message)
{
    public static readonly Outcome Done = new(ErrorCode.None, null);
}

/// <summary>The rules for making, growing and deleting topics; handlers only translate. Runs on the loop.</summary>
internal sealed partial class TopicAdministration(BrokerCore core, ILogger log)
{
    /// <summary>Makes a topic that a client asked metadata of, with the broker's defaults.</summary>
    public ErrorCode AutoCreate(string name, out Topic? topic)
    {
        topic = null;
        Outcome outcome = Create(new TopicRequest(name, -1, -1, [], []), isDryRun: false);
        return outcome.Error == ErrorCode.None && core.Topics.TryGet(name, out topic) ? ErrorCode.None : outcome.Error;
    }

    /// <summary>The partitions the topic would have.</summary>
    public int PartitionsOf(TopicRequest request) => request.Assignments.Count > 0
        ? request.Assignments.Count
        : request.Partitions == -1 ? core.Settings.DefaultPartitions : request.Partitions;

    public Outcome Create(TopicRequest request, bool isDryRun)
    {
        Outcome outcome = CheckCreate(request);
        if (outcome.Error != ErrorCode.None || isDryRun)
        {
            return outcome;
        }

        return OnDisk(request.Name, () => core.CreateTopic(
            request.Name, PartitionsOf(request), request.Configs.ToDictionary(config => config.Key, config => config.Value!)));
    }

    public Outcome Delete(Topic topic) => OnDisk(topic.Name, () => core.DeleteTopic(topic));

    /// <param name="assignments">Node ids for each partition added; null to leave it to the broker.</param>
    public Outcome Grow(string name, int count, IReadOnlyList<int[]>? assignments, bool isDryRun)
    {
        if (!core.Topics.TryGet(name, out Topic? topic))
        {
            return new Outcome(ErrorCode.UnknownTopicOrPartition, $"The topic '{name}' does not exist.");
        }

        int added = count - topic.Partitions.Length;
        if (added <= 0)
        {
            return new Outcome(ErrorCode.InvalidPartitions,
                $"The topic '{name}' currently has {topic.Partitions.Length} partition(s); {count} would not be an increase.");
        }

        if (core.Topics.PartitionCount + (long)added > core.Settings.Limits.PartitionsMax)
        {
            return TooMany(added);
        }

        if (assignments is not null && (assignments.Count != added || !assignments.All(IsThisNode)))
        {
            return new Outcome(ErrorCode.InvalidReplicaAssignment,
                $"Expected {added} assignments to node {core.NodeId} alone, which is the only one.");
        }

        return isDryRun ? Outcome.Done : OnDisk(name, () => core.GrowTopic(topic, count));
    }

    private Outcome CheckCreate(TopicRequest request)
    {
        if (TopicName.Problem(request.Name) is { } problem)
        {
            return new Outcome(ErrorCode.InvalidTopic, problem);
        }

        if (TopicName.Internal.Contains(request.Name))
        {
            return new Outcome(ErrorCode.InvalidTopic, $"'{request.Name}' is the broker's own.");
        }

        if (core.Topics.TryGet(request.Name, out _))
        {
            return new Outcome(ErrorCode.TopicAlreadyExists, $"Topic '{request.Name}' already exists.");
        }

        if (core.Topics.Colliding(request.Name) is { } other)
        {
            return new Outcome(ErrorCode.InvalidTopic, $"Topic '{request.Name}' collides with existing topic: {other}");
        }

        Outcome shape = request.Assignments.Count > 0 ? CheckAssignments(request) : CheckCounts(request);
        return shape.Error != ErrorCode.None ? shape : CheckConfigs(request);
    }

    private Outcome CheckCounts(TopicRequest request)
    {
        if (request.ReplicationFactor is not (-1 or 1))
        {
            return new Outcome(ErrorCode.InvalidReplicationFactor,
                $"Replication factor: {request.ReplicationFactor} larger than available brokers: 1, or not positive.");
        }

        if (request.Partitions != -1 && request.Partitions < 1)
        {
            return new Outcome(ErrorCode.InvalidPartitions, "Number of partitions must be larger than 0, or -1 for the default.");
        }

        int partitions = PartitionsOf(request);
        return core.Topics.PartitionCount + (long)partitions > core.Settings.Limits.PartitionsMax ? TooMany(partitions) : Outcome.Done;
    }

    private Outcome CheckAssignments(TopicRequest request)
    {
        if (request.Partitions != -1 || request.ReplicationFactor != -1)
        {
            return new Outcome(ErrorCode.InvalidRequest,
                "Both numPartitions or replicationFactor and replicasAssignments were set: use -1 for both with assignments.");
        }

        bool isWhole = request.Assignments.Select(one => one.Partition).Order().SequenceEqual(Enumerable.Range(0, request.Assignments.Count));
        if (!isWhole || !request.Assignments.All(one => IsThisNode(one.Nodes)))
        {
            return new Outcome(ErrorCode.InvalidReplicaAssignment,
                $"Expected partitions from 0 without gaps, each on node {core.NodeId} alone, which is the only one.");
        }

        return core.Topics.PartitionCount + (long)request.Assignments.Count > core.Settings.Limits.PartitionsMax
            ? TooMany(request.Assignments.Count)
            : Outcome.Done;
    }

    private static Outcome CheckConfigs(TopicRequest request)
    {
        var seen = new HashSet<string>();
        foreach ((string name, string? value) in request.Configs)
        {
            if (value is null || !seen.Add(name))
            {
                return new Outcome(ErrorCode.InvalidConfig, $"Expected one value for configuration {name}, found null or two.");
            }
        }

        string? problem = TopicConfigKeys.Problem(
            request.Configs.Select(config => new KeyValuePair<string, string>(config.Key, config.Value!)));
        return problem is null ? Outcome.Done : new Outcome(ErrorCode.InvalidConfig, problem);
    }

    private bool IsThisNode(int[] nodes) => nodes is [int only] && only == core.NodeId;

    private Outcome TooMany(int partitions) => new(ErrorCode.PolicyViolation,
        $"There are {core.Topics.PartitionCount} partitions; {partitions} more exceed the limit of {core.Settings.Limits.PartitionsMax}.");

    private Outcome OnDisk(string topic, Action action)
    {
        try
        {
            action();
            return Outcome.Done;
        }
        catch (Exception exception) when (exception is IOException or KafkaException)
        {
            core.Metrics.StorageFailed();
            LogDiskRefused(log, topic, exception);
            return new Outcome(ErrorCode.KafkaStorageError, "The broker's disk refused; nothing was changed.");
        }
    }

    [LoggerMessage(141, LogLevel.Error, "The disk refused a change of topic {Topic}")]
    private static partial void LogDiskRefused(ILogger log, string topic, Exception exception);
}
