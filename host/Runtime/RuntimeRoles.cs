namespace Fabric.Host.Runtime;

/// <summary>What of a configuration one process runs.</summary>
[Flags]
internal enum RuntimeRoles
{
    None = 0,
    Broker = 1,
    Registry = 2,
    Connectors = 4,
    Topologies = 8,
    Sinks = 16,
    Console = 32,
    All = Broker | Registry | Connectors | Topologies | Sinks | Console,
}
