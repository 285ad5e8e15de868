using Fabric.Avro.Registry;
using Fabric.Core.Health;
using Fabric.Governance.Privacy;
using Fabric.Governance.Quarantine;
using Fabric.Kafka.Clients;
using Microsoft.Extensions.Logging;

namespace Fabric.Connectors.Runner;

/// <summary>What every connector stands on. Shared by all of a process.</summary>
/// <param name="Tokens">Makes tokens of personal values; null when nothing is declared personal.</param>
public sealed record ConnectorServices(
    IKafkaClients Kafka, ISchemaRegistry Registry, ISubjectTokens? Tokens, QuarantineRecords Quarantine,
    IStatusReporter Status, TimeProvider Clock, Random Random, ILoggerFactory Logs);
