using System.Buffers;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Kafka.Tests.Log;

public sealed class RecordBatchTests(ITestOutputHelper output)
{
    /// <summary>
    /// Encoded by kafkajs 2.2.4: transactional, producer 4711 epoch 3, first sequence 17, base time 1767225600000; record 0 with key
    /// "pump-1", value "21.5", header unit=Cel; record 1, 250 ms later, with neither key nor value.
    /// </summary>
    private const string KafkaJsPlain =
        "0000000000000000" + // base offset
        "00000053" + // batch length
        "00000000" + // leader epoch
        "02" + // magic
        "b53440f9" + // CRC-32C
        "0010" + // attributes: transactional
        "00000001" + // last offset delta
        "0000019b76daa800" + "0000019b76daa8fa" + // base and max timestamp
        "0000000000001267" + "0003" + "00000011" + // producer id, epoch, base sequence
        "00000002" + // record count
        "32000000" + "0c70756d702d31" + "0832312e35" + // length 25, attributes, deltas 0; key; value
        "0208756e69740643656c" + // one header: "unit" = "Cel"
        "0e00f403020101" + "00"; // length 7, attributes, delta 250, offset delta 1, null key, null value; no headers

    /// <summary>The same with gzip.</summary>
    private const string KafkaJsGzip =
        "000000000000000000000067000000000287" + "4e03550011000000010000019b76daa8000000019b76daa8fa0000000000001267" +
        "000300000011000000021f8b080000000000000333626060e02928cd2dd035e43032d43365e228cdcb2c61734ecde163f8c2ccc4c8c8" +
        "0000445a558822000000";

    [Fact]
    public void Header_ofABatchByKafkaJs_readsEveryField()
    {
        byte[] batch = Convert.FromHexString(KafkaJsPlain);
        var header = new RecordBatchHeader(batch);
        Assert.Equal((0L, 83, 95L), (header.BaseOffset, header.BatchLength, header.TotalBytes));
        Assert.Equal((0, (byte)2, 0xb53440f9u), (header.LeaderEpoch, header.Magic, header.Crc));
        Assert.Equal(((short)0x10, 1, 1L), (header.Attributes, header.LastOffsetDelta, header.LastOffset));
        Assert.Equal((1_767_225_600_000, 1_767_225_600_250), (header.BaseTimestamp, header.MaxTimestamp));
        Assert.Equal((4711L, (short)3, 17, 2), (header.ProducerId, header.ProducerEpoch, header.BaseSequence, header.RecordCount));
        Assert.Equal((true, false, CompressionCodec.None), (header.IsTransactional, header.IsControl, header.Codec));
        Assert.Equal((TimestampType.CreateTime, true), (header.TimestampType, header.HasProducer));
        Assert.Null(header.DeleteHorizonMs);
    }

    [Theory]
    [InlineData(KafkaJsPlain)]
    [InlineData(KafkaJsGzip)]
    public void Records_ofABatchByKafkaJs_areRead(string hex)
    {
        byte[] batch = Convert.FromHexString(hex);
        Assert.Equal(ErrorCode.None, RecordBatchCheck.Check(batch));
        Assert.True(BatchPayload.TryOpen(batch, new ArrayBufferWriter<byte>(), out ReadOnlySpan<byte> payload));
        RecordEnumerator records = RecordBatchRecords.Enumerate(new RecordBatchHeader(batch), payload);
        Assert.True(records.MoveNext());
        Assert.Equal((0, 1_767_225_600_000), (records.Current.Offset, records.Current.TimestampMs));
        Assert.Equal("pump-1", TestBatches.Text(records.Current.Key));
        Assert.Equal("21.5", TestBatches.Text(records.Current.Value));
        HeaderEnumerator headers = records.Current.Headers;
        Assert.True(headers.MoveNext());
        Assert.Equal(("unit", "Cel"), (TestBatches.Text(headers.Key), TestBatches.Text(headers.Value)));
        Assert.False(headers.MoveNext());
        Assert.True(records.MoveNext());
        Assert.Equal((1, 1_767_225_600_250), (records.Current.Offset, records.Current.TimestampMs));
        Assert.Equal((false, false, 0), (records.Current.HasKey, records.Current.HasValue, records.Current.HeaderCount));
        Assert.False(records.MoveNext());
        Assert.False(records.IsMalformed);
    }

