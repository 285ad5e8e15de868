using System.Text;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Kafka.Tests.Log;

public sealed class PartitionLogCompactionTests(ITestOutputHelper output)
{
    private readonly MemoryLogFiles _files = new();

    private static LogConfig Compacted => new()
    {
        SegmentBytes = 1500, CleanupPolicy = CleanupPolicy.Compact, MinCleanableDirtyRatio = 0.01, DeleteRetentionMs = 60_000,
    };

    [Fact]
    public void Compact_keepsTheNewestOfEachKey_andItsOffset()
    {
        LogDriver driver = Start(Compacted);
        for (int i = 0; i < 100; i++)
        {
            driver.Append(One($"k{i % 5}", $"v{i}"));
        }

        Close(driver);
        driver.Log.Compact(driver.NowMs);
        long cleaned = driver.Model.EndOffset - 1;
        Assert.Equal(
            Enumerable.Range(0, 5).Select(i => ($"k{i}", $"v{95 + i}")).Order(),
            CompactionOracle.Visible(driver.Log).Where(record => record.Offset < cleaned)
                .Select(record => (record.Key!, TestBatches.Text(record.Value))).Order());
        CompactionOracle.AssertSound(driver.Model, driver.Log);
        long end = driver.Log.EndOffset;
        driver.Restart();
        Assert.Equal(end, driver.Log.EndOffset);
        CompactionOracle.AssertSound(driver.Model, driver.Log);
    }

    [Fact]
    public void Compact_batchesWithNothingToRemove_stayByteForByte()
    {
        LogDriver driver = Start(Compacted);
        for (int i = 0; i < 40; i++)
        {
            driver.Append(One($"k{i}", "value"));
        }

        Close(driver);
        string[] before = _files.Paths.ToArray();
        driver.Log.Compact(driver.NowMs);
        Assert.Equal(before, _files.Paths);
        driver.Model.AssertMatches(driver.Log);
    }

