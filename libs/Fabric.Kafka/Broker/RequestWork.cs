using Fabric.Kafka.Server;

namespace Fabric.Kafka.Broker;

/// <summary>A request on its way to the loop: who answers, the answer to be, and the bytes (released after handling).</summary>
internal readonly record struct RequestWork(IApiHandler Handler, RequestContext Context, RequestFrame? Frame);