    [Fact]
    public void Builder_writesTheBytesOfKafkaJs()
    {
        var builder = new RecordBatchBuilder
        {
            ProducerId = 4711, ProducerEpoch = 3, BaseSequence = 17, Flags = RecordBatchHeader.TransactionalBit,
        };
        builder.Add("pump-1"u8.ToArray(), "21.5"u8.ToArray(), 1_767_225_600_000, new RecordHeader("unit", "Cel"u8.ToArray()));
        builder.Add(null, null, 1_767_225_600_250);
        Assert.Equal(KafkaJsPlain, Convert.ToHexStringLower(builder.ToArray()));
    }

    [Fact]
    public void Crc32C_knownAnswers()
    {
        // RFC 3720, B.4
        Assert.Equal(0x8a9136aau, Crc32C.Compute(new byte[32]));
        Assert.Equal(0xe3069283u, Crc32C.Compute("123456789"u8));
        byte[] bytes = Enumerable.Range(0, 100).Select(i => (byte)(i * 7)).ToArray();
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            uint state = Crc32C.Append(Crc32C.Append(Crc32C.Start, bytes.AsSpan(0, cut)), bytes.AsSpan(cut));
            Assert.Equal(Crc32C.Compute(bytes), ~state);
        }
    }

    [Fact]
    public void Varint_roundTripsAndRefusesWhatIsCutOrTooLong()
    {
        byte[] buffer = new byte[Varint.BytesMax64];
        foreach (long value in new[] { 0, -1, 1, 63, 64, -64, -65, int.MaxValue, int.MinValue, long.MaxValue, long.MinValue })
        {
            int length = Varint.Write(buffer, value);
            Assert.Equal(Varint.Size(value), length);
            ReadOnlySpan<byte> rest = buffer.AsSpan(0, length);
            Assert.True(Varint.TryRead(ref rest, out long back));
            Assert.Equal((value, 0), (back, rest.Length));
            rest = buffer.AsSpan(0, length - 1);
            Assert.False(Varint.TryRead(ref rest, out back));
        }

        ReadOnlySpan<byte> tooLong = [0xff, 0xff, 0xff, 0xff, 0x1f];
        Assert.False(Varint.TryRead(ref tooLong, out int _));
        ReadOnlySpan<byte> tooLong64 = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
        Assert.False(Varint.TryRead(ref tooLong64, out long _));
    }

    [Fact]
    public void Check_eachRule_hasItsError()
    {
        Assert.Equal(ErrorCode.None, RecordBatchCheck.Check(TestBatches.Plain(3)));
        Assert.Equal(ErrorCode.CorruptMessage, RecordBatchCheck.Check(TestBatches.Plain().AsSpan(0, 60)));
        Assert.Equal(ErrorCode.CorruptMessage, RecordBatchCheck.Check(TestBatches.Plain().AsSpan()[..^1]));
        Assert.Equal(ErrorCode.InvalidRecord, RecordBatchCheck.Check([.. TestBatches.Plain(), .. TestBatches.Plain()]));
        Assert.Equal(ErrorCode.InvalidRecord, Changed(batch => batch[16] = 1));
        Assert.Equal(ErrorCode.CorruptMessage, Changed(batch => batch[^1] ^= 1, fix: false));
        Assert.Equal(ErrorCode.UnsupportedCompressionType, Changed(batch => batch[22] |= 5));
        Assert.Equal(ErrorCode.InvalidRecord, Changed(batch => batch[22] |= 0x20)); // control
        Assert.Equal(ErrorCode.InvalidRecord, Changed(batch => batch[22] |= 0x40)); // delete horizon
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, Changed(batch => batch[22] |= 0x10)); // transactional, no producer
        Assert.Equal(ErrorCode.InvalidRecord, Changed(batch => batch[26]++)); // last offset delta
        Assert.Equal(ErrorCode.InvalidRecord, Changed(batch => batch[60] = 0)); // record count
        Assert.Equal(ErrorCode.InvalidRecord, Changed(batch => batch.AsSpan(43, 8).Clear())); // producer 0, epoch -1
        Assert.Equal(ErrorCode.InvalidRecord, Changed(batch => batch[61] += 2)); // length of the first record
    }

    [Fact]
    public void Check_requireKeys_refusesARecordWithoutOne()
    {
        byte[] batch = new RecordBatchBuilder().Add([1], [1], 1).Add(null, [1], 1).ToArray();
        Assert.Equal(ErrorCode.None, RecordBatchCheck.Check(batch));
        Assert.Equal(ErrorCode.InvalidRecord, RecordBatchCheck.Check(batch, requireKeys: true));
    }

    [Fact]
    public void Check_recordsCutAtEveryByte_areRefused()
    {
        byte[] whole = Convert.FromHexString(KafkaJsPlain);
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];
            BatchMutator.Fix(cut);
            Assert.NotEqual(ErrorCode.None, RecordBatchCheck.Check(cut));
        }
    }

    [Fact]
    public void Builder_randomRecords_comeBack()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 2000; round++)
        {
            var builder = new RecordBatchBuilder
            {
                Codec = random.Next(2) == 0 ? CompressionCodec.Gzip : CompressionCodec.None,
            };
            var expected = new List<(byte[]? Key, byte[]? Value, long Time, int Headers)>();
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                byte[]? key = Bytes(random), value = Bytes(random);
                long time = random.NextInt64(0, 1L << 42);
                RecordHeader[] headers = Enumerable.Range(0, random.Next(3))
                    .Select(_ => new RecordHeader($"h{random.Next()}", Bytes(random))).ToArray();
                builder.Add(key, value, time, headers);
                expected.Add((key, value, time, headers.Length));
            }

            AssertRecords(builder.ToArray(), expected);
        }
    }

    [Fact]
    public void Unpack_bomb_isRefused()
    {
        byte[] payload = new byte[BatchPayload.UnpackedBytesMax + 1];
        byte[] batch = new RecordBatchBuilder { Codec = CompressionCodec.Gzip }.Add(null, payload, 1).ToArray();
        Assert.True(batch.Length < 2_000_000);
        Assert.False(BatchPayload.TryOpen(batch, new ArrayBufferWriter<byte>(), out _));
    }

    private static ErrorCode Changed(Action<byte[]> change, bool fix = true)
    {
        byte[] batch = TestBatches.Plain(1);
        change(batch);
        if (fix)
        {
            RecordBatchHeader.WriteCrc(batch);
        }

        return RecordBatchCheck.Check(batch);
    }

    private static byte[]? Bytes(Random random)
    {
        if (random.Next(4) == 0)
        {
            return null;
        }

        byte[] bytes = new byte[random.Next(300)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static void AssertRecords(byte[] batch, List<(byte[]? Key, byte[]? Value, long Time, int Headers)> expected)
    {
        Assert.Equal(ErrorCode.None, RecordBatchCheck.Check(batch));
        Assert.Equal(expected.Max(record => record.Time), new RecordBatchHeader(batch).MaxTimestamp);
        Assert.True(BatchPayload.TryOpen(batch, new ArrayBufferWriter<byte>(), out ReadOnlySpan<byte> payload));
        RecordEnumerator records = RecordBatchRecords.Enumerate(new RecordBatchHeader(batch), payload);
        foreach ((byte[]? key, byte[]? value, long time, int headers) in expected)
        {
            Assert.True(records.MoveNext());
            Assert.Equal((key is not null, value is not null), (records.Current.HasKey, records.Current.HasValue));
            Assert.Equal(key ?? [], records.Current.Key.ToArray());
            Assert.Equal(value ?? [], records.Current.Value.ToArray());
            Assert.Equal((time, headers), (records.Current.TimestampMs, records.Current.HeaderCount));
        }

        Assert.False(records.MoveNext());
        Assert.False(records.IsMalformed);
    }
}
