using System.Collections.Concurrent;
using System.Text;
using Fabric.Core;
using Fabric.Kafka.Clients;
using Fabric.Kafka.Tests.Broker;
using Fabric.Kafka.Tests.Clients;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Kafka.Tests.Groups;

/// <summary>
/// librdkafka as the fabric uses it (cooperative-sticky, static members, transactions with offsets) against the embedded broker.
/// </summary>
public sealed class LibrdkafkaGroupTests(ITestOutputHelper output)
{
    private const string GroupId = "copiers";
    private const int Partitions = 6;

    [Fact]
    public async Task Static_member_that_restarts_gets_its_partitions_back_and_the_other_notices_nothing()
    {
        await using BrokerFixture broker = await BrokerFixture.StartAsync();
        ConfluentKafkaClients clients = ClientFixture.Clients(broker.Bootstrap);
        await CreateAsync(clients, "in");
        var first = new RecordingListener();
        var second = new RecordingListener();
        using IRecordConsumer one = Open(clients, "edge-1", first);
        IRecordConsumer two = Open(clients, "edge-2", second);
        PollUntil([one, two], () => first.Held.Count == 3 && second.Held.Count == 3);
        HashSet<TopicPartition> held = [.. second.Held];
        HashSet<TopicPartition> others = [.. first.Held];
        int events = first.Events.Count;

        two.Close(ClientFixture.Bound);
        two.Dispose();
        var again = new RecordingListener();
        using IRecordConsumer reborn = Open(clients, "edge-2", again);
        PollUntil([one, reborn], () => again.Held.Count == 3);

        Assert.Equal(held, [.. again.Held]);
        Assert.Equal(others, [.. first.Held]);
        // The rebalance that let the second in may still end, with nothing more for the first.
        Assert.All(first.Events.Skip(events), late => Assert.Equal("assigned ", late));
        reborn.Close(ClientFixture.Bound);
        one.Close(ClientFixture.Bound);
    }

    [Fact]
    public async Task Copiers_that_are_killed_and_a_broker_that_restarts_copy_everything_once()
    {
        const int records = 3_000;
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using BrokerFixture broker = await BrokerFixture.StartAsync();
        ConfluentKafkaClients clients = ClientFixture.Clients(broker.Bootstrap);
        await CreateAsync(clients, "in", "out");
        var copied = new Progress();
        var crew = Enumerable.Range(0, 2).Select(number => new Copier(clients, number, copied)).ToList();
        using ITransactionalProducer source = clients.OpenProducer("source");
        source.InitTransactions(ClientFixture.Bound);
        int kills = 0;
        for (int sent = 0; sent < records; sent += 100)
        {
            Send(source, sent, 100);
            copied.WaitFor(Math.Max(0, sent - 300), ClientFixture.Bound);
            if (random.Next(5) == 0)
            {
                int victim = random.Next(crew.Count);
                crew[victim].Kill();
                crew[victim] = new Copier(clients, victim, copied);
                kills++;
            }

            if (sent is 1_000 or 2_000)
            {
                await broker.RestartAsync();
            }
        }

        copied.WaitFor(records, TimeSpan.FromSeconds(60));
        crew.ForEach(each => each.Kill());
        foreach (IDisposable zombie in copied.Zombies)
        {
            zombie.Dispose();
        }

        string[] values = ClientFixture.ReadAll(clients, "out", Partitions);
        output.WriteLine($"{kills} kills, {copied.Attempts} transactions committed, {copied.Failures} failed");
        foreach (string failure in copied.Reasons.Distinct().Take(10))
        {
            output.WriteLine(failure);
        }

        Assert.Equal(Enumerable.Range(0, records).Select(number => $"{number}").Order(), values.Order());
        Assert.True(kills > 0);
    }

    private static IRecordConsumer Open(ConfluentKafkaClients clients, string instance, IRebalanceListener listener)
    {
        IRecordConsumer consumer = clients.OpenConsumer(GroupId, instance);
        consumer.Subscribe("in", listener);
        return consumer;
    }

    private static async Task CreateAsync(ConfluentKafkaClients clients, params string[] topics)
    {
        using IKafkaAdmin admin = clients.OpenAdmin();
        await admin.EnsureTopicsAsync([.. topics.Select(topic => new TopicSpec(topic, Partitions, 1, new Dictionary<string, string>()))], CancellationToken.None);
    }

