using Fabric.Kafka.Log;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Kafka.Tests.Log;

public sealed class TimestampLookupTests(ITestOutputHelper output)
{
    [Fact]
    public void OffsetForTimestamp_randomTimes_findsTheFirstRecordThatIsNotEarlier()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 20; round++)
        {
            var driver = new LogDriver(random, new MemoryLogFiles(), new LogConfig
            {
                SegmentBytes = 2000 + random.Next(5000), IndexIntervalBytes = 1 + random.Next(1000),
            });
            driver.Start();
            for (int i = 0; i < 120; i++)
            {
                driver.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(2000)));
                driver.AppendRandom();
            }

            driver.MakeDurable();
            if (round % 2 == 1)
            {
                driver.Restart();
            }

            driver.Log.DeleteRecordsBefore(random.Next(60));
            AssertAnswers(driver, random);
        }
    }

    [Fact]
    public void OffsetForTimestamp_beyondTheHighWatermark_isNotFound()
    {
        using var fixture = new LogFixture();
        fixture.Append(TestBatches.Plain(1, timestampMs: 100));
        fixture.MakeDurable();
        fixture.Append(TestBatches.Plain(1, timestampMs: 200));
        Assert.Equal(new TimestampedOffset(0, 100), fixture.Log.OffsetForTimestamp(50));
        Assert.Null(fixture.Log.OffsetForTimestamp(150));
        Assert.Equal(new TimestampedOffset(0, 100), fixture.Log.OffsetOfMaxTimestamp());
        fixture.MakeDurable();
        Assert.Equal(new TimestampedOffset(1, 200), fixture.Log.OffsetForTimestamp(150));
        Assert.Equal(new TimestampedOffset(1, 200), fixture.Log.OffsetOfMaxTimestamp());
    }

    [Fact]
    public void OffsetForTimestamp_committedOnly_staysBelowTheLastStableOffset()
    {
        using var fixture = new LogFixture();
        fixture.Append(TestBatches.Plain(1, timestampMs: 100));
        fixture.Append(TestBatches.Idempotent(7, 0, 0, isTransactional: true, timestampMs: 200));
        fixture.MakeDurable();
        Assert.Equal(new TimestampedOffset(1, 200), fixture.Log.OffsetForTimestamp(150));
        Assert.Null(fixture.Log.OffsetForTimestamp(150, committedOnly: true));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void OffsetForTimestamp_unreadableCodec_answersWithTheBatch(int codec)
    {
        using var fixture = new LogFixture();
        fixture.Append(TestBatches.Opaque((CompressionCodec)codec, records: 3, timestampMs: 100)); // 100, 101, 102
        fixture.Append(TestBatches.Opaque((CompressionCodec)codec, records: 3, timestampMs: 200));
        fixture.MakeDurable();
        Assert.Equal(new TimestampedOffset(3, 200), fixture.Log.OffsetForTimestamp(150));
        Assert.Equal(new TimestampedOffset(0, 100), fixture.Log.OffsetForTimestamp(102));
        Assert.Equal(new TimestampedOffset(5, 202), fixture.Log.OffsetOfMaxTimestamp());
    }

    [Fact]
    public void OffsetForTimestamp_logAppendTime_goesByTheBatch()
    {
        using var fixture = new LogFixture(new LogConfig { MessageTimestampType = TimestampType.LogAppendTime });
        fixture.Append(TestBatches.Plain(3));
        long first = fixture.NowMs;
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        fixture.Append(TestBatches.Plain(3));
        fixture.MakeDurable();
        Assert.Equal(new TimestampedOffset(0, first), fixture.Log.OffsetForTimestamp(first));
        Assert.Equal(new TimestampedOffset(3, first + 1000), fixture.Log.OffsetForTimestamp(first + 1));
    }

    private static void AssertAnswers(LogDriver driver, Random random)
    {
        List<SeenRecord> records = driver.Model.Batches.SelectMany(batch => CompactionOracle.Records(batch.Bytes))
            .Where(record => record.Offset >= driver.Log.StartOffset).ToList();
        for (int i = 0; i < 50; i++)
        {
            long time = records[random.Next(records.Count)].TimestampMs + random.Next(-3, 4);
            SeenRecord? expected = records.Find(record => record.TimestampMs >= time);
            TimestampedOffset? found = driver.Log.OffsetForTimestamp(time);
            Assert.Equal((expected?.Offset, expected?.TimestampMs), (found?.Offset, found?.TimestampMs));
        }

        SeenRecord latest = records.MaxBy(record => record.TimestampMs)!;
        Assert.Equal(new TimestampedOffset(latest.Offset, latest.TimestampMs), driver.Log.OffsetOfMaxTimestamp());
    }
}
