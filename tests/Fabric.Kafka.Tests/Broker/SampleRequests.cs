using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Tests.Broker;

/// <summary>One sensible request for every key, by Kafka's field names: for tests of shapes, and as a corpus to mutate.</summary>
internal static class SampleRequests
{
    public static byte[] Batch(int records = 2, bool isTransactional = false, long producerId = -1, short epoch = -1, int sequence = -1)
    {
        var builder = new RecordBatchBuilder
        {
            ProducerId = producerId,
            ProducerEpoch = epoch,
            BaseSequence = sequence,
            Flags = isTransactional ? RecordBatchHeader.TransactionalBit : (short)0,
        };
        for (int i = 0; i < records; i++)
        {
            builder.Add([(byte)i], [1, 2, 3], 1_767_225_600_000 + i);
        }

        return builder.ToArray(0);
    }

    public static bool IsExpected(short key, short version, ErrorCode error) => error == ErrorCode.None || (key, version, error) switch
    {
        (0, < 3, ErrorCode.UnsupportedVersion) => true,
        (17 or 36, _, ErrorCode.IllegalSaslState) => true,
        (29 or 30 or 31, _, ErrorCode.SecurityDisabled) => true,
        (19, _, ErrorCode.TopicAlreadyExists) => true,
        (12 or 13 or 14, _, ErrorCode.UnknownMemberId) => true,
        (11, _, ErrorCode.MemberIdRequired) => true,
        (24 or 25 or 26 or 28, _, ErrorCode.InvalidProducerIdMapping) => true,
        (42 or 47, _, ErrorCode.GroupIdNotFound) => true,
        _ => false,
    };

