using Fabric.Kafka.Broker;
using Fabric.Kafka.Broker.Configs;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using Fabric.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Kafka.Tests.Broker;

/// <summary>What makes, grows, changes and deletes topics.</summary>
public sealed class AdministrationTests : IDisposable
{
    private readonly CoreFixture _fixture = new(new BrokerCoreSettings
    {
        DefaultPartitions = 2,
        Limits = new BrokerLimits { PartitionsMax = 20 },
        TopicDefaults = new Dictionary<string, string> { ["log.retention.ms"] = "5000" },
    });

    // Made anew for each use: a restart makes another core.
    private TopicAdministration Topics => new(_fixture.Core, NullLogger.Instance);

    private ConfigAdministration Configs => new(_fixture.Core, NullLogger.Instance);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Create_refuses_what_Kafka_refuses_with_its_error()
    {
        Assert.Equal(ErrorCode.None, Create("a.b"));
        Assert.Equal(ErrorCode.TopicAlreadyExists, Create("a.b"));
        Assert.Equal(ErrorCode.InvalidTopic, Create("a_b")); // collides
        Assert.Equal(ErrorCode.InvalidTopic, Create("a b"));
        Assert.Equal(ErrorCode.InvalidTopic, Create("__consumer_offsets"));
        Assert.Equal(ErrorCode.InvalidPartitions, Create("p", partitions: 0));
        Assert.Equal(ErrorCode.InvalidPartitions, Create("p", partitions: -2));
        Assert.Equal(ErrorCode.PolicyViolation, Create("p", partitions: 19));
        Assert.Equal(ErrorCode.InvalidReplicationFactor, Create("p", replication: 2));
        Assert.Equal(ErrorCode.InvalidReplicationFactor, Create("p", replication: 0));
        Assert.Equal(ErrorCode.InvalidConfig, Create("p", configs: [new("no.such.config", "1")]));
        Assert.Equal(ErrorCode.InvalidConfig, Create("p", configs: [new("retention.ms", "soon")]));
        Assert.Equal(ErrorCode.InvalidConfig, Create("p", configs: [new("cleanup.policy", "shred")]));
        Assert.Equal(ErrorCode.InvalidConfig, Create("p", configs: [new("segment.bytes", "3")]));
        Assert.Equal(ErrorCode.InvalidConfig, Create("p", configs: [new("retention.ms", null)]));
        Assert.Single(_fixture.Core.Topics.All);
    }

    [Fact]
    public void Create_takes_assignments_to_this_node_alone()
    {
        Assert.Equal(ErrorCode.None, Create("t", partitions: -1, replication: -1, assignments: [(1, [1]), (0, [1])]));
        Assert.Equal(2, Find("t").Partitions.Length);
        Assert.Equal(ErrorCode.InvalidReplicaAssignment, Create("u", partitions: -1, replication: -1, assignments: [(0, [2])]));
        Assert.Equal(ErrorCode.InvalidReplicaAssignment, Create("u", partitions: -1, replication: -1, assignments: [(1, [1])]));
        Assert.Equal(ErrorCode.InvalidRequest, Create("u", partitions: 1, replication: 1, assignments: [(0, [1])]));
    }

    [Fact]
    public void A_dry_run_says_what_would_be_and_changes_nothing()
    {
        Assert.Equal(ErrorCode.None, Topics.Create(new TopicRequest("t", 1, 1, [], []), isDryRun: true).Error);
        Assert.Empty(_fixture.Core.Topics.All);
        Create("t");
        Assert.Equal(ErrorCode.None, Topics.Grow("t", 5, null, isDryRun: true).Error);
        Assert.Equal(2, Find("t").Partitions.Length);
        Assert.Equal(ErrorCode.None, Configs.Change(Of("t"), [new("retention.ms", ConfigOperation.Set, "1")], isDryRun: true).Error);
        Assert.Empty(Find("t").Configs);
    }

    [Fact]
    public void Grow_adds_partitions_that_work_at_once_and_after_a_restart()
    {
        Create("t", partitions: 1);
        Assert.Equal(ErrorCode.InvalidPartitions, Topics.Grow("t", 1, null, false).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, Topics.Grow("u", 3, null, false).Error);
        Assert.Equal(ErrorCode.InvalidReplicaAssignment, Topics.Grow("t", 3, [[1]], false).Error);
        Assert.Equal(ErrorCode.PolicyViolation, Topics.Grow("t", 21, null, false).Error);
        Assert.Equal(ErrorCode.None, Topics.Grow("t", 3, [[1], [1]], false).Error);
        Assert.Equal(0, _fixture.Produce("t", SampleRequests.Batch(), partition: 2).BaseOffset);
        _fixture.Restart();
        Assert.Equal([0L], _fixture.Fetch("t", 0, partition: 2).BatchOffsets());
        Assert.Equal(3, _fixture.Core.Topics.PartitionCount);
    }

