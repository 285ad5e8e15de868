using Fabric.Avro.Registry.Client;
using Fabric.Core.Options;
using Fabric.Host.Configuration;
using Fabric.Host.Runtime;
using Fabric.Topologies.Serdes;

namespace Fabric.Host.Commands;

/// <summary>The topologies of a configuration, for commands that run none of them.</summary>
internal static class PlannedTopologies
{
    /// <exception cref="OptionsException">Each that cannot be built, at its place.</exception>
    public static IReadOnlyList<BuiltTopology> Of(FabricConfiguration configuration)
    {
        // Building and describing a topology asks the registry nothing: the address is never called.
        using var registry = new HttpSchemaRegistry(new Uri("http://127.0.0.1:9"), TimeProvider.System);
        return TopologyFactory.BuildAll(configuration, new SchemaIds(registry, CancellationToken.None), TimeProvider.System);
    }
}
