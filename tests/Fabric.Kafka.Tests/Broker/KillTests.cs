using System.Collections.Concurrent;
using System.Text;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Kafka.Tests.Broker;

/// <summary>What was acknowledged is there after the broker's process was killed, and only whole batches are.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Kills = 12;
    private const int Producers = 4;

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_is_doubled_when_the_broker_is_killed_under_load()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var folder = new TempFolder();
        var acknowledged = new ConcurrentDictionary<(int Partition, long Offset), string>();
        var sequences = new int[Producers];
        for (int kill = 0; kill < Kills; kill++)
        {
            using BrokerProcess broker = await BrokerProcess.StartAsync(folder["data"]);
            if (kill == 0)
            {
                using var admin = new WireClient(broker.Address);
                admin.CreateTopic("load", Producers, ("segment.bytes", "20000"));
            }

            int until = acknowledged.Count + random.Next(200, 1500);
            using var enough = new CountdownEvent(1);
            Task[] producing = [.. Enumerable.Range(0, Producers).Select(partition => Task.Factory.StartNew(
                () => Produce(broker, partition, sequences, acknowledged, until, enough), CancellationToken.None,
                TaskCreationOptions.LongRunning, TaskScheduler.Default))];
            Assert.True(enough.Wait(TimeSpan.FromSeconds(60)), "The producers got nothing acknowledged");
            broker.Kill();
            await Task.WhenAll(producing);
        }

        using BrokerProcess last = await BrokerProcess.StartAsync(folder["data"]);
        using var reader = new WireClient(last.Address);
        int found = 0;
        for (int partition = 0; partition < Producers; partition++)
        {
            Dictionary<long, string> values = reader.ReadAll("load", partition);
            found += values.Count;
            Assert.Equal(Enumerable.Range(0, values.Count).Select(offset => (long)offset), values.Keys.Order());
            Assert.Equal(values.Count, values.Values.Distinct().Count());
            foreach (((int _, long offset), string value) in acknowledged.Where(one => one.Key.Partition == partition))
            {
                Assert.Equal(value, values.GetValueOrDefault(offset));
            }
        }

        output.WriteLine($"{Kills} kills, {acknowledged.Count} batches acknowledged, {found} found");
    }

    private static void Produce(
        BrokerProcess broker, int partition, int[] sequences, ConcurrentDictionary<(int, long), string> acknowledged, int until,
        CountdownEvent enough)
    {
        using var client = new WireClient(broker.Address);
        while (true)
        {
            string value = $"{partition}/{sequences[partition]++}";
            byte[] batch = new RecordBatchBuilder().Add(null, Encoding.UTF8.GetBytes(value), 0).ToArray(0);
            if (client.Produce("load", partition, batch) is not { Error: ErrorCode.None } reply)
            {
                return;
            }

            Assert.True(acknowledged.TryAdd((partition, reply.BaseOffset), value), $"Offset {reply.BaseOffset} was given twice");
            if (acknowledged.Count >= until && !enough.IsSet)
            {
                Signal(enough);
            }
        }
    }

    private static void Signal(CountdownEvent enough)
    {
        try
        {
            enough.Signal();
        }
        catch (InvalidOperationException)
        {
            // Another producer was first.
        }
    }

    [SkippableFact]
    public async Task A_disk_that_is_really_full_refuses_keeps_what_it_acknowledged_and_recovers_without_a_restart()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && await CanMountAsync(), "This machine does not let tests mount a small disk (unshare -rm)");
        using var folder = new TempFolder();
        using BrokerProcess broker = await BrokerProcess.StartAsync(
            folder["small/data"], "always", "unshare", "-rm", "sh", "-c",
            $"mkdir {folder["small"]} && mount -t tmpfs -o size=3m tmpfs {folder["small"]} && exec \"$@\"", "sh");
        using var client = new WireClient(broker.Address);
        client.CreateTopic("full", 1, ("segment.bytes", "200000"));
        byte[] value = new byte[10_000];
        var random = new Random(1);
        var acknowledged = new List<long>();
        ErrorCode error = ErrorCode.None;
        for (int i = 0; i < 1000 && error == ErrorCode.None; i++)
        {
            random.NextBytes(value);
            ProduceReply reply = client.Produce("full", 0, Batch(value))!;
            error = reply.Error;
            if (error == ErrorCode.None)
            {
                acknowledged.Add(reply.BaseOffset);
            }
        }

        Assert.Equal(ErrorCode.KafkaStorageError, error);
        Assert.InRange(acknowledged.Count, 100, 300);
        Assert.Equal(acknowledged, client.ReadAll("full", 0).Keys.Order());
        Assert.Equal(ErrorCode.KafkaStorageError, client.Produce("full", 0, Batch(value))!.Error);

        Assert.Equal(ErrorCode.None, client.DeleteAll("full", 0));
        // What could not be flushed is cut back first, at most a second later.
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        ProduceReply again;
        do
        {
            bound.Token.ThrowIfCancellationRequested();
            again = client.Produce("full", 0, Batch(value))!;
        }
        while (again.Error == ErrorCode.KafkaStorageError);

        Assert.Equal(ErrorCode.None, again.Error);
        Assert.Equal(acknowledged[^1] + 1, again.BaseOffset);
        output.WriteLine($"{acknowledged.Count} batches fitted");
    }

    private static byte[] Batch(byte[] value) => new RecordBatchBuilder().Add(null, value, 0).ToArray(0);

    private static async Task<bool> CanMountAsync()
    {
        Judge unshare = Judge.Program("unshare");
        if (!unshare.IsPresent)
        {
            return false;
        }

        using var folder = new TempFolder();
        JudgeResult result = await unshare.RunAsync(null, TimeSpan.FromSeconds(10), "-rm", "mount", "-t", "tmpfs", "tmpfs", folder.Path);
        return result.ExitCode == 0;
    }
}
