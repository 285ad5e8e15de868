using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Kafka.Tests.Log;

public sealed class PartitionLogRetentionTests(ITestOutputHelper output)
{
    private readonly MemoryLogFiles _files = new();

    [Fact]
    public void ApplyRetention_everythingTooOld_leavesAnEmptyLogAtTheSameEnd()
    {
        LogDriver driver = Start(new LogConfig { SegmentBytes = 1000, RetentionMs = 60_000 });
        Fill(driver, 10);
        driver.Clock.Advance(TimeSpan.FromMinutes(3));
        driver.Log.ApplyRetention(driver.NowMs);
        Assert.Equal((20, 20, 0), (driver.Log.StartOffset, driver.Log.EndOffset, driver.Log.SizeBytes));
        driver.Restart();
        Assert.Equal((20, 20), (driver.Log.StartOffset, driver.Log.EndOffset));
        Assert.Equal(ErrorCode.None, driver.Append(TestBatches.Plain()));
    }

    [Fact]
    public void ApplyRetention_bySize_keepsAtLeastThatMuch()
    {
        LogDriver driver = Start(new LogConfig { SegmentBytes = 1000, RetentionMs = -1, RetentionBytes = 3000 });
        Fill(driver, 40);
        driver.Log.ApplyRetention(driver.NowMs);
        Assert.InRange(driver.Log.SizeBytes, 3000, 4000);
        driver.Model.AssertMatches(driver.Log);
    }

    [Fact]
    public void ApplyRetention_policyCompact_deletesNothing()
    {
        LogDriver driver = Start(new LogConfig
        {
            SegmentBytes = 1000, RetentionMs = 1, RetentionBytes = 1, CleanupPolicy = CleanupPolicy.Compact,
        });
        Fill(driver, 20);
        driver.Clock.Advance(TimeSpan.FromDays(1));
        driver.Log.ApplyRetention(driver.NowMs);
        Assert.Equal(0, driver.Log.StartOffset);
    }

    [Fact]
    public void ApplyRetention_notDurable_isKept()
    {
        LogDriver driver = Start(new LogConfig { SegmentBytes = 1000, RetentionMs = 1, RetentionBytes = 1 });
        for (int i = 0; i < 10; i++)
        {
            driver.Append(TestBatches.Plain(2, 200));
        }

        driver.Clock.Advance(TimeSpan.FromDays(1));
        driver.Log.ApplyRetention(driver.NowMs);
        Assert.Equal(0, driver.Log.StartOffset);
    }

