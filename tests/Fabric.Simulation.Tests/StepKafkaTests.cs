using System.Text;
using Fabric.Core;
using Fabric.Kafka;
using Fabric.Kafka.Clients;
using Fabric.Simulation.Kafka;
using Fabric.Simulation.Scheduling;
using Fabric.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace Fabric.Simulation.Tests;

/// <summary>The clients against the broker's step function, alone.</summary>
public sealed class StepKafkaTests(ITestOutputHelper output) : IDisposable
{
    private const string Topic = "t";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private readonly Simulator _simulator = new(7);
    private readonly Faults _faults = new();
    private StepBroker? _broker;

    private StepBroker Broker => _broker ??= new StepBroker(_simulator, _faults, NullLogger.Instance);

    [Fact]
    public void Committed_records_are_read_in_order_aborted_ones_never_and_the_end_is_told()
    {
        Run(clients =>
        {
            CreateTopic(clients, 1);
            using ITransactionalProducer producer = clients.OpenProducer("p");
            producer.InitTransactions(Timeout);
            Write(producer, isCommitted: true, "a", "b");
            Write(producer, isCommitted: false, "never");
            Write(producer, isCommitted: true, "c");
            using IRecordConsumer consumer = clients.OpenConsumer(null, null);
            consumer.Assign([new PartitionPosition(new TopicPartition(Topic, 0), PartitionPosition.Beginning)]);
            var batch = new PollBatch();
            while (!batch.Ends.Exists(end => end.Offset == 7)) // three markers and the aborted record took offsets
            {
                consumer.Poll(TimeSpan.FromSeconds(1), 10, batch);
            }

            Assert.Equal(["a", "b", "c"], batch.Records.Select(record => Encoding.UTF8.GetString(record.Value!)));
            Assert.Equal((0, 7), consumer.Watermarks(new TopicPartition(Topic, 0), Timeout));
        });
    }

    [Fact]
    public void A_second_producer_of_an_id_fences_the_first()
    {
        Run(clients =>
        {
            CreateTopic(clients, 1);
            using ITransactionalProducer first = clients.OpenProducer("p");
            first.InitTransactions(Timeout);
            first.Begin();
            first.Produce(Topic, 0, "k"u8, true, "lost"u8, true);
            using ITransactionalProducer second = clients.OpenProducer("p");
            second.InitTransactions(Timeout);
            KafkaException fenced = Assert.Throws<KafkaException>(() => first.Commit(Timeout));
            Assert.True(fenced.IsFenced, fenced.Message);
            Write(second, isCommitted: true, "won");
            Assert.Equal(["won"], ReadAll(clients, 1));
        });
    }

    [Fact]
    public void A_static_member_that_comes_again_fences_its_predecessor_and_gets_its_partitions()
    {
        Run(clients =>
        {
            CreateTopic(clients, 2);
            var listener = new NotingListener();
            using IRecordConsumer first = clients.OpenConsumer("g", "i1");
            first.Subscribe(Topic, listener);
            var batch = new PollBatch();
            while (listener.Held.Count < 2)
            {
                first.Poll(TimeSpan.FromMilliseconds(100), 10, batch);
            }

            var successor = new NotingListener();
            using IRecordConsumer second = clients.OpenConsumer("g", "i1");
            second.Subscribe(Topic, successor);
            while (successor.Held.Count < 2)
            {
                second.Poll(TimeSpan.FromMilliseconds(100), 10, batch);
            }

            KafkaException fenced = Assert.Throws<KafkaException>(() => PollFor(first, TimeSpan.FromSeconds(10)));
            Assert.Equal("FENCED_INSTANCE_ID", fenced.Code);
        });
    }

    [Fact]
    public void Members_share_partitions_and_each_is_given_up_before_it_is_taken()
    {
        var held = new HashSet<TopicPartition>();
        NotingListener[] listeners = [new(held), new(held), new(held)];
        Run(clients => CreateTopic(clients, 6));
        foreach (NotingListener listener in listeners)
        {
            var process = new SimulatedProcess(_simulator, "member");
            process.Start("poll", () =>
            {
                using IRecordConsumer consumer = new StepKafkaClients(Broker, process).OpenConsumer("g", null);
                consumer.Subscribe(Topic, listener);
                var batch = new PollBatch();
                while (!process.Stopping.IsCancellationRequested)
                {
                    consumer.Poll(TimeSpan.FromMilliseconds(100), 10, batch);
                }

                consumer.Close(Timeout);
            });
            _simulator.Run(TimeSpan.FromSeconds(2));
        }

        Assert.True(
            _simulator.RunUntil(() => Array.TrueForAll(listeners, listener => listener.Held.Count == 2), TimeSpan.FromSeconds(30)),
            string.Join(' ', listeners.Select(listener => listener.Held.Count)));
    }

