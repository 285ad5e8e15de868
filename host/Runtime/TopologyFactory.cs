using System.Reflection;
using Fabric.Core;
using Fabric.Core.Options;
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
    /// <exception cref="HostException">
    /// <c>TOPOLOGY_NOT_LOADED</c>: the assembly or class is not what the configuration says; <c>TOPOLOGY_NOT_BUILT</c>: the user's code
    /// threw.
    /// </exception>
    public static BuiltTopology Build(TopologyPlan plan, FabricConfiguration configuration, SchemaIds ids, TimeProvider clock)
    {
        FabricOptions options = configuration.Options;
        Topology topology = plan switch
        {
            TopologyPlan.Contextualize => ContextualizeTopology.Build(options.Fabric, ids, clock),
            TopologyPlan.Drift drift => DriftTopology.Build(
                options.Fabric, drift.Options, ids, new BaselineLoader(options.LakeFolder, clock), clock),
            TopologyPlan.User user => Build(user, new TopologyContext(options.Fabric, ids)),
            _ => throw new ArgumentOutOfRangeException(nameof(plan), plan, "No such topology"),
        };
        return new BuiltTopology(plan, topology, options.Fabric);
    }

    /// <summary>Builds every topology of a configuration, so that what is wrong with one is known before it runs.</summary>
    /// <exception cref="OptionsException">Each that cannot be built, at its place.</exception>
    public static IReadOnlyList<BuiltTopology> BuildAll(FabricConfiguration configuration, SchemaIds ids, TimeProvider clock)
    {
        var topologies = new List<BuiltTopology>();
        var problems = new List<OptionProblem>();
        foreach (TopologyPlan plan in configuration.Topologies)
        {
            try
            {
                topologies.Add(Build(plan, configuration, ids, clock));
            }
            catch (FabricException exception)
            {
                problems.Add(new OptionProblem(
                    configuration.File, plan.Place.Path, plan.Place.Line, plan.Place.Column, exception.Message));
            }
        }

        return problems.Count == 0 ? topologies : throw new OptionsException(problems);
    }

    private static Topology Build(TopologyPlan.User user, TopologyContext context)
    {
        IFabricTopology topology = Load(user);
        try
        {
            return topology.Build(context);
        }
#pragma warning disable CA1031 // the user's code may throw anything, and whatever it is belongs to the user
        catch (Exception exception)
#pragma warning restore CA1031
        {
            throw new HostException(
                "TOPOLOGY_NOT_BUILT", $"{user.Type}.{nameof(IFabricTopology.Build)} threw {exception.GetType().Name}: {exception.Message}",
                user.Assembly, innerException: exception);
        }
    }

    private static IFabricTopology Load(TopologyPlan.User user)
    {
        try
        {
            Assembly assembly = TopologyAssembly.Load(user.Assembly);
            Type type = assembly.GetType(user.Type)
                ?? throw new HostException(
                    "TOPOLOGY_NOT_LOADED", $"There is no class '{user.Type}' in the assembly; its topologies are: "
                    + string.Join(", ", assembly.GetExportedTypes().Where(IsTopology).Select(known => known.FullName)), user.Assembly);
            return IsTopology(type) && Activator.CreateInstance(type) is IFabricTopology topology
                ? topology
                : throw new HostException(
                    "TOPOLOGY_NOT_LOADED", $"'{user.Type}' is no class that implements {nameof(IFabricTopology)}", user.Assembly);
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException or MissingMethodException
            or InvalidOperationException or TargetInvocationException or ReflectionTypeLoadException or TypeLoadException)
        {
            throw new HostException(
                "TOPOLOGY_NOT_LOADED", $"The topology cannot be loaded: {exception.GetBaseException().Message}", user.Assembly,
                innerException: exception);
        }
    }

    private static bool IsTopology(Type type) =>
        type is { IsAbstract: false, IsInterface: false } && typeof(IFabricTopology).IsAssignableFrom(type);
}
