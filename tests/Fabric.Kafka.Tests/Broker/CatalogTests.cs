using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Tests.Broker;

public sealed class CatalogTests : IDisposable
{
    private readonly CoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Topics_ids_partitions_and_settings_survive_a_restart()
    {
        _fixture.CreateTopic("t", 3, ("retention.ms", "1000"));
        Guid id = Find("t").Id;
        _fixture.Produce("t", SampleRequests.Batch(), partition: 2);
        _fixture.Restart();
        Assert.Equal(id, Find("t").Id);
        Assert.Equal(3, Find("t").Partitions.Length);
        Assert.Equal(1000, Find("t").Partitions[0].Log.Config.RetentionMs);
        Assert.Equal([0L], _fixture.Fetch("t", 0, partition: 2).BatchOffsets());
    }

    [Fact]
    public void What_a_crashed_creation_or_deletion_left_is_removed_at_the_next_start()
    {
        _fixture.CreateTopic("t");
        string rest = Path.Combine(_fixture.Folder, "topics", "gone.00000000000000000000000000000001", "0");
        Directory.CreateDirectory(rest);
        File.WriteAllText(Path.Combine(rest, "00000000000000000000.log"), "rest");
        File.WriteAllText(Path.Combine(_fixture.Folder, "topics.json.new"), "half a file");
        _fixture.Restart();
        Assert.False(Directory.Exists(Path.GetDirectoryName(rest)));
        Assert.Single(_fixture.Core.Topics.All);
    }

    [Fact]
    public void A_topic_made_anew_is_another_one_and_empty()
    {
        _fixture.CreateTopic("t");
        _fixture.Produce("t", SampleRequests.Batch());
        Guid id = Find("t").Id;
        _fixture.Core.DeleteTopic(Find("t"));
        _fixture.CreateTopic("t");
        Assert.NotEqual(id, Find("t").Id);
        Assert.Equal(0, _fixture.Fetch("t", 0).HighWatermark);
        _fixture.Restart();
        Assert.Equal(0, _fixture.Fetch("t", 0).HighWatermark);
    }

    [Fact]
    public void A_partition_whose_folder_is_gone_stops_the_start_by_name()
    {
        _fixture.CreateTopic("t", 2);
        string folder = Directory.GetDirectories(Path.Combine(_fixture.Folder, "topics")).Single();
        Directory.Delete(Path.Combine(folder, "1"), recursive: true);
        var missing = Assert.Throws<KafkaException>(() => _fixture.Restart());
        Assert.Equal("PARTITION_MISSING", missing.Code);
        Assert.Contains("t-1", missing.Message, StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(folder, "1"));
        _fixture.Restart();
    }

    [Fact]
    public void Topics_without_a_catalog_stop_the_start_and_stay_where_they_are()
    {
        _fixture.CreateTopic("t");
        string catalog = Path.Combine(_fixture.Folder, CatalogFile.FileName);
        byte[] saved = File.ReadAllBytes(catalog);
        File.Delete(catalog);
        Assert.Equal("CATALOG_MISSING", Assert.Throws<KafkaException>(() => _fixture.Restart()).Code);
        File.WriteAllText(catalog, "{ \"topics\": [");
        Assert.Equal("CATALOG_UNREADABLE", Assert.Throws<KafkaException>(() => _fixture.Restart()).Code);
        Assert.Single(Directory.GetDirectories(Path.Combine(_fixture.Folder, "topics")));
        File.WriteAllBytes(catalog, saved);
        _fixture.Restart();
        Assert.Single(_fixture.Core.Topics.All);
    }

    [Fact]
    public void A_directory_of_another_format_is_refused()
    {
        File.WriteAllText(Path.Combine(_fixture.Folder, "stamp.json"), "{\"Format\":2,\"ClusterId\":\"x\"}");
        Assert.Equal("DATA_DIRECTORY_FORMAT", Assert.Throws<KafkaException>(() => _fixture.Restart()).Code);
        File.WriteAllText(Path.Combine(_fixture.Folder, "stamp.json"), "{\"Format\":1,\"ClusterId\":\"x\"}");
        _fixture.Restart();
    }

    [Fact]
    public void Names_follow_Kafkas_rules()
    {
        Assert.Null(TopicName.Problem("a.B_c-9"));
        Assert.Null(TopicName.Problem(new string('x', 249)));
        foreach (string bad in (string[])["", ".", "..", new string('x', 250), "a b", "ä", "a/b", "a\0b"])
        {
            Assert.NotNull(TopicName.Problem(bad));
        }

        _fixture.CreateTopic(new string('x', 249));
        _fixture.Restart();
        Assert.Equal(ErrorCode.None, _fixture.Produce(new string('x', 249), SampleRequests.Batch()).Error);
    }

    private Topic Find(string name) =>
        _fixture.Core.Topics.TryGet(name, out Topic? topic) ? topic : throw new InvalidOperationException($"No topic {name}");
}
