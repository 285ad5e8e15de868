using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Tests.Log;

public sealed class PartitionLogAppendTests
{
    [Fact]
    public void Append_twoBatches_numbersRecordsWithoutGap()
    {
        using var fixture = new LogFixture();
        AppendResult first = fixture.Append(TestBatches.Plain(3));
        AppendResult second = fixture.Append(TestBatches.Plain(2));
        Assert.Equal((0L, 2L), (first.BaseOffset, first.LastOffset));
        Assert.Equal((3L, 4L), (second.BaseOffset, second.LastOffset));
        Assert.Equal(5, fixture.Log.EndOffset);
    }

    [Fact]
    public void Read_beforeFlush_showsNothing()
    {
        using var fixture = new LogFixture();
        fixture.Append(TestBatches.Plain(3));
        Assert.Equal(0, fixture.Log.DurableOffset);
        Assert.Empty(TestBatches.ReadAll(fixture.Log));
        fixture.MakeDurable();
        Assert.Equal(3, fixture.Log.DurableOffset);
        Assert.Single(TestBatches.ReadAll(fixture.Log));
    }

    [Fact]
    public void Read_returnsBytesAsTheyArrived_exceptOffset()
    {
        using var fixture = new LogFixture();
        byte[] sent = TestBatches.Plain(4, 100);
        fixture.Append(TestBatches.Plain());
        fixture.Append((byte[])sent.Clone());
        fixture.MakeDurable();
        byte[] stored = TestBatches.ReadAll(fixture.Log)[1];
        Assert.Equal(1, new RecordBatchHeader(stored).BaseOffset);
        Assert.Equal(sent[16..], stored[16..]);
        RecordBatchHeader.WriteBaseOffset(stored, 0);
        Assert.Equal(ErrorCode.None, RecordBatchCheck.Check(stored));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(200)]
    [InlineData(1000)]
    [InlineData(100_000)]
    public void Read_anyMaxBytes_givesWholeBatchesInOrder(int maxBytes)
    {
        using var fixture = new LogFixture(new LogConfig { SegmentBytes = 5000, IndexIntervalBytes = 512 });
        for (int i = 0; i < 100; i++)
        {
            fixture.Append(TestBatches.Plain(1 + (i % 3), 40));
        }

        fixture.MakeDurable();
        List<byte[]> batches = TestBatches.ReadAll(fixture.Log, maxBytes);
        Assert.Equal(100, batches.Count);
        long next = 0;
        foreach (byte[] batch in batches)
        {
            var header = new RecordBatchHeader(batch);
            Assert.Equal(next, header.BaseOffset);
            next = header.LastOffset + 1;
        }

        Assert.Equal(fixture.Log.EndOffset, next);
    }

    [Fact]
    public void Read_insideABatch_startsWithThatBatch()
    {
        using var fixture = new LogFixture();
        fixture.Append(TestBatches.Plain(5));
        fixture.Append(TestBatches.Plain(5));
        fixture.MakeDurable();
        using FetchSlice slice = fixture.Log.Read(7, 1 << 20, atLeastOne: true, committedOnly: false);
        Assert.Equal(5, new RecordBatchHeader(slice.ToArray()).BaseOffset);
        Assert.Equal(10, slice.EndOffset);
    }

