using System.Buffers;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Kafka.Tests.Log;

/// <summary>100,000 mutated batches: an error code comes out, never an exception; what is accepted lives through a log's whole life.</summary>
public sealed class RecordBatchFuzzTests(ITestOutputHelper output)
{
    private const int BytesMax = 1 << 20;

    private static readonly byte[][] Corpus =
    [
        TestBatches.Plain(), TestBatches.Plain(5, 40), TestBatches.Gzip(4, 60),
        TestBatches.Idempotent(7, 0, 0, 2), TestBatches.Idempotent(8, 1, 0, 3, isTransactional: true),
        TestBatches.Opaque(CompressionCodec.Snappy), TestBatches.Opaque(CompressionCodec.Zstd),
        ControlRecord.Build(7, 0, isCommit: true, 1, TestBatches.Start),
        new RecordBatchBuilder().Add([1], null, 5, new RecordHeader("a", [1, 2]), new RecordHeader("b", null)).Add(null, [], 6).ToArray(),
    ];

    [Fact]
    public void Check_mutatedBatches_answersWithACode()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var mutator = new BatchMutator(new Random(seed), Corpus);
        var histogram = new FuzzHistogram();
        var unpacked = new ArrayBufferWriter<byte>();
        int malformed = 0;
        for (int i = 0; i < FuzzHistogram.Inputs; i++)
        {
            byte[] batch = mutator.Next();
            ErrorCode error = RecordBatchCheck.Check(batch);
            bool isPastHeader = false;
            if (batch.Length >= RecordBatchHeader.SizeBytes)
            {
                malformed += histogram.Measure(() => Walk(batch, unpacked)) ? 0 : 1;
                _ = ControlRecord.TryRead(batch, out _, out _);
                isPastHeader = Crc32C.Compute(batch.AsSpan(RecordBatchHeader.CrcStart)) == new RecordBatchHeader(batch).Crc;
            }

            histogram.Add(error == ErrorCode.None ? null : error.Name(), isPastHeader);
        }

        histogram.Print(output);
        output.WriteLine($"{malformed} with records that cannot be walked to the end");
        histogram.AssertCovers(
            new[]
            {
                ErrorCode.CorruptMessage, ErrorCode.InvalidProducerIdMapping, ErrorCode.UnsupportedCompressionType, ErrorCode.InvalidRecord,
            }.Select(code => code.Name()),
            BytesMax);
    }

    [Fact]
    public void AreRecords_mutatedBatches_agreesWithTheWalk()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var mutator = new BatchMutator(new Random(seed), Corpus);
        var unpacked = new ArrayBufferWriter<byte>();
        int accepted = 0, refused = 0;
        for (int i = 0; i < FuzzHistogram.Inputs; i++)
        {
            byte[] batch = mutator.Next();
            if (batch.Length < RecordBatchHeader.SizeBytes || new RecordBatchHeader(batch) is not
                { Codec: CompressionCodec.None, RecordCount: > 0 } header || header.LastOffsetDelta != header.RecordCount - 1)
            {
                continue;
            }

            bool isWhole = Walk(batch, unpacked);
            (accepted, refused) = isWhole ? (accepted + 1, refused) : (accepted, refused + 1);
            Assert.Equal(isWhole, RecordScan.AreRecords(
                batch.AsSpan(RecordBatchHeader.SizeBytes), header.RecordCount, header.BaseTimestamp, requireKeys: false, out long maxTimestampMs));
            if (isWhole && header.TimestampType == TimestampType.CreateTime)
            {
                Assert.Equal(GreatestTimestamp(batch), maxTimestampMs);
            }
        }

        output.WriteLine($"{accepted} accepted, {refused} refused");
        Assert.True(accepted > 1_000 && refused > 1_000);
    }

    private static long GreatestTimestamp(byte[] batch)
    {
        long greatest = long.MinValue;
        RecordEnumerator records = RecordBatchRecords.Enumerate(batch);
        while (records.MoveNext())
        {
            greatest = Math.Max(greatest, records.Current.TimestampMs);
        }

        return greatest;
    }

    [Fact]
    public void Log_ofMutatedBatches_livesOn()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var mutator = new BatchMutator(new Random(seed), Corpus);
        var driver = new LogDriver(new Random(seed), new MemoryLogFiles(), new LogConfig
        {
            SegmentBytes = 20_000, MaxMessageBytes = 10_000, CleanupPolicy = CleanupPolicy.Compact, MinCleanableDirtyRatio = 0,
        });
        driver.Start();
        int appended = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] batch = mutator.Next();
            if (RecordBatchCheck.Check(batch) == ErrorCode.None)
            {
                appended += driver.Log.Append(batch, driver.NowMs).Error == ErrorCode.None ? 1 : 0;
            }

            if (i % 4000 == 3999)
            {
                driver.MakeDurable();
                driver.Log.AppendControl(8, short.MaxValue, i % 8000 == 3999, i, driver.NowMs);
                driver.MakeDurable();
                driver.Log.Compact(driver.NowMs);
                _ = driver.Log.OffsetForTimestamp(i);
                _ = driver.Log.OffsetOfMaxTimestamp();
                long end = driver.Log.EndOffset;
                int batches = TestBatches.ReadAll(driver.Log).Count;
                driver.Restart();
                Assert.Equal(end, driver.Log.EndOffset);
                Assert.Equal(batches, TestBatches.ReadAll(driver.Log).Count);
            }
        }

        output.WriteLine($"{appended} appended, {driver.Log.EndOffset} offsets");
        Assert.True(appended > 500);
    }

    /// <summary>Walks all records and headers; false when they are malformed.</summary>
    private static bool Walk(byte[] batch, ArrayBufferWriter<byte> unpacked)
    {
        if (!BatchPayload.TryOpen(batch, unpacked, out ReadOnlySpan<byte> payload))
        {
            return false;
        }

        RecordEnumerator records = RecordBatchRecords.Enumerate(new RecordBatchHeader(batch), payload);
        while (records.MoveNext())
        {
            int headers = 0;
            HeaderEnumerator header = records.Current.Headers;
            while (header.MoveNext())
            {
                headers++;
            }

            Assert.Equal(records.Current.HeaderCount, headers);
        }

        return !records.IsMalformed;
    }
}
