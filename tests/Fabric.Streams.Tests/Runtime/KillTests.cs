using System.Diagnostics;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Streams.Tests.Runtime;

/// <summary>Processes killed (SIGKILL) at random while records flow: nothing lost, nothing doubled.</summary>
public sealed class KillTests(BrokerFixture broker, ITestOutputHelper output) : IClassFixture<BrokerFixture>
{
    private static readonly int Kills =
        int.TryParse(Environment.GetEnvironmentVariable("FABRIC_STREAMS_KILLS"), out int kills) ? kills : 10;

    [Fact]
    public async Task Two_processes_killed_at_random_lose_nothing_and_double_nothing()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}, {Kills} kills");
        var random = new Random(seed);
        await broker.CreateTopicsAsync(ChaosTopology.Partitions, ChaosTopology.Topics("kill"));
        Process[] processes = [Start(0), Start(1)];
        using var writing = new CancellationTokenSource();
        Task<int> writer = Task.Run(() => Write(writing.Token));
        for (int kill = 0; kill < Kills; kill++)
        {
            await Task.Delay(random.Next(200, 3_000));
            int victim = random.Next(2);
            processes[victim].Kill();
            await processes[victim].WaitForExitAsync();
            processes[victim].Dispose();
            processes[victim] = Start(victim);
        }

        await writing.CancelAsync();
        int records = await writer;
        output.WriteLine($"{records} records");
        try
        {
            ChaosTopology.Verify(broker, "kill", records);
        }
        finally
        {
            foreach (Process process in processes)
            {
                process.Kill();
                await process.WaitForExitAsync();
                process.Dispose();
            }
        }
    }

    private Process Start(int number) => ChaosProcess.Start(broker.Bootstrap, "kill", $"node-{number}");

    /// <summary>Small transactions, one after the other, until told to stop.</summary>
    private int Write(CancellationToken stop)
    {
        using var producer = broker.Clients.OpenProducer("kill-writer");
        producer.InitTransactions(BrokerFixture.Bound);
        int written = 0;
        while (!stop.IsCancellationRequested)
        {
            producer.Begin();
            for (int i = 0; i < 50; i++, written++)
            {
                byte[] value = System.Text.Encoding.UTF8.GetBytes($"{written}");
                producer.Produce("kill-in", null, value, true, value, true, 1_000 + written);
            }

            producer.Commit(BrokerFixture.Bound);
            stop.WaitHandle.WaitOne(10);
        }

        return written;
    }
}