    [Fact]
    public void Read_firstBatchTooLarge_dependsOnAtLeastOne()
    {
        using var fixture = new LogFixture();
        fixture.Append(TestBatches.Plain(1, 1000));
        fixture.MakeDurable();
        using FetchSlice none = fixture.Log.Read(0, 100, atLeastOne: false, committedOnly: false);
        using FetchSlice one = fixture.Log.Read(0, 100, atLeastOne: true, committedOnly: false);
        Assert.Equal((ErrorCode.None, 0), (none.Error, none.Length));
        Assert.True(one.Length > 1000);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public void Read_outsideTheLog_isOutOfRange(long offset)
    {
        using var fixture = new LogFixture();
        fixture.Append(TestBatches.Plain(3));
        fixture.MakeDurable();
        using FetchSlice slice = fixture.Log.Read(offset, 100, true, false);
        Assert.Equal(ErrorCode.OffsetOutOfRange, slice.Error);
    }

    [Fact]
    public void Append_tooLarge_isRefused()
    {
        using var fixture = new LogFixture(new LogConfig { MaxMessageBytes = 1000, SegmentBytes = 500 });
        Assert.Equal(ErrorCode.MessageTooLarge, fixture.Append(TestBatches.Plain(1, 2000)).Error);
        Assert.Equal(ErrorCode.RecordListTooLarge, fixture.Append(TestBatches.Plain(1, 600)).Error);
        Assert.Equal(0, fixture.Log.EndOffset);
    }

    [Fact]
    public void Append_logAppendTime_stampsTimeAndChecksum()
    {
        using var fixture = new LogFixture(new LogConfig { MessageTimestampType = TimestampType.LogAppendTime });
        AppendResult result = fixture.Append(TestBatches.Plain(3, timestampMs: 5));
        fixture.MakeDurable();
        byte[] batch = Assert.Single(TestBatches.ReadAll(fixture.Log));
        Assert.Equal(fixture.NowMs, result.LogAppendTimeMs);
        Assert.Equal(ErrorCode.None, RecordBatchCheck.Check(batch));
        RecordEnumerator records = RecordBatchRecords.Enumerate(batch);
        Assert.True(records.MoveNext());
        Assert.Equal(fixture.NowMs, records.Current.TimestampMs);
    }

    [Fact]
    public void Append_claimsLogAppendTime_isRefusedWhereTheTopicKeepsCreateTime()
    {
        using var fixture = new LogFixture();
        byte[] batch = TestBatches.Plain();
        RecordBatchHeader.StampLogAppendTime(batch, 1);
        Assert.Equal(ErrorCode.InvalidTimestamp, fixture.Append(batch).Error);
    }

    [Fact]
    public void Roll_byBytes_makesSegmentsThatAreSealedByTheNextFlush()
    {
        using var fixture = new LogFixture(new LogConfig { SegmentBytes = 1000 });
        for (int i = 0; i < 10; i++)
        {
            fixture.Append(TestBatches.Plain(1, 300));
        }

        Assert.Equal(5, Directory.GetFiles(fixture.Folder, "*.log").Length);
        Assert.Empty(Directory.GetFiles(fixture.Folder, "*.index"));
        fixture.MakeDurable();
        Assert.Equal(4, Directory.GetFiles(fixture.Folder, "*.index").Length);
    }

    [Fact]
    public void Roll_byTime_beginsASegmentWithTheNextAppend()
    {
        using var fixture = new LogFixture(new LogConfig { SegmentMs = 60_000 });
        fixture.Append(TestBatches.Plain());
        fixture.Clock.Advance(TimeSpan.FromSeconds(59));
        fixture.Append(TestBatches.Plain());
        Assert.Single(Directory.GetFiles(fixture.Folder, "*.log"));
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        fixture.Append(TestBatches.Plain());
        Assert.Equal(2, Directory.GetFiles(fixture.Folder, "*.log").Length);
    }

    [Fact]
    public void Reopen_keepsEverythingAndGoesOnAtTheEnd()
    {
        using var fixture = new LogFixture(new LogConfig { SegmentBytes = 2000 });
        for (int i = 0; i < 20; i++)
        {
            fixture.Append(TestBatches.Plain(2, 100));
        }

        fixture.MakeDurable();
        List<byte[]> before = TestBatches.ReadAll(fixture.Log);
        fixture.Reopen();
        Assert.Equal(before, TestBatches.ReadAll(fixture.Log));
        Assert.Equal(40, fixture.Append(TestBatches.Plain()).BaseOffset);
    }

    [Fact]
    public void Slice_outlivesItsSegment()
    {
        using var fixture = new LogFixture();
        fixture.Append(TestBatches.Plain(3));
        fixture.MakeDurable();
        FetchSlice slice = fixture.Log.Read(0, 1000, true, false);
        fixture.Log.Dispose();
        Assert.Single(TestBatches.Split(slice.ToArray()));
        slice.Dispose();
        slice.Dispose();
        Assert.Throws<ObjectDisposedException>(() => slice.CopyTo(0, new byte[1]));
    }
}