    [Fact]
    public void Compact_tombstone_staysForItsTimeAndThenGoes()
    {
        LogDriver driver = Start(Compacted);
        driver.Append(One("gone", "personal"));
        driver.Append(One("kept", "x"));
        driver.Append(One("gone", null));
        Close(driver);
        driver.Log.Compact(driver.NowMs);
        Assert.Equal([1L, 2L], Offsets(driver.Log).Take(2));
        driver.Clock.Advance(TimeSpan.FromSeconds(59));
        driver.Log.Compact(driver.NowMs);
        Assert.Equal([1L, 2L], Offsets(driver.Log).Take(2));
        driver.Restart(); // the horizon stands in the batch
        driver.Clock.Advance(TimeSpan.FromSeconds(2));
        driver.Log.Compact(driver.NowMs);
        Assert.Equal(1, Offsets(driver.Log)[0]);
        Assert.DoesNotContain(2L, Offsets(driver.Log));
        Assert.All(_files.Paths, path => Assert.DoesNotContain("personal", Encoding.Latin1.GetString(_files[path])));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Compact_unreadableBatch_staysAndKeepsTombstonesBehindIt(bool isBehind)
    {
        LogDriver driver = Start(Compacted);
        byte[] opaque = TestBatches.Opaque(CompressionCodec.Zstd);
        if (!isBehind)
        {
            driver.Append(opaque);
        }

        driver.Append(One("gone", "x"));
        driver.Append(One("gone", null));
        long tombstone = driver.Log.EndOffset - 1;
        if (isBehind)
        {
            driver.Append(opaque);
        }

        Close(driver);
        driver.Log.Compact(driver.NowMs);
        driver.Clock.Advance(TimeSpan.FromDays(2));
        driver.Log.Compact(driver.NowMs);
        List<byte[]> batches = TestBatches.ReadAll(driver.Log);
        Assert.Contains(batches, batch => new RecordBatchHeader(batch).Codec == CompressionCodec.Zstd);
        Assert.Equal(!isBehind, batches.Any(batch => new RecordBatchHeader(batch).BaseOffset == tombstone));
    }

    [Fact]
    public void Compact_recordsWithoutKey_stay()
    {
        LogDriver driver = Start(Compacted);
        driver.Append(new RecordBatchBuilder().Add(null, [1], 5).Add([1], [1], 5).Add([1], [2], 5).ToArray());
        Close(driver);
        driver.Log.Compact(driver.NowMs);
        Assert.Equal([0L, 2L], Offsets(driver.Log).Take(2));
    }

    [Fact]
    public void Compact_openTransaction_isNotTouched()
    {
        LogDriver driver = Start(Compacted);
        driver.Append(One("k", "1"));
        driver.Append(One("k", "2"));
        driver.Append(TestBatches.Idempotent(50, 0, 0, isTransactional: true, key: "k"));
        driver.Append(One("k", "3"));
        Close(driver);
        driver.Log.Compact(driver.NowMs);
        driver.Model.AssertMatches(driver.Log);
    }

    [Fact]
    public void Compact_minCompactionLag_keepsYoungRecords()
    {
        LogDriver driver = Start(Compacted with { MinCompactionLagMs = 60_000 });
        driver.Append(One("k", "1", driver.NowMs));
        driver.Append(One("k", "2", driver.NowMs));
        Close(driver);
        driver.Log.Compact(driver.NowMs);
        Assert.Contains(0L, Offsets(driver.Log));
        driver.Clock.Advance(TimeSpan.FromSeconds(61));
        driver.Log.Compact(driver.NowMs);
        Assert.DoesNotContain(0L, Offsets(driver.Log));
    }

    [Fact]
    public void Compact_markersWithoutData_goAfterTheirTime_andLeaveNoOpenTransaction()
    {
        LogDriver driver = Start(Compacted);
        for (int i = 0; i < 20; i++)
        {
            driver.Append(TestBatches.Idempotent(50, 0, i, isTransactional: true, key: "t"));
            driver.AppendMarker(50, commit: i % 2 == 0);
        }

        Close(driver);
        for (int i = 0; i < 4; i++)
        {
            driver.Log.Compact(driver.NowMs);
            driver.Clock.Advance(TimeSpan.FromMinutes(2));
        }

        int markers = TestBatches.ReadAll(driver.Log).Count(batch => new RecordBatchHeader(batch).IsControl);
        Assert.Equal(1, markers); // that of the transaction whose record is the newest of its key
        CompactionOracle.AssertSound(driver.Model, driver.Log);
        driver.Log.Dispose();
        foreach (string path in _files.Paths.Where(path => path.EndsWith(".snapshot", StringComparison.Ordinal)).ToArray())
        {
            _files.Delete(path);
        }

        driver.Start();
        Assert.Equal(driver.Log.EndOffset, driver.Log.LastStableOffset);
        CompactionOracle.AssertSound(driver.Model, driver.Log);
    }

    [Fact]
    public void Compact_smallSegments_areMerged()
    {
        LogDriver driver = Start(Compacted);
        for (int i = 0; i < 300; i++)
        {
            driver.Append(One($"k{i % 3}", $"v{i}"));
        }

        Close(driver);
        driver.Log.Compact(driver.NowMs);
        driver.Append(One("k0", "again"));
        Close(driver);
        driver.Log.Compact(driver.NowMs);
        Assert.InRange(_files.Paths.Count(path => path.EndsWith(".log", StringComparison.Ordinal)), 2, 4);
        CompactionOracle.AssertSound(driver.Model, driver.Log);
    }

    [Fact]
    public void Compact_moreKeysThanFitInMemory_getsThereInSeveralPasses()
    {
        LogDriver driver = Start(Compacted with { CompactionKeyBytesMax = 2000, MinCleanableDirtyRatio = 0 });
        for (int i = 0; i < 400; i++)
        {
            driver.Append(One($"k{i % 150}", $"v{i}"));
        }

        Close(driver);
        long boundary = driver.Model.EndOffset - 1;
        for (int i = 0; i < 40; i++)
        {
            driver.Log.Compact(driver.NowMs);
            CompactionOracle.AssertSound(driver.Model, driver.Log);
        }

        CompactionOracle.AssertCompacted(driver.Model, driver.Log, boundary - 20);
    }

    [Fact]
    public void PutCleaned_logChangedMeanwhile_isVoid()
    {
        LogDriver driver = Start(Compacted);
        for (int i = 0; i < 100; i++)
        {
            driver.Append(One("k", $"v{i}"));
        }

        Close(driver);
        using CompactionJob job = driver.Log.BeginCompaction(driver.NowMs)!;
        Assert.Null(driver.Log.BeginCompaction(driver.NowMs));
        CleanedGroup group = job.CleanNext()!;
        driver.Log.DeleteRecordsBefore(60);
        Assert.False(driver.Log.PutCleaned(job, group));
        driver.Log.EndCompaction(job);
        driver.Model.AssertMatches(driver.Log);
        Assert.DoesNotContain(_files.Paths, path => path.EndsWith(".cleaned", StringComparison.Ordinal));
        driver.Log.Compact(driver.NowMs);
        CompactionOracle.AssertSound(driver.Model, driver.Log);
    }

    [Fact]
    public void RandomOperations_keepTheirPromises()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 30; round++)
        {
            var driver = new LogDriver(random, new MemoryLogFiles(), Compacted with
            {
                SegmentBytes = 800 + random.Next(3000), CompactionKeyBytesMax = random.Next(3) == 0 ? 500 : 1 << 20,
            })
            {
                KeyCount = 1 + random.Next(30),
            };
            driver.Start();
            for (int i = 0; i < 120; i++)
            {
                Step(driver, random);
            }

            driver.EndAll();
            Close(driver);
            long boundary = driver.Model.EndOffset - 1;
            for (int i = 0; i < 30; i++)
            {
                driver.Log.Compact(driver.NowMs);
                driver.Clock.Advance(TimeSpan.FromMinutes(2));
            }

            CompactionOracle.AssertSound(driver.Model, driver.Log);
            if (driver.Config.CompactionKeyBytesMax > 500)
            {
                CompactionOracle.AssertCompacted(driver.Model, driver.Log, boundary);
            }

            driver.Restart();
            CompactionOracle.AssertSound(driver.Model, driver.Log);
        }
    }

    private static void Step(LogDriver driver, Random random)
    {
        switch (random.Next(14))
        {
            case 0:
                driver.Clock.Advance(TimeSpan.FromSeconds(random.Next(60)));
                break;
            case 1 or 2:
                driver.MakeDurable();
                break;
            case 3:
                driver.MakeDurable();
                driver.Log.Compact(driver.NowMs);
                CompactionOracle.AssertSound(driver.Model, driver.Log);
                break;
            case 4 when random.Next(3) == 0:
                driver.MakeDurable();
                driver.Restart();
                CompactionOracle.AssertSound(driver.Model, driver.Log);
                break;
            default:
                Assert.Equal(ErrorCode.None, driver.AppendRandom());
                break;
        }
    }

    private LogDriver Start(LogConfig config)
    {
        var driver = new LogDriver(new Random(1), _files, config);
        driver.Start();
        return driver;
    }

    /// <summary>Everything so far stands in sealed segments; one more record, without key, in the active one.</summary>
    private static void Close(LogDriver driver)
    {
        LogConfig config = driver.Log.Config;
        driver.Log.Config = config with { SegmentBytes = 200, MaxMessageBytes = 10_000 };
        Assert.Equal(ErrorCode.None, driver.Append(new RecordBatchBuilder().Add(null, new byte[100], driver.NowMs).ToArray()));
        driver.Log.Config = config;
        driver.MakeDurable();
    }

    private static byte[] One(string key, string? value, long timestampMs = TestBatches.Start) =>
        new RecordBatchBuilder().Add(
            Encoding.UTF8.GetBytes(key), value is null ? null : Encoding.UTF8.GetBytes(value), timestampMs).ToArray();

    private static List<long> Offsets(PartitionLog log) =>
        TestBatches.ReadAll(log).SelectMany(CompactionOracle.Records).Select(record => record.Offset).ToList();
}