    [Fact]
    public void Settings_come_from_the_topic_then_the_running_broker_then_its_options_then_Kafka()
    {
        Create("t");
        Assert.Equal(("5000", ConfigSource.StaticBroker), ValueOf("t", "retention.ms"));
        Assert.Equal(("604800000", ConfigSource.Default), ValueOf("t", "segment.ms"));
        Assert.Equal(5000, Find("t").Partitions[0].Log.Config.RetentionMs);

        Assert.Equal(ErrorCode.None, Configs.Change(
            new ConfigResource(ConfigResource.Broker, "1"), [new("log.retention.ms", ConfigOperation.Set, "6000")], false).Error);
        Assert.Equal(("6000", ConfigSource.DynamicBroker), ValueOf("t", "retention.ms"));
        Assert.Equal(6000, Find("t").Partitions[0].Log.Config.RetentionMs);

        Configs.Change(Of("t"), [new("retention.ms", ConfigOperation.Set, "7000")], false);
        Assert.Equal(("7000", ConfigSource.Topic), ValueOf("t", "retention.ms"));
        Assert.Equal(7000, Find("t").Partitions[1].Log.Config.RetentionMs);
        Configs.Describe(Of("t"), out IReadOnlyList<ConfigValue> values);
        Assert.Equal(["7000", "6000", "5000", "604800000"],
            values.Single(value => value.Name == "retention.ms").Synonyms.Select(synonym => synonym.Value));

        _fixture.Restart();
        Assert.Equal(7000, Find("t").Partitions[0].Log.Config.RetentionMs);
        Create("after");
        Assert.Equal(6000, Find("after").Partitions[0].Log.Config.RetentionMs);
    }

    [Fact]
    public void Lists_are_appended_to_and_subtracted_from_and_other_settings_not()
    {
        Create("t");
        Assert.Equal(ErrorCode.None, Configs.Change(Of("t"), [new("cleanup.policy", ConfigOperation.Append, "compact")], false).Error);
        Assert.Equal("delete,compact", ValueOf("t", "cleanup.policy").Value);
        Assert.Equal(CleanupPolicy.Delete | CleanupPolicy.Compact, Find("t").Partitions[0].Log.Config.CleanupPolicy);
        Assert.Equal(ErrorCode.None, Configs.Change(Of("t"), [new("cleanup.policy", ConfigOperation.Subtract, "delete")], false).Error);
        Assert.Equal("compact", ValueOf("t", "cleanup.policy").Value);
        Assert.Equal(ErrorCode.InvalidConfig, Configs.Change(Of("t"), [new("cleanup.policy", ConfigOperation.Subtract, "compact")], false).Error);
        Assert.Equal(ErrorCode.InvalidConfig, Configs.Change(Of("t"), [new("retention.ms", ConfigOperation.Append, "1")], false).Error);
        Assert.Equal(ErrorCode.None, Configs.Change(Of("t"), [new("cleanup.policy", ConfigOperation.Delete, null)], false).Error);
        Assert.Equal(("delete", ConfigSource.Default), ValueOf("t", "cleanup.policy"));
    }

    [Fact]
    public void Changes_that_cannot_be_are_refused_and_change_nothing()
    {
        Create("t");
        Assert.Equal(ErrorCode.InvalidRequest, Configs.Change(Of("t"), [new("retention.ms", ConfigOperation.Set, null)], false).Error);
        Assert.Equal(ErrorCode.InvalidRequest, Configs.Change(Of("t"), [new("retention.ms", (ConfigOperation)9, "1")], false).Error);
        Assert.Equal(ErrorCode.InvalidRequest, Configs.Change(
            Of("t"), [new("retention.ms", ConfigOperation.Set, "1"), new("retention.ms", ConfigOperation.Delete, null)], false).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, Configs.Change(Of("u"), [], false).Error);
        Assert.Equal(ErrorCode.InvalidRequest, Configs.Describe(new ConfigResource(8, "1"), out _).Error);
        Assert.Equal(ErrorCode.InvalidRequest, Configs.Describe(new ConfigResource(ConfigResource.Broker, "7"), out _).Error);
        Assert.Equal(ErrorCode.InvalidConfig, Configs.Change(
            new ConfigResource(ConfigResource.Broker, ""), [new("retention.ms", ConfigOperation.Set, "1")], false).Error);
        Assert.Empty(Find("t").Configs);
    }

