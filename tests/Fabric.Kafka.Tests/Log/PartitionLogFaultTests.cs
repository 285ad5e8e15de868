using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Kafka.Tests.Log;

/// <summary>T-05 and T-06: a full disk, failing writes, and flushes that fail once and then seem to work.</summary>
public sealed class PartitionLogFaultTests(ITestOutputHelper output)
{
    private readonly MemoryLogFiles _files = new();

    [Fact]
    public void Append_fullDisk_refusesAndGoesOnWhenThereIsRoom()
    {
        var driver = new LogDriver(new Random(1), _files, new LogConfig { SegmentBytes = 3000 });
        driver.Start();
        _files.CapacityBytes = 0;
        for (int round = 0; round < 3; round++)
        {
            _files.CapacityBytes += 5000;
            ErrorCode error;
            do
            {
                error = driver.Append(TestBatches.Plain(2, 200));
            }
            while (error == ErrorCode.None);

            Assert.Equal(ErrorCode.KafkaStorageError, error);
            long end = driver.Log.EndOffset;
            Assert.Equal(ErrorCode.KafkaStorageError, driver.Append(TestBatches.Plain(2, 200)));
            Assert.Equal(end, driver.Log.EndOffset);
            driver.MakeDurable();
            Assert.Equal(end, driver.Log.DurableOffset);
            driver.Model.AssertMatches(driver.Log);
        }

        _files.CapacityBytes = long.MaxValue;
        Assert.Equal(ErrorCode.None, driver.Append(TestBatches.Plain(1, 50)));
        driver.MakeDurable();
        driver.Restart();
        driver.Model.AssertMatches(driver.Log);
    }

    [Fact]
    public void Append_afterAFailedWriteOfALongerBatch_leavesNothingOfItBehind()
    {
        var driver = new LogDriver(new Random(1), _files, new LogConfig());
        driver.Start();
        _files.Fails = (operation, _) => operation == FileOperation.Write;
        _files.WrittenShare = 1; // all of it, and yet an error
        Assert.Equal(ErrorCode.KafkaStorageError, driver.Append(TestBatches.Plain(2, 500)));
        _files.Fails = null;
        Assert.Equal(ErrorCode.None, driver.Append(TestBatches.Plain(1, 10)));
        Assert.Equal(_files[_files.Paths.Single()].Length, driver.Log.SizeBytes);
        driver.MakeDurable();
        driver.Restart();
        Assert.Equal(1, driver.Log.EndOffset);
    }

    [Fact]
    public void Flush_failed_nothingIsAcknowledgedUntilTheLogWasCut()
    {
        var driver = new LogDriver(new Random(1), _files, new LogConfig());
        driver.Start();
        byte[] first = TestBatches.Idempotent(7, 0, 0);
        byte[] second = TestBatches.Idempotent(7, 0, 1);
        driver.Append(first.ToArray());
        driver.MakeDurable();
        driver.Append(second.ToArray());
        _files.Fails = (operation, _) => operation == FileOperation.Flush;
        Assert.Throws<IOException>(() => driver.Log.Flush());
        _files.Fails = null;
        Assert.Throws<IOException>(() => driver.Log.Flush());
        Assert.True(driver.Log.HasFailed);
        Assert.Equal(ErrorCode.KafkaStorageError, driver.Log.Append(TestBatches.Plain(), 0).Error);
        Assert.Equal(ErrorCode.KafkaStorageError, driver.Log.AppendControl(7, 0, true, 0, 0).Error);
        Assert.Single(TestBatches.ReadAll(driver.Log));

        Assert.True(driver.Log.CutToDurable());
        Assert.False(driver.Log.HasFailed);
        Assert.Equal((1, 1), (driver.Log.EndOffset, driver.Log.DurableOffset));
        AppendResult again = driver.Log.Append(second, driver.NowMs);
        Assert.Equal((ErrorCode.None, 1, false), (again.Error, again.BaseOffset, again.IsDuplicate));
        Assert.True(driver.Log.Append(first, driver.NowMs).IsDuplicate);
        driver.MakeDurable();
        using PartitionLog afterCut = driver.Open(_files.AfterPowerCut(new Random(2)));
        Assert.Equal(2, afterCut.EndOffset);
    }

