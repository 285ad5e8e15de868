using Fabric.Core.Options;
using Fabric.Host.Commands;
using Fabric.Host.Configuration;
using Fabric.Streams;
using Fabric.Testing;
using Fabric.Topologies;

namespace Fabric.Host.Tests;

/// <summary>What is wrong with a topology of the user's own is told with its place, before anything runs.</summary>
public sealed class UserTopologyTests
{
    private static readonly string Here = typeof(UserTopologyTests).Assembly.Location;

    [Fact]
    public void Check_a_topology_that_builds_finds_nothing() => Assert.Empty(Check(Here, typeof(Sound).FullName!));

    [Fact]
    public void Check_each_mistake_is_reported_where_the_topology_is_named()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["text.dll"], "no assembly");
        (string Assembly, string Type, string Message)[] mistakes =
        [
            (Here, "No.Such", $"There is no class 'No.Such' in the assembly; its topologies are: "),
            (Here, typeof(UserTopologyTests).FullName!, "is no class that implements IFabricTopology"),
            (Here, typeof(WithoutConstructor).FullName!, "The topology cannot be loaded"),
            (Here, typeof(Throwing).FullName!, "Build threw ArithmeticException: no such sum"),
            (Here, typeof(ReadingTwice).FullName!, "reads 'f.raw' twice"),
            (folder["text.dll"], "No.Such", "The topology cannot be loaded"),
        ];
        foreach ((string assembly, string type, string message) in mistakes)
        {
            OptionProblem problem = Assert.Single(Check(assembly, type));
            Assert.Contains(message, problem.Message, StringComparison.Ordinal);
            Assert.Equal((3, "topologies[0]"), (problem.Line, problem.Path));
        }
    }

    private static IReadOnlyList<OptionProblem> Check(string assembly, string type)
    {
        var document = OptionDocument.Parse(
            $"""
            fabric: f
            topologies:
              - assembly: {assembly}
                type: {type}
            """, "fabric.yaml", "/", _ => null);
        FabricConfiguration configuration = FabricConfiguration.Read(document, _ => null, out IReadOnlyList<OptionProblem> problems);
        Assert.Empty(problems);
        try
        {
            PlannedTopologies.Of(configuration);
            return [];
        }
        catch (OptionsException exception)
        {
            return exception.Problems;
        }
    }

    public sealed class Sound : IFabricTopology
    {
        public Topology Build(TopologyContext context) => Read(context, "raw").Build();
    }

    public sealed class ReadingOrders : IFabricTopology
    {
        public Topology Build(TopologyContext context) => Read(context, "orders").Build();
    }

    public sealed class WithoutConstructor(int number) : IFabricTopology
    {
        public Topology Build(TopologyContext context) => throw new InvalidOperationException($"{number}");
    }

    public sealed class Throwing : IFabricTopology
    {
        public Topology Build(TopologyContext context) => throw new ArithmeticException("no such sum");
    }

    public sealed class ReadingTwice : IFabricTopology
    {
        public Topology Build(TopologyContext context) => Read(context, "raw", "raw").Build();
    }

    private static StreamBuilder Read(TopologyContext context, params string[] topics)
    {
        var builder = new StreamBuilder();
        foreach (string topic in topics)
        {
            builder.Stream<string, string>(context.Topic(topic)).ForEach((_, _) => { });
        }

        return builder;
    }
}