    [Fact]
    public void Replace_sets_those_named_and_resets_the_others()
    {
        Create("t", configs: [new("retention.ms", "1"), new("segment.ms", "2")]);
        Assert.Equal(ErrorCode.None, Configs.Replace(Of("t"), [new("segment.ms", "3")], false).Error);
        Assert.Equal(["segment.ms=3"], Find("t").Configs.Select(config => $"{config.Key}={config.Value}"));
    }

    [SkippableFact]
    public void Metadata_makes_a_topic_that_is_asked_for_unless_told_not_to()
    {
        Skip.If(KafkaMessages.Instance is null, TestData.Absent);
        Fields Ask(string name, bool mayCreate) => _fixture.Ask(3, 9, new Fields
        {
            ["Topics"] = SampleRequests.One(new Fields { ["Name"] = name }),
            ["AllowAutoTopicCreation"] = mayCreate,
        }).Structs("Topics").Single();
        Assert.Equal((short)ErrorCode.UnknownTopicOrPartition, Ask("t", false)["ErrorCode"]);
        Assert.Equal((short)ErrorCode.InvalidTopic, Ask("not a name", true)["ErrorCode"]);
        Fields made = Ask("t", true);
        Assert.Equal((short)0, made["ErrorCode"]);
        Assert.Equal(2, made.List("Partitions").Count);
    }

    [SkippableFact]
    public void ListOffsets_finds_the_first_record_of_a_time_and_the_latest_of_all()
    {
        Skip.If(KafkaMessages.Instance is null, TestData.Absent);
        Create("t", partitions: 1);
        const long at = 1_767_225_600_000;
        for (int i = 0; i < 3; i++)
        {
            _fixture.Produce("t", SampleRequests.Batch(2)); // times at, at + 1
        }

        (long, long) Ask(long time)
        {
            Fields found = _fixture.Ask(2, 7, new Fields
            {
                ["ReplicaId"] = -1,
                ["Topics"] = SampleRequests.One(new Fields
                {
                    ["Name"] = "t",
                    ["Partitions"] = SampleRequests.One(new Fields { ["PartitionIndex"] = 0, ["Timestamp"] = time }),
                }),
            }).Structs("Topics").Single().Structs("Partitions").Single();
            Assert.Equal((short)0, found["ErrorCode"]);
            return (found.Get<long>("Offset"), found.Get<long>("Timestamp"));
        }

        Assert.Equal((0, at), Ask(0));
        Assert.Equal((1, at + 1), Ask(at + 1));
        Assert.Equal((-1, -1), Ask(at + 2));
        Assert.Equal((1, at + 1), Ask(-3));
        Assert.Equal((6, -1), Ask(-1));
    }

    [Fact]
    public void DeleteRecords_raises_the_start_for_good()
    {
        Create("t", partitions: 1);
        _fixture.Produce("t", SampleRequests.Batch(3));
        _fixture.Produce("t", SampleRequests.Batch(3));
        LogState state = Find("t").Partitions[0];
        Assert.Equal(ErrorCode.OffsetOutOfRange, _fixture.Core.DeleteRecords(state, 7));
        Assert.Equal(ErrorCode.None, _fixture.Core.DeleteRecords(state, 4));
        Assert.Equal(ErrorCode.OffsetOutOfRange, _fixture.Fetch("t", 3).Error);
        Assert.Equal([3L], _fixture.Fetch("t", 4).BatchOffsets());
        _fixture.Restart();
        Assert.Equal(4, _fixture.Fetch("t", 4).LogStartOffset);
    }

    private ErrorCode Create(
        string name, int partitions = -1, short replication = -1, (int, int[])[]? assignments = null,
        KeyValuePair<string, string?>[]? configs = null) =>
        Topics.Create(new TopicRequest(name, partitions, replication, assignments ?? [], configs ?? []), isDryRun: false).Error;

    private static ConfigResource Of(string topic) => new(ConfigResource.Topic, topic);

    private (string Value, ConfigSource Source) ValueOf(string topic, string name)
    {
        Configs.Describe(Of(topic), out IReadOnlyList<ConfigValue> values);
        ConfigValue found = values.Single(value => value.Name == name);
        return (found.Value, found.Source);
    }

    private Topic Find(string name) =>
        _fixture.Core.Topics.TryGet(name, out Topic? topic) ? topic : throw new InvalidOperationException($"No topic {name}");
}
