using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Kafka.Tests.Log;

/// <summary>T-03: whatever happens to the last 64 KiB, exactly the whole batches before it are there.</summary>
public sealed class PartitionLogRecoveryTests(ITestOutputHelper output)
{
    private const int TailBytes = 64 * 1024;
    private const int SectorBytes = 512;

    private readonly MemoryLogFiles _files = new();

    [Fact]
    public void Open_cutAtEveryByteOfTheTail_keepsExactlyTheWholeBatches()
    {
        (LogDriver driver, string path, byte[] whole) = Fill();
        long[] ends = BatchEnds(whole);
        int opened = 0;
        for (int length = whole.Length; length >= whole.Length - TailBytes; length--)
        {
            AssertRecovers(driver, path, whole.AsSpan(0, length).ToArray(), ends, whole);
            opened++;
        }

        output.WriteLine($"{opened} cuts through {ends.Length} batches in {whole.Length} bytes");
    }

    [Fact]
    public void Open_restOfTheSectorZeroAfterEveryByteOfTheTail_keepsExactlyTheWholeBatches()
    {
        (LogDriver driver, string path, byte[] whole) = Fill();
        long[] ends = BatchEnds(whole);
        for (int length = whole.Length - TailBytes; length < whole.Length; length += 7)
        {
            byte[] torn = whole.ToArray();
            torn.AsSpan(length).Clear();
            AssertRecovers(driver, path, torn, ends, whole);
        }
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0xff)]
    public void Open_anySectorOfTheTailDamaged_keepsExactlyTheBatchesBefore(byte fill)
    {
        (LogDriver driver, string path, byte[] whole) = Fill();
        long[] ends = BatchEnds(whole);
        for (int sector = (whole.Length - TailBytes) / SectorBytes; sector * SectorBytes < whole.Length; sector++)
        {
            byte[] damaged = whole.ToArray();
            damaged.AsSpan(sector * SectorBytes, Math.Min(SectorBytes, whole.Length - (sector * SectorBytes))).Fill(fill);
            AssertRecovers(driver, path, damaged, ends, whole);
        }
    }

    [Fact]
    public void Open_anyByteOfTheTailFlipped_keepsExactlyTheBatchesBefore()
    {
        (LogDriver driver, string path, byte[] whole) = Fill();
        long[] ends = BatchEnds(whole);
        for (int at = whole.Length - TailBytes; at < whole.Length; at += 3)
        {
            byte[] damaged = whole.ToArray();
            damaged[at] ^= (byte)(1 << (at % 8));
            AssertRecovers(driver, path, damaged, ends, whole);
        }
    }

    [Fact]
    public void Open_garbageAfterTheEnd_isCutAndOverwritten()
    {
        (LogDriver driver, string path, byte[] whole) = Fill();
        byte[] longer = [.. whole, .. whole.AsSpan(0, 500)];
        AssertRecovers(driver, path, longer, BatchEnds(whole), whole);
    }

    [Fact]
    public void Open_sideFilesCutAtEveryByte_rebuildsThem()
    {
        var driver = new LogDriver(new Random(5), _files, new LogConfig { SegmentBytes = 3000, IndexIntervalBytes = 300 });
        driver.Start();
        for (int i = 0; i < 120; i++)
        {
            driver.AppendRandom();
        }

        driver.MakeDurable();
        driver.Log.Dispose();
        string[] sideFiles = _files.Paths.Where(path => !path.EndsWith(".log", StringComparison.Ordinal)).ToArray();
        Assert.True(sideFiles.Length > 4);
        foreach (string path in sideFiles.Where((_, i) => i % 3 == 0))
        {
            byte[] content = _files[path];
            for (int length = 0; length < content.Length; length += 5)
            {
                MemoryLogFiles damaged = _files.AfterKill();
                damaged[path] = content[..length];
                AssertWhole(driver, damaged);
                damaged = _files.AfterKill();
                content[length] ^= 0x10;
                damaged[path] = content;
                content[length] ^= 0x10;
                AssertWhole(driver, damaged);
            }
        }
    }

    [Fact]
    public void Open_durableSegmentDamaged_losesOnlyTheDamagedBatch()
    {
        var driver = new LogDriver(new Random(6), _files, new LogConfig { SegmentBytes = 3000 });
        driver.Start();
        for (int i = 0; i < 60; i++)
        {
            driver.Append(TestBatches.Plain(2, 150));
        }

        driver.MakeDurable();
        driver.Log.Dispose();
        string[] logs = _files.Paths.Where(path => path.EndsWith(".log", StringComparison.Ordinal)).ToArray();
        byte[] content = _files[logs[1]];
        long[] ends = BatchEnds(content);
        content[ends[1] + 100] ^= 1;
        _files[logs[1]] = content;
        _files.Delete(Path.ChangeExtension(logs[1], ".index"));
        long lost = new RecordBatchHeader(content.AsSpan((int)ends[1])).BaseOffset;

        using PartitionLog log = driver.Open();
        Assert.Equal(120, log.EndOffset);
        List<long> offsets = TestBatches.ReadAll(log).Select(batch => new RecordBatchHeader(batch).BaseOffset).ToList();
        Assert.Equal(driver.Model.Batches.Select(batch => batch.BaseOffset).Where(offset => offset != lost), offsets);
        using FetchSlice slice = log.Read(lost, 1, atLeastOne: true, committedOnly: false);
        Assert.Equal(lost + 2, new RecordBatchHeader(slice.ToArray()).BaseOffset);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Open_emptyFileOfAFailedRoll_takesNoOffsetsAndNoBatches(bool rollsLater, bool losesSeal)
    {
        var driver = new LogDriver(new Random(7), _files, new LogConfig { SegmentBytes = 3000 });
        driver.Start();
        driver.Append(TestBatches.Plain(1, 800));
        _files.Open("/log/00000000000000000001.log").Dispose();
        for (int i = 0; i < (rollsLater ? 8 : 1); i++)
        {
            driver.Append(TestBatches.Plain(1, 800));
        }

        driver.MakeDurable();
        long end = driver.Log.EndOffset;
        if (losesSeal)
        {
            _files.Delete("/log/00000000000000000000.index");
        }

        driver.Restart();
        Assert.Equal(end, driver.Log.EndOffset);
        driver.Model.AssertMatches(driver.Log);
        Assert.DoesNotContain("/log/00000000000000000001.log", _files.Paths);
    }

    private (LogDriver Driver, string Path, byte[] Whole) Fill()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var driver = new LogDriver(new Random(seed), _files, new LogConfig());
        driver.Start();
        while (_files[_files.Paths.Single()].Length < TailBytes + 2000)
        {
            driver.AppendRandom();
        }

        driver.MakeDurable();
        driver.Log.Dispose();
        string path = _files.Paths.Single();
        return (driver, path, _files[path]);
    }

    private static long[] BatchEnds(byte[] content)
    {
        var ends = new List<long>();
        for (int at = 0; at < content.Length; ends.Add(at))
        {
            at += (int)new RecordBatchHeader(content.AsSpan(at)).TotalBytes;
        }

        return ends.ToArray();
    }

    /// <summary>What must be left are the leading batches none of whose bytes changed, and nothing else.</summary>
    private static void AssertRecovers(LogDriver driver, string path, byte[] content, long[] ends, byte[] whole)
    {
        int same = content.AsSpan().CommonPrefixLength(whole);
        int batches = Array.BinarySearch(ends, same);
        batches = batches < 0 ? ~batches : batches + 1;
        var disk = new MemoryLogFiles { [path] = content };
        using PartitionLog log = driver.Open(disk);
        long endOffset = batches == 0 ? 0 : driver.Model.Batches[batches - 1].LastOffset + 1;
        if (endOffset != log.EndOffset || endOffset != log.DurableOffset)
        {
            Assert.Fail($"{content.Length} bytes: end {log.EndOffset}, expected {endOffset} after {batches} batches");
        }

        long position = batches == 0 ? 0 : ends[batches - 1];
        if (disk[path].Length != position)
        {
            Assert.Fail($"{disk[path].Length} bytes are left, expected {position}");
        }
    }

    private static void AssertWhole(LogDriver driver, MemoryLogFiles disk)
    {
        using PartitionLog log = driver.Open(disk);
        Assert.Equal(driver.Model.EndOffset, log.EndOffset);
        driver.Model.AssertMatches(log);
    }
}
