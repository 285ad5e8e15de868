using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;
using Fabric.Kafka.Server;

namespace Fabric.Kafka.Tests.Broker;

public sealed class StorageFailureTests : IDisposable
{
    private readonly FaultyLogFiles _files = new();
    private readonly CoreFixture _fixture;

    public StorageFailureTests()
    {
        _fixture = new CoreFixture(new BrokerCoreSettings { Files = _files });
        _fixture.CreateTopic("t", 2);
    }

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void A_full_disk_refuses_and_goes_on_once_there_is_room()
    {
        Assert.Equal(0, _fixture.Produce("t", SampleRequests.Batch()).BaseOffset);
        _files.IsFull = _ => true;
        Assert.Equal(ErrorCode.KafkaStorageError, _fixture.Produce("t", SampleRequests.Batch()).Error);
        Assert.Equal(ErrorCode.KafkaStorageError, _fixture.Produce("t", SampleRequests.Batch(), acks: 1).Error);
        Assert.Equal([0L], _fixture.Fetch("t", 0).BatchOffsets());
        _files.IsFull = _ => false;
        Assert.Equal(2, _fixture.Produce("t", SampleRequests.Batch()).BaseOffset);
        _fixture.Restart();
        Assert.Equal([0L, 2L], _fixture.Fetch("t", 0).BatchOffsets());
    }

    [Fact]
    public void A_flush_that_fails_acknowledges_nothing_cuts_what_is_not_durable_and_goes_on()
    {
        Assert.Equal(0, _fixture.Produce("t", SampleRequests.Batch()).BaseOffset);
        _files.FlushFails = path => path.Contains($"{Path.DirectorySeparatorChar}0{Path.DirectorySeparatorChar}", StringComparison.Ordinal);
        PendingResponse bad = Post(partition: 0);
        PendingResponse good = Post(partition: 1);
        _fixture.Settle();
        Assert.Equal(ErrorCode.KafkaStorageError, CoreClient.ReadProduce(CoreFixture.ResponseOf(bad)!).Error);
        Assert.Equal(ErrorCode.None, CoreClient.ReadProduce(CoreFixture.ResponseOf(good)!).Error);
        Assert.Equal(ErrorCode.KafkaStorageError, _fixture.Produce("t", SampleRequests.Batch()).Error);

        _files.FlushFails = _ => false;
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        _fixture.Settle();
        Assert.Equal([0L], _fixture.Fetch("t", 0).BatchOffsets());
        Assert.Equal(2, _fixture.Produce("t", SampleRequests.Batch()).BaseOffset);
        Assert.Equal(4, _fixture.Fetch("t", 0).HighWatermark);
    }

    private PendingResponse Post(int partition) =>
        _fixture.Post(_fixture.ProduceFrame("t", SampleRequests.Batch(), partition), new SaslSession(_fixture.Users));
}
