using Fabric.Avro.Registry.Client;
using Fabric.Topologies.Serdes;

namespace Fabric.Host.Commands;

/// <summary>The registry of commands that build topologies and run none: building asks it nothing, so the address is never called.</summary>
internal sealed class UnaskedRegistry : IDisposable
{
    private readonly HttpSchemaRegistry _registry = new(new Uri("http://127.0.0.1:9"), TimeProvider.System);

    public UnaskedRegistry() => Ids = new SchemaIds(_registry, CancellationToken.None);

    public SchemaIds Ids { get; }

    public void Dispose() => _registry.Dispose();
}
