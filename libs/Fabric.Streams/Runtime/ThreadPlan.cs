using Fabric.Core;
using Fabric.Kafka.Clients;
using Fabric.Streams.Graph;
using Fabric.Streams.State;
using Fabric.Streams.Tasks;
using Microsoft.Extensions.Logging;

namespace Fabric.Streams.Runtime;

/// <summary>What a stream thread is to do; the same over all the lives of its clients.</summary>
internal sealed class ThreadPlan
{
    public required SubTopology Topology { get; init; }

    public required TopicPlan Topics { get; init; }

    public required StreamsConfig Config { get; init; }

    public required int Number { get; init; }

    public required IKafkaClients Clients { get; init; }

    public required GlobalStores Globals { get; init; }

    public required StreamsMetrics Metrics { get; init; }

    public required TimeProvider Clock { get; init; }

    public required IThreads Threads { get; init; }

    public required ILogger Log { get; init; }

    public TopicName Driver => Topology.Driver(Topics.PartitionsOf);

    public string DriverTopic => Driver.Resolve(Config.ApplicationId);

    /// <summary>One group per sub-topology, named after what it reads, so that it outlives changes elsewhere.</summary>
    public string GroupId => $"{Config.ApplicationId}.{Driver.Name}";

    public string Name => $"{Config.ApplicationId}-{Topology.Index}-{Number}";

    public string InstanceId => $"{Config.NodeId}.{Topology.Index}.{Number}";

    public string TransactionalId => $"{Config.ApplicationId}.{Config.NodeId}.{Topology.Index}.{Number}";

    public StreamTask CreateTask(int partition, IRecordSink sink) => new(
        Topology, partition, topic => Topics.PartitionsOf(topic) > partition, new TaskSurroundings
        {
            ApplicationId = Config.ApplicationId, Sink = sink, PartitionCount = Topics.PartitionsOf,
            WallClockMs = () => Clock.GetUtcNow().ToUnixTimeMilliseconds(), Globals = Globals,
            Quarantine = Config.Quarantine, Logger = Log, Metrics = Metrics, RecordBytesMax = Config.RecordBytesMax,
            TaskIdleMaxMs = (long)Config.TaskIdleMax.TotalMilliseconds,
        });

    public bool IsDriver(TopicPartition partition) => partition.Topic == DriverTopic;

    /// <summary>A topic of the topology's own, whose records nobody needs once they are processed.</summary>
    public bool IsRepartition(string topic) =>
        Topology.Sources.Any(source => source.Topic.IsInternal && source.Topic.Resolve(Config.ApplicationId) == topic);
}
