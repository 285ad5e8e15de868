using Fabric.Core;
using Fabric.Kafka.Clients;

namespace Fabric.Kafka.Tests.Clients;

public sealed class MockClusterTests
{
    private static readonly TimeSpan Bound = ClientFixture.Bound;

    [Fact]
    public void Produce_and_read_back_key_value_headers_and_the_end()
    {
        using var cluster = new MockCluster();
        cluster.CreateTopic("t", 1);
        ConfluentKafkaClients clients = ClientFixture.Clients(cluster.Bootstrap);
        using ITransactionalProducer producer = clients.OpenProducer("id");
        producer.InitTransactions(Bound);
        producer.Begin();
        producer.ProduceText("t", 0, "k", "v", [new RecordHeader("h", [1, 2]), new RecordHeader("h", null)]);
        producer.ProduceText("t", 0, null, null);
        producer.Commit(Bound);

        using IRecordConsumer consumer = clients.OpenConsumer(null, null);
        var partition = new TopicPartition("t", 0);
        consumer.Assign([new PartitionPosition(partition, PartitionPosition.Beginning)]);
        var batch = new PollBatch();
        consumer.ReadUntil(batch, () => batch.Ends.Count > 0);

        Assert.Equal(2, batch.Records.Count);
        Assert.Equal("k", ClientFixture.Text(batch.Records[0].Key));
        Assert.Equal("v", ClientFixture.Text(batch.Records[0].Value));
        Assert.Equal(["h", "h"], batch.Records[0].Headers.Select(header => header.Key));
        Assert.Null(batch.Records[0].Headers[1].Value);
        Assert.Null(batch.Records[1].Key);
        Assert.Null(batch.Records[1].Value);
        Assert.Empty(batch.Records[1].Headers);
        Assert.Equal(partition, batch.Ends[0].Partition);
        Assert.Equal((0, 2), consumer.Watermarks(partition, Bound));
    }

    [Fact]
    public void Produce_without_a_partition_lands_where_Java_clients_put_the_key()
    {
        using var cluster = new MockCluster();
        cluster.CreateTopic("t", 8);
        ConfluentKafkaClients clients = ClientFixture.Clients(cluster.Bootstrap);
        using ITransactionalProducer producer = clients.OpenProducer("id");
        producer.InitTransactions(Bound);
        producer.Begin();
        string[] keys = [.. Enumerable.Range(0, 100).Select(index => $"key/{index}")];
        foreach (string key in keys)
        {
            producer.ProduceText("t", null, key, key);
        }

        producer.Commit(Bound);
        using IRecordConsumer consumer = clients.OpenConsumer(null, null);
        consumer.Assign(
            [.. Enumerable.Range(0, 8).Select(
                index => new PartitionPosition(new TopicPartition("t", index), PartitionPosition.Beginning))]);
        var batch = new PollBatch();
        consumer.ReadUntil(batch, () => batch.Records.Count == keys.Length);
        Assert.All(batch.Records, record => Assert.Equal(Murmur2.PartitionOf(record.Key, 8), record.Partition.Partition));
    }

    [Fact]
    public void Commit_offsets_that_the_coordinator_refuses_are_abortable_and_the_producer_lives_on()
    {
        using var cluster = new MockCluster();
        cluster.CreateTopic("t", 1);
        ConfluentKafkaClients clients = ClientFixture.Clients(cluster.Bootstrap);
        using IRecordConsumer consumer = clients.OpenConsumer("group", null);
        var listener = new RecordingListener();
        consumer.Subscribe("t", listener);
        Assert.Null(consumer.GroupMetadata);
        consumer.ReadUntil(new PollBatch(), () => listener.Held.Count == 1);

        using ITransactionalProducer producer = clients.OpenProducer("id");
        producer.InitTransactions(Bound);
        producer.Begin();
        producer.ProduceText("t", 0, "k", "v");
        cluster.FailNext(MockCluster.TxnOffsetCommit, 22);
        PartitionPosition[] next = [new(new TopicPartition("t", 0), 1)];
        var refused = Assert.Throws<KafkaException>(() => producer.SendOffsets(next, consumer.GroupMetadata!, Bound));
        Assert.True(refused.IsAbortable);
        Assert.False(refused.IsFenced);
        Assert.Equal("ILLEGAL_GENERATION", refused.Code);
        producer.Abort(Bound);

        producer.Begin();
        producer.ProduceText("t", 0, "k", "v2");
        producer.SendOffsets(next, consumer.GroupMetadata!, Bound);
        producer.Commit(Bound);
        consumer.Close(Bound);
    }

