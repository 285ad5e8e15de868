using Fabric.Core;
using Fabric.Kafka;
using Fabric.Kafka.Clients;
using Fabric.Kafka.Protocol;
using Fabric.Simulation.Scheduling;

namespace Fabric.Simulation.Kafka;

/// <summary>The doors to Kafka as one process of the simulation has them: Kafka's protocol to a <see cref="StepBroker"/>.</summary>
internal sealed class StepKafkaClients(StepBroker broker, SimulatedProcess process) : IKafkaClients
{
    public IRecordConsumer OpenConsumer(string? groupId, string? instanceId)
    {
        process.ThrowIfDead();
        return new StepConsumer(new BrokerLink(broker, process), groupId, instanceId);
    }

    public ITransactionalProducer OpenProducer(string transactionalId)
    {
        process.ThrowIfDead();
        return new StepProducer(new BrokerLink(broker, process), transactionalId);
    }

    public IKafkaAdmin OpenAdmin()
    {
        process.ThrowIfDead();
        return new StepAdmin(new BrokerLink(broker, process));
    }
}

/// <summary>Errors as librdkafka and the product's translation of it tell them.</summary>
internal static class StepErrors
{
    /// <summary>What ends a client for good.</summary>
    public static bool IsFenced(ErrorCode error) =>
        error is ErrorCode.FencedInstanceId or ErrorCode.InvalidProducerEpoch or ErrorCode.ProducerFenced;

    public static KafkaException Of(string attempted, ErrorCode error, bool isAbortable = false)
    {
        bool isFenced = IsFenced(error);
        return new KafkaException(
            error.Name(), $"{attempted} failed: {error.Name()}", isFenced: isFenced, isRetriable: !isAbortable && error.IsRetriable(),
            isAbortable: isAbortable && !isFenced);
    }
}

/// <summary>Creates topics and asks about them.</summary>
internal sealed class StepAdmin(BrokerLink link) : IKafkaAdmin
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(15);

    public Task EnsureTopicsAsync(IReadOnlyCollection<TopicSpec> topics, CancellationToken cancellationToken)
    {
        Dictionary<string, int> present = Counts();
        foreach (TopicSpec topic in topics)
        {
            if (present.TryGetValue(topic.Name, out int partitions))
            {
                if (partitions != topic.Partitions)
                {
                    throw new KafkaException("TOPIC_PARTITIONS_DIFFER", $"{topic.Name} has {partitions} partitions", topic.Name);
                }

                continue;
            }

            ErrorCode error = link.Ask(
                ApiKey.CreateTopics, body => WriteCreate(body, topic), ReadCreate, static error => error, Within);
            if (error is not (ErrorCode.None or ErrorCode.TopicAlreadyExists))
            {
                throw StepErrors.Of($"Creating {topic.Name}", error);
            }
        }

        return Task.CompletedTask;
    }

    public Task<int> PartitionCountAsync(string topic, CancellationToken cancellationToken) =>
        Task.FromResult(Counts().GetValueOrDefault(topic));

    public Task DeleteRecordsAsync(IReadOnlyCollection<PartitionPosition> before, CancellationToken cancellationToken)
    {
        foreach (PartitionPosition position in before)
        {
            link.Ask(
                ApiKey.DeleteRecords, body => WriteDelete(body, position),
                static (ref KafkaReader body) =>
                {
                    body.ReadInt32();
                    body.ReadArrayLength(1);
                    body.ReadString();
                    body.ReadArrayLength(1);
                    body.ReadInt32();
                    body.ReadInt64();
                    return (ErrorCode)body.ReadInt16();
                },
                static error => error, Within);
        }

        return Task.CompletedTask;
    }

    public void Dispose()
    {
    }

    /// <summary>Partitions of every topic.</summary>
    internal Dictionary<string, int> Counts() => link.Ask(
        ApiKey.Metadata,
        static body =>
        {
            body.WriteArrayLength(-1);
            body.WriteBoolean(false);
        },
        ReadMetadata, static _ => ErrorCode.None, Within);

    private static Dictionary<string, int> ReadMetadata(ref KafkaReader body)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        body.ReadInt32();
        for (int brokers = body.ReadArrayLength(1); brokers > 0; brokers--)
        {
            body.ReadInt32();
            body.ReadString();
            body.ReadInt32();
            body.ReadNullableString();
        }

        body.ReadNullableString();
        body.ReadInt32();
        for (int topics = body.ReadArrayLength(1); topics > 0; topics--)
        {
            body.ReadInt16();
            string name = body.ReadString();
            body.ReadBoolean();
            int partitions = body.ReadArrayLength(1);
            counts[name] = partitions;
            for (; partitions > 0; partitions--)
            {
                body.ReadInt16();
                body.ReadInt32();
                body.ReadInt32();
                for (int list = 0; list < 3; list++)
                {
                    for (int nodes = body.ReadArrayLength(4); nodes > 0; nodes--)
                    {
                        body.ReadInt32();
                    }
                }
            }
        }

        return counts;
    }

    private static void WriteCreate(KafkaWriter body, TopicSpec topic)
    {
        body.WriteArrayLength(1);
        body.WriteString(topic.Name);
        body.WriteInt32(topic.Partitions);
        body.WriteInt16(topic.ReplicationFactor);
        body.WriteArrayLength(0);
        body.WriteArrayLength(topic.Config.Count);
        foreach ((string name, string value) in topic.Config)
        {
            body.WriteString(name);
            body.WriteNullableString(value);
        }

        body.WriteInt32((int)Within.TotalMilliseconds);
        body.WriteBoolean(false);
    }

    private static ErrorCode ReadCreate(ref KafkaReader body)
    {
        body.ReadArrayLength(1);
        body.ReadString();
        return (ErrorCode)body.ReadInt16();
    }

    private static void WriteDelete(KafkaWriter body, PartitionPosition position)
    {
        body.WriteArrayLength(1);
        body.WriteString(position.Partition.Topic);
        body.WriteArrayLength(1);
        body.WriteInt32(position.Partition.Partition);
        body.WriteInt64(position.Offset);
        body.WriteInt32((int)Within.TotalMilliseconds);
    }
}
