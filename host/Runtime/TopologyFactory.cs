using System.Reflection;
using System.Runtime.Loader;
using Fabric.Host.Configuration;
using Fabric.Streams;
using Fabric.Topologies;
using Fabric.Topologies.Contextualize;
using Fabric.Topologies.Drift;
using Fabric.Topologies.Serdes;

namespace Fabric.Host.Runtime;

/// <summary>From a topology's plan to the topology: built in, or a class of the user's.</summary>
internal static class TopologyFactory
{
    /// <exception cref="HostException"><c>TOPOLOGY_NOT_LOADED</c>: the assembly or class is not what the configuration says.</exception>
    public static Topology Build(TopologyPlan plan, FabricConfiguration configuration, SchemaIds ids, TimeProvider clock) => plan switch
    {
        TopologyPlan.Contextualize => ContextualizeTopology.Build(configuration.Options.Fabric, ids, clock),
        TopologyPlan.Drift drift => DriftTopology.Build(
            configuration.Options.Fabric, drift.Options, ids, new BaselineLoader(configuration.Options.LakeFolder, clock), clock),
        TopologyPlan.User user => Load(user).Build(new TopologyContext(configuration.Options.Fabric, ids)),
        _ => throw new ArgumentOutOfRangeException(nameof(plan), plan, "No such topology"),
    };

    private static IFabricTopology Load(TopologyPlan.User user)
    {
        try
        {
            Assembly assembly = AssemblyLoadContext.Default.LoadFromAssemblyPath(user.Assembly);
            Type type = assembly.GetType(user.Type)
                ?? throw new HostException(
                    "TOPOLOGY_NOT_LOADED", $"There is no class '{user.Type}' in the assembly; it has "
                    + string.Join(", ", assembly.GetExportedTypes().Where(IsTopology).Select(known => known.FullName)), user.Assembly);
            return IsTopology(type) && Activator.CreateInstance(type) is IFabricTopology topology
                ? topology
                : throw new HostException(
                    "TOPOLOGY_NOT_LOADED", $"The class '{user.Type}' does not implement {nameof(IFabricTopology)}", user.Assembly);
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException or MissingMethodException
            or TargetInvocationException or ReflectionTypeLoadException)
        {
            throw new HostException(
                "TOPOLOGY_NOT_LOADED", $"The topology cannot be loaded: {exception.GetBaseException().Message}", user.Assembly,
                innerException: exception);
        }
    }

    private static bool IsTopology(Type type) =>
        type is { IsAbstract: false, IsInterface: false } && typeof(IFabricTopology).IsAssignableFrom(type);
}