    /// <param name="fixedSeed">
    /// 306640240: a marker that a failing flush took away was taken for durable once other records stood at its offset.
    /// </param>
    [Theory]
    [InlineData(null)]
    [InlineData(306640240)]
    public void Whatever_the_network_and_the_broker_do_a_confirmed_transaction_is_there_once_and_an_aborted_one_never(int? fixedSeed)
    {
        int seeds = fixedSeed is not null ? 1
            : int.TryParse(Environment.GetEnvironmentVariable("FABRIC_SIMULATION_SEEDS"), out int wanted) ? wanted : 60;
        int from = fixedSeed ?? Seed.Next();
        int confirmed = 0;
        for (int i = 0; i < seeds; i++)
        {
            using var world = new TransactionWorld(unchecked(from + i));
            confirmed += world.Run();
        }

        output.WriteLine($"measured {seeds} seeds from {from}: {confirmed} transactions confirmed");
        Assert.True(confirmed > seeds, "too few transactions were confirmed to say anything");
    }

    public void Dispose()
    {
        _broker?.Dispose();
        _simulator.Dispose();
    }

    private void Run(Action<StepKafkaClients> body)
    {
        using var process = new SimulatedProcess(_simulator, "test");
        Task done = process.Run("test", () => body(new StepKafkaClients(Broker, process)));
        Assert.True(_simulator.RunUntil(() => done.IsCompleted, TimeSpan.FromMinutes(2)), "did not end within two minutes");
        done.GetAwaiter().GetResult();
    }

    internal static void CreateTopic(IKafkaClients clients, int partitions)
    {
        using IKafkaAdmin admin = clients.OpenAdmin();
        admin.EnsureTopicsAsync([new TopicSpec(Topic, partitions, 1, new Dictionary<string, string>())], CancellationToken.None)
            .GetAwaiter().GetResult();
    }

    internal static List<string> ReadAll(IKafkaClients clients, int partitions)
    {
        var values = new List<string>();
        using IRecordConsumer consumer = clients.OpenConsumer(null, null);
        consumer.Assign([.. Enumerable.Range(0, partitions)
            .Select(partition => new PartitionPosition(new TopicPartition(Topic, partition), PartitionPosition.Beginning))]);
        var ended = new HashSet<TopicPartition>();
        var batch = new PollBatch();
        while (ended.Count < partitions)
        {
            batch.Clear();
            consumer.Poll(TimeSpan.FromSeconds(1), 100, batch);
            values.AddRange(batch.Records.Select(record => Encoding.UTF8.GetString(record.Value!)));
            ended.UnionWith(batch.Ends.Select(end => end.Partition));
        }

        return values;
    }

    private void PollFor(IRecordConsumer consumer, TimeSpan time)
    {
        var batch = new PollBatch();
        for (TimeSpan until = _simulator.Elapsed + time; _simulator.Elapsed < until;)
        {
            consumer.Poll(TimeSpan.FromMilliseconds(500), 10, batch);
        }
    }

    private static void Write(ITransactionalProducer producer, bool isCommitted, params string[] values)
    {
        producer.Begin();
        foreach (string value in values)
        {
            producer.Produce(Topic, 0, "k"u8, true, Encoding.UTF8.GetBytes(value), true);
        }

        if (isCommitted)
        {
            producer.Commit(Timeout);
            return;
        }

        ((StepProducer)producer).SendQueued();
        producer.Abort(Timeout);
    }

    private sealed class NotingListener(HashSet<TopicPartition>? everybodys = null) : IRebalanceListener
    {
        public HashSet<TopicPartition> Held { get; } = [];

        public IReadOnlyCollection<PartitionPosition> OnAssigned(IReadOnlyCollection<TopicPartition> added)
        {
            foreach (TopicPartition partition in added)
            {
                Assert.True(everybodys?.Add(partition) ?? true, $"{partition} is held already");
                Held.Add(partition);
            }

            return [];
        }

        public void OnRevoked(IReadOnlyCollection<TopicPartition> removed)
        {
            Held.ExceptWith(removed);
            everybodys?.ExceptWith(removed);
        }

        public void OnLost(IReadOnlyCollection<TopicPartition> removed) => OnRevoked(removed);
    }
}