    [Theory]
    [InlineData(47)]
    [InlineData(90)]
    public void Commit_a_successor_took_the_id_is_fenced(int code)
    {
        using var cluster = new MockCluster();
        cluster.CreateTopic("t", 1);
        ConfluentKafkaClients clients = ClientFixture.Clients(cluster.Bootstrap);
        using ITransactionalProducer producer = clients.OpenProducer("id");
        producer.InitTransactions(Bound);
        producer.Begin();
        producer.ProduceText("t", 0, "k", "v");
        cluster.FailNext(MockCluster.EndTxn, code);
        var fenced = Assert.Throws<KafkaException>(() => producer.Commit(Bound));
        Assert.True(fenced.IsFenced);
        Assert.False(fenced.IsRetriable);
        Assert.False(fenced.IsAbortable);
    }

    [Fact]
    public void Produce_a_record_over_the_limit_is_refused_at_once()
    {
        using var cluster = new MockCluster();
        cluster.CreateTopic("t", 1);
        using ITransactionalProducer producer = ClientFixture.Clients(cluster.Bootstrap).OpenProducer("id");
        producer.InitTransactions(Bound);
        producer.Begin();
        var tooLarge = Assert.Throws<KafkaException>(
            () => producer.Produce("t", 0, default, false, new byte[2_000_000], true));
        Assert.Equal("MSG_SIZE_TOO_LARGE", tooLarge.Code);
        producer.Abort(Bound);
    }

    [Fact]
    public void Close_before_the_first_assignment_returns()
    {
        using var cluster = new MockCluster();
        cluster.CreateTopic("t", 1);
        IRecordConsumer consumer = ClientFixture.Clients(cluster.Bootstrap).OpenConsumer("group", "node-1");
        consumer.Subscribe("t", new RecordingListener());
        consumer.Close(Bound);
        consumer.Close(Bound);
        consumer.Dispose();
    }

    [Fact]
    public async Task PartitionCount_of_a_topic_that_is_not_there_is_zero_and_does_not_create_it()
    {
        using var cluster = new MockCluster();
        cluster.CreateTopic("t", 3);
        using IKafkaAdmin admin = ClientFixture.Clients(cluster.Bootstrap).OpenAdmin();
        Assert.Equal(3, await admin.PartitionCountAsync("t", default));
        Assert.Equal(0, await admin.PartitionCountAsync("absent", default));
        Assert.Equal(0, await admin.PartitionCountAsync("absent", default));
    }

    [Fact]
    public async Task EnsureTopics_with_another_partition_count_is_refused()
    {
        using var cluster = new MockCluster();
        cluster.CreateTopic("t", 3);
        using IKafkaAdmin admin = ClientFixture.Clients(cluster.Bootstrap).OpenAdmin();
        await admin.EnsureTopicsAsync([new TopicSpec("t", 3, 1, new Dictionary<string, string>())], default);
        var refused = await Assert.ThrowsAsync<KafkaException>(() => admin.EnsureTopicsAsync(
            [new TopicSpec("t", 4, 1, new Dictionary<string, string>())], default));
        Assert.Equal("TOPIC_PARTITIONS_DIFFER", refused.Code);
    }
}
