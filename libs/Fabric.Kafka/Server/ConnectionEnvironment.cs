using Fabric.Kafka.Broker;

namespace Fabric.Kafka.Server;

/// <summary>What every connection of one server shares.</summary>
/// <param name="SaslUsers">Password by user; empty when SASL is not used.</param>
/// <param name="Abandoned">Told about requests whose connection went before their answer did.</param>
internal sealed record ConnectionEnvironment(
    TimeProvider Clock, BrokerLimits Limits, RequestMemory Memory, RequestDispatcher Dispatcher, ConnectionSecurity Tls,
    IReadOnlyDictionary<string, string> SaslUsers, Action<PendingResponse> Abandoned);
