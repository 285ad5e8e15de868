using Fabric.Kafka.Tests.Log;

namespace Fabric.Kafka.Tests.Broker;

public sealed class ShutdownTests
{
    /// <summary>The last connection may end on the thread that runs the loop, and whoever waits for it goes on there.</summary>
    [Fact]
    public async Task Dispose_while_clients_are_being_answered_ends()
    {
        const int rounds = 100;
        for (int round = 0; round < rounds; round++)
        {
            await using BrokerFixture fixture = await BrokerFixture.StartAsync();
            using (var first = new WireClient(fixture.Broker.Address))
            {
                first.CreateTopic("t", 1);
            }

            using var isAnswered = new ManualResetEventSlim();
            Task producing = Task.Factory.StartNew(
                () => Produce(fixture, isAnswered), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            isAnswered.Wait();
            await fixture.Broker.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));
            await producing;
        }
    }

    private static void Produce(BrokerFixture fixture, ManualResetEventSlim isAnswered)
    {
        try
        {
            using var client = new WireClient(fixture.Broker.Address);
            while (client.Produce("t", 0, TestBatches.Plain(), acks: 1) is not null)
            {
                isAnswered.Set();
            }
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
        {
            // the broker is gone
        }
    }
}
