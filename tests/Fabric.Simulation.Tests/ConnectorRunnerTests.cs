using Fabric.Simulation.Plant;
using Fabric.Simulation.Scheduling;

namespace Fabric.Simulation.Tests;

public sealed class ConnectorRunnerTests
{
    [Fact]
    public void A_connector_that_is_told_to_stop_while_Kafka_is_away_ends()
    {
        using var world = new PlantWorld(1);
        var ledger = new PlantLedger(1_000, TimeSpan.FromMilliseconds(20), world.Simulator.Now);
        world.Broker.Crash(losesPower: false);
        using var process = new SimulatedProcess(world.Simulator, "connector");
        Task running = world.RunConnector(process, ledger);
        world.Simulator.Run(TimeSpan.FromSeconds(20));
        Assert.False(running.IsCompleted);
        process.Stop();
        Assert.True(world.Simulator.RunUntil(() => running.IsCompleted, TimeSpan.FromSeconds(60)), "it still runs a minute later");
        Assert.True(running.IsCompletedSuccessfully, running.Exception?.Message);
    }
}