    private static void PollUntil(IRecordConsumer[] consumers, Func<bool> isDone)
    {
        var batch = new PollBatch();
        long startedAt = TimeProvider.System.GetTimestamp();
        while (!isDone())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(startedAt) < ClientFixture.Bound, "the group did not settle");
            foreach (IRecordConsumer consumer in consumers)
            {
                consumer.Poll(TimeSpan.FromMilliseconds(20), 100, batch);
            }
        }
    }

    private static void Send(ITransactionalProducer source, int first, int count)
    {
        source.Begin();
        for (int number = first; number < first + count; number++)
        {
            source.ProduceText("in", number % Partitions, null, $"{number}");
        }

        source.Commit(ClientFixture.Bound);
    }

    /// <summary>How much was copied, for whoever waits.</summary>
    private sealed class Progress
    {
        private readonly object _lock = new();
        private int _copied;
        private int _attempts;
        private int _failures;

        public int Attempts => _attempts;

        public int Failures => _failures;

        public ConcurrentQueue<string> Reasons { get; } = new();

        /// <summary>
        /// Disposed at the end only: librdkafka 2.0.2 aborts the process when a producer goes while its partitions are being added
        /// to a transaction.
        /// </summary>
        public ConcurrentBag<IDisposable> Zombies { get; } = [];

        public void Add(int count)
        {
            Interlocked.Increment(ref _attempts);
            lock (_lock)
            {
                _copied += count;
                Monitor.PulseAll(_lock);
            }
        }

        public void Failed(KafkaException reason)
        {
            Interlocked.Increment(ref _failures);
            Reasons.Enqueue(reason.Message);
        }

        public void WaitFor(int count, TimeSpan bound)
        {
            long startedAt = TimeProvider.System.GetTimestamp();
            lock (_lock)
            {
                while (_copied < count)
                {
                    TimeSpan left = bound - TimeProvider.System.GetElapsedTime(startedAt);
                    Assert.True(left > TimeSpan.Zero && Monitor.Wait(_lock, left), $"{_copied} of {count} were copied in time");
                }
            }
        }
    }

    /// <summary>
    /// Copies from in to out, exactly once. Killed, it leaves everything as it is: its clients stay behind as zombies, which
    /// heartbeat and hold an open transaction, until its successor fences them.
    /// </summary>
    private sealed class Copier
    {
        private readonly ConfluentKafkaClients _clients;
        private readonly int _number;
        private readonly Progress _progress;
        private readonly Thread _thread;
        private readonly ManualResetEventSlim _hasCopied = new();
        private volatile bool _isKilled;

        public Copier(ConfluentKafkaClients clients, int number, Progress progress)
        {
            _clients = clients;
            _number = number;
            _progress = progress;
            _thread = new Thread(Run) { IsBackground = true, Name = $"copier-{number}" };
            _thread.Start();
        }

        /// <summary>Not before it has copied something: librdkafka 2.0.2 aborts when destroyed before its first assignment.</summary>
        public void Kill()
        {
            Assert.True(_hasCopied.Wait(ClientFixture.Bound), "a copier never began");
            _isKilled = true;
            Assert.True(_thread.Join(ClientFixture.Bound), "a copier hangs");
        }

        private void Run()
        {
            while (!_isKilled)
            {
                try
                {
                    Copy();
                }
                catch (KafkaException reason)
                {
                    _progress.Failed(reason);
                }
            }
        }

        private void Copy()
        {
            ITransactionalProducer producer = _clients.OpenProducer($"copier-{_number}");
            _progress.Zombies.Add(producer);
            producer.InitTransactions(ClientFixture.Bound);
            IRecordConsumer consumer = _clients.OpenConsumer(GroupId, $"copier-{_number}");
            _progress.Zombies.Add(consumer);
            consumer.Subscribe("in", new RecordingListener());
            var batch = new PollBatch();
            while (!_isKilled)
            {
                batch.Clear();
                consumer.Poll(TimeSpan.FromMilliseconds(50), 50, batch);
                if (batch.Records.Count == 0)
                {
                    continue;
                }

                producer.Begin();
                foreach (ConsumedRecord record in batch.Records)
                {
                    producer.ProduceText("out", record.Partition.Partition, null, Encoding.UTF8.GetString(record.Value!));
                }

                if (_isKilled)
                {
                    return; // in the middle of a transaction
                }

                producer.SendOffsets(Next(batch), consumer.GroupMetadata!, ClientFixture.Bound);
                producer.Commit(ClientFixture.Bound);
                _progress.Add(batch.Records.Count);
                _hasCopied.Set();
            }
        }

        private static List<PartitionPosition> Next(PollBatch batch) =>
            [.. batch.Records.GroupBy(record => record.Partition)
                .Select(records => new PartitionPosition(records.Key, records.Max(record => record.Offset) + 1))];
    }
}
