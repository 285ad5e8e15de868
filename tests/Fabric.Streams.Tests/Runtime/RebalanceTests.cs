using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Streams.Tests.Runtime;

/// <summary>Instances come and go while records flow.</summary>
public sealed class RebalanceTests(BrokerFixture broker, ITestOutputHelper output) : IClassFixture<BrokerFixture>
{
    [Fact]
    public async Task One_to_four_instances_share_the_work_and_hand_it_over_without_loss_or_doubling()
    {
        const int perStep = 400;
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var logs = new CollectedLogs();
        await broker.CreateTopicsAsync(ChaosTopology.Partitions, ChaosTopology.Topics("move"));
        var instances = new SortedDictionary<int, KafkaStreams>();
        int written = 0;
        try
        {
            foreach (int wanted in (int[])[1, 2, 4, 3, 1])
            {
                while (instances.Count < wanted)
                {
                    int free = Enumerable.Range(0, 5).First(number => !instances.ContainsKey(number));
                    instances.Add(free, await Running.StartAsync(
                        ChaosTopology.Build("move"), ChaosTopology.Config("move", $"node-{free}"), broker.Clients, logs));
                    written = WriteSome(written, perStep);
                }

                while (instances.Count > wanted)
                {
                    int leaving = instances.Keys.ElementAt(random.Next(instances.Count));
                    await instances[leaving].DisposeAsync();
                    instances.Remove(leaving);
                    written = WriteSome(written, perStep);
                }

                broker.ReadUntil("move-copy", ChaosTopology.Partitions, copies => copies.Count >= written, TimeSpan.FromMinutes(2));
            }

            ChaosTopology.Verify(broker, "move", written);
        }
        finally
        {
            foreach (KafkaStreams instance in instances.Values)
            {
                await instance.DisposeAsync();
            }

            output.WriteLine(logs.Text);
        }
    }

    [Fact]
    public async Task Zombie_that_wakes_up_after_its_partitions_moved_commits_nothing()
    {
        await broker.CreateTopicsAsync(1, "zombie-in", "zombie-out");
        using var wake = new ManualResetEventSlim();
        using var logs = new CollectedLogs();
        Topology Build(bool sleeps)
        {
            var builder = new StreamBuilder();
            builder.Stream<string, string>("zombie-in").Peek((_, value) =>
            {
                if (sleeps && value == "50")
                {
                    wake.Wait(BrokerFixture.Bound);
                }
            }).To("zombie-out");
            return builder.Build();
        }

        // It commits every 10 s, so that 0 to 49 are in its open transaction when it falls asleep.
        await using KafkaStreams zombie = await Running.StartAsync(
            Build(true), Running.Config("zombie", "node-1") with { CommitInterval = TimeSpan.FromSeconds(9) },
            new ShortPollClients(broker.Bootstrap), logs);
        broker.Write("zombie-in", Enumerable.Range(0, 100).Select(index => ("key", $"{index}")));
        await zombie.UntilAsync(StreamsState.Running);
        await using KafkaStreams heir = await Running.StartAsync(Build(false), Running.Config("zombie", "node-2"), broker.Clients, logs);
        broker.ReadUntil("zombie-out", 1, records => records.Count >= 100);
        wake.Set();
        broker.Write("zombie-in", Enumerable.Range(100, 20).Select(index => ("key", $"{index}")));
        broker.ReadUntil("zombie-out", 1, records => records.Count >= 120);
        await zombie.StopAsync(default);
        await heir.StopAsync(default);
        output.WriteLine(logs.Text);
        Assert.Equal(
            Enumerable.Range(0, 120).Select(index => $"{index}"),
            broker.ReadAll("zombie-out", 1).Select(record => BrokerFixture.Text(record.Value)));
    }

    [Fact]
    public async Task Commits_that_fail_before_or_after_they_took_place_lose_nothing_and_double_nothing()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        using var logs = new CollectedLogs();
        await broker.CreateTopicsAsync(ChaosTopology.Partitions, ChaosTopology.Topics("flaky"));
        var clients = new FlakyClients(broker.Clients, seed, 0.1);
        int written = 0;
        await using (KafkaStreams streams = await Running.StartAsync(
            ChaosTopology.Build("flaky"), ChaosTopology.Config("flaky", "node-1"), clients, logs))
        {
            for (int round = 0; round < 500 && (round < 20 || clients.Failures < 4); round++)
            {
                int total = written = WriteSome(written, 50, "flaky-in");
                broker.ReadUntil("flaky-copy", ChaosTopology.Partitions, copies => copies.Count >= total); // a commit at least
            }

            try
            {
                ChaosTopology.Verify(broker, "flaky", written);
            }
            finally
            {
                output.WriteLine($"{clients.Failures} failures, {written} records\n{logs.Text}");
            }
        }

        Assert.True(clients.Failures > 3);
    }

    private int WriteSome(int from, int count, string topic = "move-in")
    {
        broker.Write(topic, Enumerable.Range(from, count).Select(index => ($"{index}", $"{index}")));
        return from + count;
    }
}
