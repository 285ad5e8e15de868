using Fabric.Simulation.Plant;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Simulation.Tests;

/// <summary>
/// A whole fabric from one seed: runner, two instances of contextualize, two sinks a table. <c>FABRIC_SIMULATION_TRACE=file</c> writes
/// its history.
/// </summary>
public sealed class FabricSimulationTests(ITestOutputHelper output)
{
    private static readonly int Seeds =
        int.TryParse(Environment.GetEnvironmentVariable("FABRIC_SIMULATION_PLANT_SEEDS"), out int seeds) ? seeds : 4;

    [Fact]
    public void Without_faults_every_sample_is_in_the_tables_once()
    {
        using var simulation = new FabricSimulation(Seed.Next());
        string? problem = simulation.Run(withFaults: false);
        output.WriteLine(simulation.Summary());
        Assert.True(problem is null, problem);
    }

    [Fact]
    public void The_same_seed_is_the_same_history_whatever_breaks()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        using var first = new FabricSimulation(seed, messages: 300);
        first.Run(withFaults: true);
        using var second = new FabricSimulation(seed, messages: 300);
        second.Run(withFaults: true);
        Assert.Equal(first.Events, second.Events);
        Assert.Equal(first.TraceHash, second.TraceHash);
    }

    [Fact]
    public void Whatever_breaks_every_sample_is_in_the_tables_once()
    {
        int from = Seed.Next();
        for (int i = 0; i < Seeds; i++)
        {
            using var simulation = new FabricSimulation(unchecked(from + i));
            string? problem = simulation.Run(withFaults: true);
            output.WriteLine(simulation.Summary());
            Assert.True(problem is null, problem);
        }

        output.WriteLine($"measured {Seeds} seeds from {from}");
    }
}
