using System.Text;
using Fabric.Core;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Clients;
using Fabric.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Streams.Tests.Runtime;

/// <summary>An embedded broker of its own, and what tests do with it: make topics, write, read committed records.</summary>
public sealed class BrokerFixture : IAsyncLifetime
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();
    private EmbeddedBroker? _broker;
    private ITransactionalProducer? _writer;

    public IKafkaClients Clients { get; private set; } = null!;

    public string Bootstrap => _broker!.BootstrapServers;

    public async Task InitializeAsync()
    {
        _broker = await StartAsync("127.0.0.1:0");
        Clients = OpenClients(NullLoggerFactory.Instance);
    }

    /// <summary>Kafka is away for a while, then back at the same address.</summary>
    public async Task BeAwayAsync(TimeSpan time)
    {
        string address = Bootstrap;
        await _broker!.DisposeAsync();
        await Task.Delay(time);
        _broker = await StartAsync(address);
    }

    private Task<EmbeddedBroker> StartAsync(string listen) => EmbeddedBroker.StartAsync(
        new EmbeddedBrokerOptions { DataDirectory = _folder["broker"], Listen = listen, AutoCreateTopics = false },
        NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);

    public IKafkaClients OpenClients(ILoggerFactory logs) => new ConfluentKafkaClients(Bootstrap, null, TimeProvider.System, logs);

    public async Task DisposeAsync()
    {
        _writer?.Dispose();
        await _broker!.DisposeAsync();
        _folder.Dispose();
    }

    public async Task CreateTopicsAsync(int partitions, params string[] topics)
    {
        using IKafkaAdmin admin = Clients.OpenAdmin();
        await admin.EnsureTopicsAsync(
            [.. topics.Select(topic => new TopicSpec(topic, partitions, 1, new Dictionary<string, string>()))], default);
    }

    /// <summary>Writes in one transaction.</summary>
    public void Write(string topic, IEnumerable<(string? Key, byte[]? Value, long TimestampMs)> records)
    {
        if (_writer is null)
        {
            _writer = Clients.OpenProducer("test-writer");
            _writer.InitTransactions(Bound);
        }

        ITransactionalProducer producer = _writer;
        producer.Begin();
        foreach ((string? key, byte[]? value, long timestampMs) in records)
        {
            producer.Produce(
                topic, null, Encoding.UTF8.GetBytes(key ?? ""), key is not null, value, value is not null, timestampMs);
        }

        producer.Commit(Bound);
    }

    public void Write(string topic, IEnumerable<(string Key, string Value)> records, long timestampMs = 1_000) =>
        Write(topic, records.Select(record => ((string?)record.Key, (byte[]?)Encoding.UTF8.GetBytes(record.Value), timestampMs)));

    /// <summary>Everything committed, from the start of every partition to its end, in order per partition.</summary>
    public List<ConsumedRecord> ReadAll(string topic, int partitions)
    {
        using IRecordConsumer consumer = Clients.OpenConsumer(null, null);
        consumer.Assign([.. Enumerable.Range(0, partitions).Select(
            index => new PartitionPosition(new TopicPartition(topic, index), PartitionPosition.Beginning))]);
        var batch = new PollBatch();
        var ended = new HashSet<TopicPartition>();
        long startedAt = TimeProvider.System.GetTimestamp();
        while (ended.Count < partitions)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(startedAt) < Bound, "The end was not reached within the bound");
            consumer.Poll(TimeSpan.FromMilliseconds(100), 10_000, batch);
            ended.UnionWith(batch.Ends.Select(end => end.Partition));
            batch.Ends.Clear();
        }

        return batch.Records;
    }

    /// <summary>Reads along until a condition holds over all that was committed so far.</summary>
    public List<ConsumedRecord> ReadUntil(string topic, int partitions, Func<List<ConsumedRecord>, bool> isDone, TimeSpan? bound = null)
    {
        using IRecordConsumer consumer = Clients.OpenConsumer(null, null);
        consumer.Assign([.. Enumerable.Range(0, partitions).Select(
            index => new PartitionPosition(new TopicPartition(topic, index), PartitionPosition.Beginning))]);
        var batch = new PollBatch();
        long startedAt = TimeProvider.System.GetTimestamp();
        while (!isDone(batch.Records))
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(startedAt) < (bound ?? Bound),
                $"Only {batch.Records.Count} records came within the bound");
            consumer.Poll(TimeSpan.FromMilliseconds(100), 10_000, batch);
        }

        return batch.Records;
    }

    public static string Text(byte[]? bytes) => bytes is null ? "<null>" : Encoding.UTF8.GetString(bytes);
}