    public static Fields Of(short key, short version, CoreFixture fixture)
    {
        fixture.Core.Topics.TryGet("t", out var topic);
        Guid id = topic?.Id ?? Guid.Empty;
        return key switch
        {
            0 => new Fields
            {
                ["TransactionalId"] = null,
                ["Acks"] = (short)-1,
                ["TimeoutMs"] = 1000,
                ["TopicData"] = One(new Fields
                {
                    ["Name"] = "t",
                    ["PartitionData"] = One(new Fields { ["Index"] = 0, ["Records"] = Batch() }),
                }),
            },
            1 => new Fields
            {
                ["MaxWaitMs"] = 0,
                ["MinBytes"] = 1,
                ["MaxBytes"] = 1 << 20,
                ["Topics"] = One(new Fields
                {
                    ["Topic"] = "t",
                    ["TopicId"] = id,
                    ["Partitions"] = One(new Fields { ["Partition"] = 0, ["FetchOffset"] = 0L, ["PartitionMaxBytes"] = 1 << 20 }),
                }),
            },
            2 => new Fields
            {
                ["ReplicaId"] = -1,
                ["Topics"] = One(new Fields
                {
                    ["Name"] = "t",
                    ["Partitions"] = One(new Fields { ["PartitionIndex"] = 0, ["Timestamp"] = -1L, ["MaxNumOffsets"] = 5 }),
                }),
            },
            3 => new Fields
            {
                ["Topics"] = One(new Fields { ["Name"] = "t", ["TopicId"] = Guid.Empty }),
                ["IncludeTopicAuthorizedOperations"] = true,
                ["IncludeClusterAuthorizedOperations"] = true,
            },
            8 => new Fields
            {
                ["GroupId"] = "g",
                ["Topics"] = One(new Fields
                {
                    ["Name"] = "t",
                    ["Partitions"] = One(new Fields { ["PartitionIndex"] = 0, ["CommittedOffset"] = 1L, ["CommittedMetadata"] = "m" }),
                }),
            },
            9 => new Fields
            {
                ["GroupId"] = "g",
                ["Topics"] = One(new Fields { ["Name"] = "t", ["PartitionIndexes"] = One(0) }),
                ["Groups"] = One(new Fields
                {
                    ["GroupId"] = "g",
                    ["Topics"] = One(new Fields { ["Name"] = "t", ["PartitionIndexes"] = One(0) }),
                }),
            },
            10 => new Fields { ["Key"] = "g", ["CoordinatorKeys"] = One("g") },
            11 => new Fields
            {
                ["GroupId"] = $"joined-in-v{version}",
                ["SessionTimeoutMs"] = 10_000,
                ["RebalanceTimeoutMs"] = 10_000,
                ["ProtocolType"] = "consumer",
                ["Protocols"] = One(new Fields { ["Name"] = "range", ["Metadata"] = new byte[] { 0, 0 } }),
            },
            12 => new Fields { ["GroupId"] = "g", ["GenerationId"] = 1, ["MemberId"] = "nobody" },
            13 => new Fields
            {
                ["GroupId"] = "g",
                ["MemberId"] = "nobody",
                ["Members"] = One(new Fields { ["MemberId"] = "nobody" }),
            },
            14 => new Fields { ["GroupId"] = "g", ["GenerationId"] = 1, ["MemberId"] = "nobody" },
            15 => new Fields { ["Groups"] = One("g"), ["IncludeAuthorizedOperations"] = true },
            16 => new Fields { ["StatesFilter"] = One("Empty") },
            17 => new Fields { ["Mechanism"] = "PLAIN" },
            18 => new Fields { ["ClientSoftwareName"] = "test", ["ClientSoftwareVersion"] = "1.0" },
            19 => new Fields
            {
                ["Topics"] = One(new Fields
                {
                    ["Name"] = $"made-in-v{version}",
                    ["NumPartitions"] = 2,
                    ["ReplicationFactor"] = (short)1,
                    ["Configs"] = One(new Fields { ["Name"] = "retention.ms", ["Value"] = "1000" }),
                }),
            },
            20 => new Fields { ["TopicNames"] = One("t"), ["Topics"] = One(new Fields { ["Name"] = null, ["TopicId"] = id }) },
            21 => new Fields
            {
                ["Topics"] = One(new Fields
                {
                    ["Name"] = "t",
                    ["Partitions"] = One(new Fields { ["PartitionIndex"] = 0, ["Offset"] = 0L }),
                }),
            },
            22 => new Fields { ["TransactionalId"] = "tx", ["TransactionTimeoutMs"] = 10_000 },
            23 => new Fields
            {
                ["Topics"] = One(new Fields
                {
                    ["Topic"] = "t",
                    ["Partitions"] = One(new Fields { ["Partition"] = 0, ["LeaderEpoch"] = 0 }),
                }),
            },
            24 => new Fields
            {
                ["V3AndBelowTransactionalId"] = "unknown",
                ["V3AndBelowProducerId"] = 77L,
                ["V3AndBelowTopics"] = One(new Fields { ["Name"] = "t", ["Partitions"] = One(0) }),
            },
            25 => new Fields { ["TransactionalId"] = "unknown", ["ProducerId"] = 77L, ["GroupId"] = "g" },
            26 => new Fields { ["TransactionalId"] = "unknown", ["ProducerId"] = 77L, ["Committed"] = true },
            28 => new Fields
            {
                ["TransactionalId"] = "unknown",
                ["GroupId"] = "g",
                ["ProducerId"] = 77L,
                ["Topics"] = One(new Fields
                {
                    ["Name"] = "t",
                    ["Partitions"] = One(new Fields { ["PartitionIndex"] = 0, ["CommittedOffset"] = 1L, ["CommittedMetadata"] = "" }),
                }),
            },
            29 => new Fields { ["ResourceTypeFilter"] = (sbyte)2, ["Operation"] = (sbyte)1, ["PermissionType"] = (sbyte)1 },
            30 => new Fields
            {
                ["Creations"] = One(new Fields
                {
                    ["ResourceType"] = (sbyte)2, ["ResourceName"] = "t", ["Principal"] = "User:a", ["Host"] = "*", ["Operation"] = (sbyte)3,
                    ["PermissionType"] = (sbyte)3,
                }),
            },
            31 => new Fields
            {
                ["Filters"] = One(new Fields { ["ResourceTypeFilter"] = (sbyte)2, ["Operation"] = (sbyte)1, ["PermissionType"] = (sbyte)1 }),
            },
            32 => new Fields
            {
                ["Resources"] = Two(
                    new Fields { ["ResourceType"] = (sbyte)2, ["ResourceName"] = "t", ["ConfigurationKeys"] = null },
                    new Fields { ["ResourceType"] = (sbyte)4, ["ResourceName"] = "1", ["ConfigurationKeys"] = One("log.retention.ms") }),
                ["IncludeSynonyms"] = true,
                ["IncludeDocumentation"] = true,
            },
            33 => new Fields
            {
                ["Resources"] = One(new Fields
                {
                    ["ResourceType"] = (sbyte)2,
                    ["ResourceName"] = "t",
                    ["Configs"] = One(new Fields { ["Name"] = "retention.ms", ["Value"] = "1000000" }),
                }),
            },
            36 => new Fields { ["AuthBytes"] = "\0u\0p"u8.ToArray() },
            37 => new Fields
            {
                ["Topics"] = One(new Fields
                {
                    ["Name"] = "t",
                    ["Count"] = (topic?.Partitions.Length ?? 1) + 1,
                    ["Assignments"] = null,
                }),
            },
            42 => new Fields { ["GroupsNames"] = One("nogroup") },
            44 => new Fields
            {
                ["Resources"] = One(new Fields
                {
                    ["ResourceType"] = (sbyte)2,
                    ["ResourceName"] = "t",
                    ["Configs"] = One(new Fields { ["Name"] = "cleanup.policy", ["ConfigOperation"] = (sbyte)2, ["Value"] = "compact" }),
                }),
            },
            47 => new Fields
            {
                ["GroupId"] = "nogroup",
                ["Topics"] = One(new Fields { ["Name"] = "t", ["Partitions"] = One(new Fields { ["PartitionIndex"] = 0 }) }),
            },
            60 => new Fields { ["IncludeClusterAuthorizedOperations"] = true },
            _ => throw new ArgumentOutOfRangeException(nameof(key), key, "There is no sample for this key: add one"),
        };
    }

    public static List<object?> One(object? item) => [item];

    public static List<object?> Two(object? first, object? second) => [first, second];
}
