using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Tests.Log;

public sealed class PartitionLogProducerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Append_oneOfTheLastFiveAgain_returnsTheOriginalOffset(bool reopen)
    {
        using var fixture = new LogFixture(new LogConfig { SegmentBytes = 700 });
        for (int i = 0; i < 8; i++)
        {
            fixture.Append(TestBatches.Idempotent(7, 0, i * 3, records: 3));
        }

        if (reopen)
        {
            fixture.MakeDurable();
            fixture.Reopen();
        }

        for (int i = 3; i < 8; i++)
        {
            AppendResult again = fixture.Append(TestBatches.Idempotent(7, 0, i * 3, records: 3));
            Assert.Equal((ErrorCode.None, i * 3L, true), (again.Error, again.BaseOffset, again.IsDuplicate));
            Assert.Equal((i * 3L) + 2, again.LastOffset);
        }

        Assert.Equal(24, fixture.Log.EndOffset);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, fixture.Append(TestBatches.Idempotent(7, 0, 6, 3)).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, fixture.Append(TestBatches.Idempotent(7, 0, 25, 3)).Error);
        Assert.Equal(24, fixture.Append(TestBatches.Idempotent(7, 0, 24, 3)).BaseOffset);
    }

    [Fact]
    public void Append_unknownProducer_mayBeginAnywhere()
    {
        using var fixture = new LogFixture();
        Assert.Equal(ErrorCode.None, fixture.Append(TestBatches.Idempotent(7, 3, 500)).Error);
        Assert.Equal(ErrorCode.None, fixture.Append(TestBatches.Idempotent(7, 3, 501)).Error);
    }

    [Fact]
    public void Append_epochs_newOnesBeginAtZeroAndOldOnesAreFenced()
    {
        using var fixture = new LogFixture();
        fixture.Append(TestBatches.Idempotent(7, 1, 10));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, fixture.Append(TestBatches.Idempotent(7, 2, 11)).Error);
        Assert.Equal(ErrorCode.None, fixture.Append(TestBatches.Idempotent(7, 2, 0)).Error);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, fixture.Append(TestBatches.Idempotent(7, 1, 11)).Error);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, fixture.Append(TestBatches.Idempotent(7, 1, 10)).Error);
    }

    [Fact]
    public void Append_sequence_wrapsToZero()
    {
        using var fixture = new LogFixture();
        fixture.Append(TestBatches.Idempotent(7, 0, int.MaxValue - 1, records: 4));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, fixture.Append(TestBatches.Idempotent(7, 0, 3)).Error);
        Assert.Equal(ErrorCode.None, fixture.Append(TestBatches.Idempotent(7, 0, 2)).Error);
        Assert.True(fixture.Append(TestBatches.Idempotent(7, 0, int.MaxValue - 1, records: 4)).IsDuplicate);
    }

    [Fact]
    public void Append_lastSequenceIsMax_nextIsZero()
    {
        using var fixture = new LogFixture();
        fixture.Append(TestBatches.Idempotent(7, 0, int.MaxValue));
        Assert.Equal(ErrorCode.None, fixture.Append(TestBatches.Idempotent(7, 0, 0)).Error);
    }

    [Fact]
    public void Append_outsideTheOpenTransaction_isRefused()
    {
        using var fixture = new LogFixture();
        fixture.Append(TestBatches.Idempotent(7, 0, 0, isTransactional: true));
        Assert.Equal(ErrorCode.InvalidTxnState, fixture.Append(TestBatches.Idempotent(7, 0, 1)).Error);
    }

    [Fact]
    public void LastStableOffset_followsTransactionsAndTheirDurability()
    {
        using var fixture = new LogFixture();
        fixture.Append(TestBatches.Plain(2));
        fixture.Append(TestBatches.Idempotent(7, 0, 0, records: 3, isTransactional: true)); // 2-4
        fixture.Append(TestBatches.Idempotent(8, 0, 0, records: 3, isTransactional: true)); // 5-7
        fixture.MakeDurable();
        Assert.Equal(2, fixture.Log.LastStableOffset);
        Assert.True(fixture.Log.HasOpenTransaction(7, out long first));
        Assert.Equal(2, first);
        fixture.End(7, 0, commit: true); // 8
        Assert.Equal(2, fixture.Log.LastStableOffset); // the marker may still be lost
        fixture.MakeDurable();
        Assert.Equal(5, fixture.Log.LastStableOffset);
        fixture.End(8, 0, commit: false); // 9
        fixture.MakeDurable();
        Assert.Equal(10, fixture.Log.LastStableOffset);
        Assert.False(fixture.Log.HasOpenTransaction(8, out _));
        Assert.Equal([0L, 1, 2, 3, 4], TestBatches.ReadCommittedOffsets(fixture.Log));
    }

    [Fact]
    public void AbortedData_staysInvisible_afterReopenWithAndWithoutIndexes()
    {
        using var fixture = new LogFixture(new LogConfig { SegmentBytes = 600 });
        var expected = new List<long>();
        for (int i = 0; i < 30; i++)
        {
            bool commit = i % 3 != 0;
            for (int part = 0; part < 3; part++)
            {
                AppendResult result = fixture.Append(
                    TestBatches.Idempotent(7 + (i % 2), 0, ((i / 2) * 6) + (part * 2), 2, isTransactional: true, 30));
                Assert.Equal(ErrorCode.None, result.Error);
                if (commit)
                {
                    expected.AddRange([result.BaseOffset, result.LastOffset]);
                }
            }

            fixture.End(7 + (i % 2), 0, commit);
        }

        fixture.MakeDurable();
        Assert.Equal(expected, TestBatches.ReadCommittedOffsets(fixture.Log, maxBytes: 500));
        fixture.Reopen();
        Assert.Equal(expected, TestBatches.ReadCommittedOffsets(fixture.Log, maxBytes: 500));

        fixture.Log.Dispose();
        string[] indexes = Directory.GetFiles(fixture.Folder, "*.index").Order().ToArray();
        File.Delete(indexes[1]);
        File.WriteAllBytes(indexes[3], [1, 2, 3]);
        fixture.Reopen();
        Assert.Equal(expected, TestBatches.ReadCommittedOffsets(fixture.Log, maxBytes: 500));

        fixture.Log.Dispose();
        foreach (string path in Directory.GetFiles(fixture.Folder).Where(path => !path.EndsWith(".log")))
        {
            File.Delete(path);
        }

        fixture.Reopen();
        Assert.Equal(expected, TestBatches.ReadCommittedOffsets(fixture.Log, maxBytes: 500));
        Assert.Equal(indexes, Directory.GetFiles(fixture.Folder, "*.index").Order());
    }

    [Fact]
    public void AppendControl_olderProducerOrCoordinator_isFenced()
    {
        using var fixture = new LogFixture();
        fixture.Append(TestBatches.Idempotent(7, 5, 0, isTransactional: true));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, fixture.Log.AppendControl(7, 4, true, 3, 0).Error);
        Assert.Equal(ErrorCode.None, fixture.Log.AppendControl(7, 6, false, 3, 0).Error);
        Assert.Equal(ErrorCode.TransactionCoordinatorFenced, fixture.Log.AppendControl(7, 6, false, 2, 0).Error);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, fixture.Append(TestBatches.Idempotent(7, 5, 1)).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, fixture.Append(TestBatches.Idempotent(7, 6, 1)).Error);
        Assert.Equal(ErrorCode.None, fixture.Append(TestBatches.Idempotent(7, 6, 0)).Error);
    }

    [Fact]
    public void OpenTransaction_survivesReopen()
    {
        using var fixture = new LogFixture(new LogConfig { SegmentBytes = 500 });
        fixture.Append(TestBatches.Plain());
        fixture.Append(TestBatches.Idempotent(7, 0, 0, isTransactional: true));
        for (int i = 0; i < 20; i++)
        {
            fixture.Append(TestBatches.Plain());
        }

        fixture.MakeDurable();
        fixture.Reopen();
        Assert.True(fixture.Log.HasOpenTransaction(7, out long first));
        Assert.Equal(1, first);
        Assert.Equal(1, fixture.Log.LastStableOffset);
    }
}
