using System.Globalization;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Protocol;
using Microsoft.Extensions.Logging;

namespace Fabric.Kafka.Broker.Configs;

/// <summary>How one setting is to be changed (IncrementalAlterConfigs).</summary>
internal enum ConfigOperation : sbyte
{
    Set = 0,
    Delete = 1,
    Append = 2,
    Subtract = 3,
}

/// <summary>One change of one setting.</summary>
internal readonly record struct ConfigChange(string Name, ConfigOperation Operation, string? Value);

/// <summary>A thing that has settings: a topic (2) or the broker (4), by name.</summary>
internal readonly record struct ConfigResource(sbyte Type, string Name)
{
    public const sbyte Topic = 2;
    public const sbyte Broker = 4;
}

/// <summary>The rules for reading and changing settings; handlers only translate. Runs on the loop.</summary>
internal sealed partial class ConfigAdministration(BrokerCore core, ILogger log)
{
    /// <summary>All settings of a resource, or why there are none.</summary>
    public Outcome Describe(ConfigResource resource, out IReadOnlyList<ConfigValue> values)
    {
        values = [];
        Outcome outcome = Find(resource, out Topic? topic);
        if (outcome.Error == ErrorCode.None)
        {
            values = [.. topic is null ? core.Configs.DescribeBroker() : core.Configs.DescribeTopic(topic.Configs)];
        }

        return outcome;
    }

    /// <summary>Makes these the resource's own settings; those not named go back to the default.</summary>
    public Outcome Replace(ConfigResource resource, IReadOnlyList<KeyValuePair<string, string?>> configs, bool isDryRun)
    {
        Outcome outcome = Find(resource, out Topic? topic);
        if (outcome.Error != ErrorCode.None)
        {
            return outcome;
        }

        var values = new Dictionary<string, string>();
        foreach ((string name, string? value) in configs)
        {
            if (value is null || !values.TryAdd(name, value))
            {
                return new Outcome(ErrorCode.InvalidRequest, $"Expected one value for configuration {name}, found null or two.");
            }
        }

        return Apply(topic, values, isDryRun);
    }

    /// <summary>Changes single settings.</summary>
    public Outcome Change(ConfigResource resource, IReadOnlyList<ConfigChange> changes, bool isDryRun)
    {
        Outcome outcome = Find(resource, out Topic? topic);
        if (outcome.Error != ErrorCode.None)
        {
            return outcome;
        }

        if (changes.DistinctBy(change => change.Name).Count() != changes.Count)
        {
            return new Outcome(ErrorCode.InvalidRequest, "A configuration stands in the request twice.");
        }

        var values = new Dictionary<string, string>(topic?.Configs ?? core.Configs.Dynamic);
        foreach (ConfigChange change in changes)
        {
            outcome = Change(values, change, topic);
            if (outcome.Error != ErrorCode.None)
            {
                return outcome;
            }
        }

        return Apply(topic, values, isDryRun);
    }

    private Outcome Find(ConfigResource resource, out Topic? topic)
    {
        topic = null;
        switch (resource.Type)
        {
            case ConfigResource.Topic when TopicName.Problem(resource.Name) is { } problem:
                return new Outcome(ErrorCode.InvalidTopic, problem);
            case ConfigResource.Topic:
                return core.Topics.TryGet(resource.Name, out topic)
                    ? Outcome.Done
                    : new Outcome(ErrorCode.UnknownTopicOrPartition, "This topic does not exist.");
            case ConfigResource.Broker:
                string node = core.NodeId.ToString(CultureInfo.InvariantCulture);
                return resource.Name.Length == 0 || resource.Name == node
                    ? Outcome.Done
                    : new Outcome(ErrorCode.InvalidRequest, $"Unexpected broker id, expected {node} or empty, but received {resource.Name}");
            default:
                return new Outcome(ErrorCode.InvalidRequest, $"Unsupported resource type: {resource.Type}");
        }
    }

    private Outcome Change(Dictionary<string, string> values, ConfigChange change, Topic? topic)
    {
        ConfigKey? key = topic is null ? core.Configs.FindChangeable(change.Name) : TopicConfigKeys.Find(change.Name);
        switch (change.Operation)
        {
            case ConfigOperation.Delete:
                values.Remove(change.Name);
                return Outcome.Done;
            case ConfigOperation.Set when change.Value is { } value:
                values[change.Name] = value;
                return Outcome.Done;
            case ConfigOperation.Append or ConfigOperation.Subtract when change.Value is { } value:
                if (key is not { Type: ConfigType.List })
                {
                    return new Outcome(ErrorCode.InvalidConfig, $"Config value append and subtract are not allowed for {change.Name}: it is no list.");
                }

                string[] current = ConfigKey.Split(
                    values.GetValueOrDefault(change.Name) ?? core.Configs.TopicDefault(key.Name));
                values[change.Name] = string.Join(',', change.Operation == ConfigOperation.Append
                    ? current.Union(ConfigKey.Split(value))
                    : current.Except(ConfigKey.Split(value)));
                return Outcome.Done;
            default:
                return new Outcome(ErrorCode.InvalidRequest,
                    $"Expected an operation from 0 to 3, with a value unless it deletes, for configuration {change.Name}.");
        }
    }

    private Outcome Apply(Topic? topic, Dictionary<string, string> values, bool isDryRun)
    {
        string? problem = topic is null ? core.Configs.Problem(values) : TopicConfigKeys.Problem(values);
        if (problem is not null)
        {
            return new Outcome(ErrorCode.InvalidConfig, problem);
        }

        if (isDryRun)
        {
            return Outcome.Done;
        }

        try
        {
            if (topic is null)
            {
                core.Topics.SetBrokerConfigs(values);
            }
            else
            {
                core.Topics.SetConfigs(topic, values);
            }

            LogChanged(log, topic?.Name ?? "the broker");
            return Outcome.Done;
        }
        catch (IOException exception)
        {
            core.Metrics.StorageFailed();
            LogDiskRefused(log, topic?.Name ?? "the broker", exception);
            return new Outcome(ErrorCode.KafkaStorageError, "The broker's disk refused; nothing was changed.");
        }
    }

    [LoggerMessage(145, LogLevel.Information, "Changed settings of {Resource}")]
    private static partial void LogChanged(ILogger log, string resource);

    [LoggerMessage(146, LogLevel.Error, "The disk refused a change of the settings of {Resource}")]
    private static partial void LogDiskRefused(ILogger log, string resource, Exception exception);
}