    [Fact]
    public void CutToDurable_diskStillFailing_isTriedAgain()
    {
        var driver = new LogDriver(new Random(1), _files, new LogConfig { SegmentBytes = 500 });
        driver.Start();
        driver.Append(TestBatches.Plain(3, 100));
        driver.MakeDurable();
        for (int i = 0; i < 5; i++)
        {
            driver.Append(TestBatches.Plain(3, 100));
        }

        _files.Fails = (operation, _) => operation is FileOperation.Flush or FileOperation.FlushFolder;
        Assert.Throws<IOException>(() => driver.Log.Flush());
        Assert.False(driver.Log.CutToDurable());
        Assert.True(driver.Log.HasFailed);
        Assert.Single(TestBatches.ReadAll(driver.Log));
        _files.Fails = null;
        Assert.True(driver.Log.CutToDurable());
        driver.CutModelTo(3);
        driver.Append(TestBatches.Plain(2, 100));
        driver.MakeDurable();
        driver.Model.AssertMatches(driver.Log);
    }

    [Fact]
    public void Flush_sideFileFails_isNoFailureOfTheLog()
    {
        var driver = new LogDriver(new Random(1), _files, new LogConfig { SegmentBytes = 500 });
        driver.Start();
        _files.Fails = (operation, path) => operation == FileOperation.Write && path.EndsWith(".tmp", StringComparison.Ordinal);
        for (int i = 0; i < 20; i++)
        {
            driver.Append(TestBatches.Plain(3, 100));
        }

        driver.MakeDurable();
        Assert.DoesNotContain(_files.Paths, path => path.EndsWith(".index", StringComparison.Ordinal));
        driver.Model.AssertMatches(driver.Log);
        _files.Fails = null;
        driver.Restart();
        driver.Model.AssertMatches(driver.Log);
        Assert.Contains(_files.Paths, path => path.EndsWith(".index", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Everything_onePercentOfOperationsFailing_losesNothingDurable(bool isCompacted)
    {
        const int Operations = 10_000;
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        int failed = 0, cut = 0;
        var driver = new LogDriver(random, _files, new LogConfig
        {
            SegmentBytes = 2500,
            RetentionMs = -1,
            RetentionBytes = isCompacted ? -1 : 8000,
            CleanupPolicy = isCompacted ? CleanupPolicy.Compact : CleanupPolicy.Delete,
            MinCleanableDirtyRatio = 0.3,
        });
        driver.Start();
        _files.Fails = (_, _) => random.Next(100) == 0 && failed++ >= 0;
        for (int i = 0; i < Operations; i++)
        {
            _files.WrittenShare = random.NextDouble();
            if (Step(driver, random, isCompacted))
            {
                cut++;
                long durable = driver.Log.DurableOffset;
                for (int attempt = 0; !driver.Log.CutToDurable(); attempt++)
                {
                    Assert.True(attempt < 200, "the log never came back");
                }

                Assert.Equal((durable, durable), (driver.Log.EndOffset, driver.Log.DurableOffset));
                driver.CutModelTo(durable);
            }

            if (i % 500 == 499)
            {
                Check(driver, random, isCompacted);
            }
        }

        output.WriteLine($"{failed} operations failed, {cut} cuts to durable, {driver.Model.EndOffset} offsets");
        Assert.True(failed > 20 && cut > 5);
    }

    /// <summary>True when the log has failed.</summary>
    private static bool Step(LogDriver driver, Random random, bool isCompacted)
    {
        switch (random.Next(12))
        {
            case 0 or 1:
                try
                {
                    driver.MakeDurable();
                }
                catch (IOException)
                {
                    Assert.True(driver.Log.HasFailed);
                }

                break;
            case 2 when isCompacted:
                driver.Log.Compact(driver.NowMs);
                break;
            case 2:
                driver.Log.ApplyRetention(driver.NowMs);
                break;
            default:
                driver.AppendRandom();
                break;
        }

        return driver.Log.HasFailed;
    }

    private void Check(LogDriver driver, Random random, bool isCompacted)
    {
        Func<FileOperation, string, bool>? fails = _files.Fails;
        _files.Fails = null;
        Compare(driver.Model, driver.Log, isCompacted);
        using (PartitionLog killed = driver.Open(_files.AfterKill()))
        {
            Compare(driver.Model, killed, isCompacted);
        }

        using (PartitionLog afterCut = driver.Open(_files.AfterPowerCut(random)))
        {
            Assert.InRange(afterCut.EndOffset, driver.Log.DurableOffset, driver.Log.EndOffset);
            var model = new LogModel();
            model.Batches.AddRange(driver.Model.Batches);
            model.CutTo(afterCut.EndOffset);
            Compare(model, afterCut, isCompacted);
        }

        _files.Fails = fails;
    }

    private static void Compare(LogModel model, PartitionLog log, bool isCompacted)
    {
        if (!isCompacted)
        {
            model.AssertMatches(log);
        }
        else if (log.DurableOffset == log.EndOffset)
        {
            CompactionOracle.AssertSound(model, log);
        }
    }
}