    [Fact]
    public void ApplyRetention_idleProducers_areForgottenUnlessInATransaction()
    {
        LogDriver driver = Start(new LogConfig { ProducerIdExpirationMs = 1000 });
        driver.Append(TestBatches.Idempotent(100, 0, 0));
        driver.Append(TestBatches.Idempotent(101, 0, 0, isTransactional: true));
        driver.Clock.Advance(TimeSpan.FromSeconds(2));
        driver.Log.ApplyRetention(driver.NowMs);
        Assert.Equal(ErrorCode.None, driver.Append(TestBatches.Idempotent(100, 0, 55)));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, driver.Append(TestBatches.Idempotent(101, 0, 55, isTransactional: true)));
    }

    [Fact]
    public void DeleteRecordsBefore_raisesTheStart_alsoAfterReopen()
    {
        LogDriver driver = Start(new LogConfig { SegmentBytes = 1000 });
        Fill(driver, 20);
        Assert.Equal(ErrorCode.None, driver.Log.DeleteRecordsBefore(13));
        Assert.Equal(ErrorCode.None, driver.Log.DeleteRecordsBefore(5));
        Assert.Equal(13, driver.Log.StartOffset);
        driver.Model.AssertMatches(driver.Log);
        using (FetchSlice slice = driver.Log.Read(12, 100, true, false))
        {
            Assert.Equal(ErrorCode.OffsetOutOfRange, slice.Error);
        }

        driver.Restart();
        Assert.Equal(13, driver.Log.StartOffset);
        driver.Model.AssertMatches(driver.Log);
        driver.Append(TestBatches.Plain());
        Assert.Equal(ErrorCode.OffsetOutOfRange, driver.Log.DeleteRecordsBefore(41));
        Assert.Equal(ErrorCode.None, driver.Log.DeleteRecordsBefore(40));
        Assert.Equal(40, driver.Log.StartOffset);
    }

    [Fact]
    public void TruncateFull_forgetsEverythingButTheOffsets()
    {
        LogDriver driver = Start(new LogConfig { SegmentBytes = 1000 });
        Fill(driver, 20);
        driver.Append(TestBatches.Idempotent(100, 0, 0, isTransactional: true));
        Assert.Throws<ArgumentOutOfRangeException>(() => driver.Log.TruncateFull(40));
        driver.Log.TruncateFull(50);
        Assert.Equal((50, 50, 50), (driver.Log.StartOffset, driver.Log.EndOffset, driver.Log.LastStableOffset));
        driver.Restart();
        Assert.Equal((50, 50), (driver.Log.StartOffset, driver.Log.EndOffset));
        Assert.Equal(50, driver.Log.Append(TestBatches.Idempotent(100, 0, 7), 0).BaseOffset);
    }

    [Fact]
    public void RandomOperations_keepTheirPromises()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        int deleted = 0;
        for (int round = 0; round < 30; round++)
        {
            var files = new MemoryLogFiles();
            var driver = new LogDriver(random, files, new LogConfig
            {
                SegmentBytes = 800 + random.Next(3000),
                SegmentMs = 20_000,
                RetentionMs = random.Next(2) == 0 ? -1 : 60_000,
                RetentionBytes = random.Next(2) == 0 ? -1 : 5000,
                ProducerIdExpirationMs = long.MaxValue / 2,
            });
            driver.Start();
            for (int i = 0; i < 150; i++)
            {
                long start = driver.Log.StartOffset;
                Step(driver, random);
                Assert.InRange(driver.Log.StartOffset, start, driver.Log.DurableOffset);
                deleted += driver.Log.StartOffset > start ? 1 : 0;
            }

            driver.MakeDurable();
            driver.Model.AssertMatches(driver.Log);
            driver.Restart();
            driver.Model.AssertMatches(driver.Log);
            driver.Model.AssertKnowsProducers(driver.Log, driver.NowMs);
        }

        output.WriteLine($"{deleted} deletions");
        Assert.True(deleted > 30);
    }

    private static void Step(LogDriver driver, Random random)
    {
        switch (random.Next(12))
        {
            case 0:
                driver.Clock.Advance(TimeSpan.FromSeconds(random.Next(40)));
                break;
            case 1 or 2:
                driver.MakeDurable();
                break;
            case 3:
                ApplyRetention(driver);
                break;
            case 4 when random.Next(3) == 0:
                driver.MakeDurable();
                driver.Restart();
                driver.Model.AssertMatches(driver.Log);
                break;
            default:
                Assert.Equal(ErrorCode.None, driver.AppendRandom());
                break;
        }
    }

    private static void ApplyRetention(LogDriver driver)
    {
        long start = driver.Log.StartOffset;
        long size = driver.Log.SizeBytes;
        driver.Log.ApplyRetention(driver.NowMs);
        ModelBatch[] removed = driver.Model.Batches
            .Where(batch => batch.LastOffset >= start && batch.LastOffset < driver.Log.StartOffset).ToArray();
        if (driver.Config.RetentionBytes < 0)
        {
            Assert.All(removed, batch =>
                Assert.True(new RecordBatchHeader(batch.Bytes).MaxTimestamp < driver.NowMs - driver.Config.RetentionMs));
        }

        if (driver.Config.RetentionMs < 0 && removed.Length > 0)
        {
            Assert.True(driver.Log.SizeBytes >= driver.Config.RetentionBytes);
            Assert.Equal(size - removed.Sum(batch => batch.Bytes.Length), driver.Log.SizeBytes);
        }
    }

    private LogDriver Start(LogConfig config)
    {
        var driver = new LogDriver(new Random(1), _files, config);
        driver.Start();
        return driver;
    }

    private static void Fill(LogDriver driver, int batches)
    {
        for (int i = 0; i < batches; i++)
        {
            driver.Append(TestBatches.Plain(2, 100, driver.NowMs));
        }

        driver.MakeDurable();
    }
}
