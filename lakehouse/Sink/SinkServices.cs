using Fabric.Avro.Registry;
using Fabric.Core;
using Fabric.Core.Health;
using Fabric.Core.Storage;
using Fabric.Delta;
using Fabric.DuckDb;
using Fabric.Governance.Quarantine;
using Fabric.Kafka.Clients;
using Microsoft.Extensions.Logging;

namespace Fabric.Lakehouse.Sink;

/// <summary>What every sink of a process stands on.</summary>
/// <param name="Fabric">Prefix of groups and transactional ids.</param>
/// <param name="Node">The process.</param>
/// <param name="KafkaNamespace">OpenLineage namespace of the topics: <c>kafka://host:port</c>.</param>
/// <param name="Store">The lake.</param>
/// <param name="Database">In memory; makes the Parquet files.</param>
/// <param name="Quarantine">Makes the records of what cannot be a row.</param>
/// <param name="Freshness">Told how old rows are when they become visible.</param>
public sealed record SinkServices(
    string Fabric, string Node, string KafkaNamespace, IKafkaClients Kafka, ISchemaRegistry Registry, IObjectStore Store,
    DeltaEnvironment Delta, DuckDbDatabase Database, QuarantineRecords Quarantine,
    IStatusReporter Status, Freshness Freshness, IIdSource Ids, TimeProvider Clock, ILoggerFactory Logs)
{
    /// <summary>Where the sinks' threads come from. Default: the operating system.</summary>
    public IThreads Threads { get; init; } = new SystemThreads(Clock);

    /// <summary>Hash of the topology that writes a topic, by topic, where a topology of this process does. Default: none known.</summary>
    public IReadOnlyDictionary<string, string> TopologyHashes { get; init; } = new Dictionary<string, string>();
}
