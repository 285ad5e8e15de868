using System.Buffers.Binary;

namespace Fabric.Kafka.Log;

/// <summary>How the records of a batch are compressed, as a whole.</summary>
internal enum CompressionCodec
{
    None = 0,
    Gzip = 1,
    Snappy = 2,
    Lz4 = 3,
    Zstd = 4,
}

/// <summary>What the timestamps of a batch mean.</summary>
internal enum TimestampType
{
    CreateTime = 0,
    LogAppendTime = 1,
}

/// <summary>
/// A view over the 61 bytes before the records of a batch, format version 2 (Kafka protocol, "Record Batch"):
/// <code>
///  0 baseOffset i64 | 8 batchLength i32 (bytes after this field) | 12 partitionLeaderEpoch i32 | 16 magic i8 = 2
/// 17 crc u32 (CRC-32C of everything from byte 21) | 21 attributes i16 | 23 lastOffsetDelta i32 | 27 baseTimestamp i64
/// 35 maxTimestamp i64 | 43 producerId i64 | 51 producerEpoch i16 | 53 baseSequence i32 | 57 recordCount i32 | 61 records
/// </code>
/// Attributes: bits 0-2 codec, 3 timestamp type, 4 transactional, 5 control, 6 baseTimestamp is the delete horizon.
/// All numbers big-endian. What a broker assigns (offset, leader epoch) lies before the checksummed part.
/// </summary>
/// <remarks>Reads on demand; the caller has made sure of <see cref="SizeBytes"/> bytes.</remarks>
internal readonly ref struct RecordBatchHeader(ReadOnlySpan<byte> batch)
{
    public const int SizeBytes = 61;

    /// <summary>Bytes before what batchLength counts.</summary>
    public const int LengthEnd = 12;

    /// <summary>Where the checksummed part begins.</summary>
    public const int CrcStart = 21;

    /// <summary>The only format version there is.</summary>
    public const byte CurrentMagic = 2;

    public const long NoProducerId = -1;
    public const long NoTimestamp = -1;

    public const short CodecMask = 0x07;
    public const short LogAppendTimeBit = 0x08;
    public const short TransactionalBit = 0x10;
    public const short ControlBit = 0x20;
    public const short DeleteHorizonBit = 0x40;

    private const int LeaderEpochAt = 12;
    private const int MagicAt = 16;
    private const int CrcAt = 17;
    private const int AttributesAt = 21;
    private const int LastOffsetDeltaAt = 23;
    private const int BaseTimestampAt = 27;
    private const int MaxTimestampAt = 35;
    private const int ProducerIdAt = 43;
    private const int ProducerEpochAt = 51;
    private const int BaseSequenceAt = 53;
    private const int RecordCountAt = 57;

    private readonly ReadOnlySpan<byte> _bytes = batch[..SizeBytes];

    public long BaseOffset => BinaryPrimitives.ReadInt64BigEndian(_bytes);

    public int BatchLength => BinaryPrimitives.ReadInt32BigEndian(_bytes[8..]);

    /// <summary>The whole batch, this header included.</summary>
    public long TotalBytes => (long)BatchLength + LengthEnd;

    public int LeaderEpoch => BinaryPrimitives.ReadInt32BigEndian(_bytes[LeaderEpochAt..]);

    public byte Magic => _bytes[MagicAt];

    public uint Crc => BinaryPrimitives.ReadUInt32BigEndian(_bytes[CrcAt..]);

    public short Attributes => BinaryPrimitives.ReadInt16BigEndian(_bytes[AttributesAt..]);

    public int LastOffsetDelta => BinaryPrimitives.ReadInt32BigEndian(_bytes[LastOffsetDeltaAt..]);

    public long LastOffset => BaseOffset + LastOffsetDelta;

    public long BaseTimestamp => BinaryPrimitives.ReadInt64BigEndian(_bytes[BaseTimestampAt..]);

    public long MaxTimestamp => BinaryPrimitives.ReadInt64BigEndian(_bytes[MaxTimestampAt..]);

    public long ProducerId => BinaryPrimitives.ReadInt64BigEndian(_bytes[ProducerIdAt..]);

    public short ProducerEpoch => BinaryPrimitives.ReadInt16BigEndian(_bytes[ProducerEpochAt..]);

    public int BaseSequence => BinaryPrimitives.ReadInt32BigEndian(_bytes[BaseSequenceAt..]);

    public int RecordCount => BinaryPrimitives.ReadInt32BigEndian(_bytes[RecordCountAt..]);

    /// <summary>May be a number without a name (5 to 7) before the batch was checked.</summary>
    public CompressionCodec Codec => (CompressionCodec)(Attributes & CodecMask);

    public TimestampType TimestampType =>
        (Attributes & LogAppendTimeBit) != 0 ? TimestampType.LogAppendTime : TimestampType.CreateTime;

    public bool IsTransactional => (Attributes & TransactionalBit) != 0;

    public bool IsControl => (Attributes & ControlBit) != 0;

    /// <summary>When baseTimestamp is the time from which tombstones of this batch may go (set by compaction), that time.</summary>
    public long? DeleteHorizonMs => (Attributes & DeleteHorizonBit) != 0 ? BaseTimestamp : null;

    public bool HasProducer => ProducerId >= 0;

    public static void WriteBaseOffset(Span<byte> batch, long offset) =>
        BinaryPrimitives.WriteInt64BigEndian(batch, offset);

    public static void WriteLeaderEpoch(Span<byte> batch, int epoch) =>
        BinaryPrimitives.WriteInt32BigEndian(batch[LeaderEpochAt..], epoch);

    /// <summary>Turns the batch into one with log append time and takes the checksum anew; the base timestamp stays (as Kafka).</summary>
    public static void StampLogAppendTime(Span<byte> batch, long nowMs)
    {
        short attributes = BinaryPrimitives.ReadInt16BigEndian(batch[AttributesAt..]);
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesAt..], (short)(attributes | LogAppendTimeBit));
        BinaryPrimitives.WriteInt64BigEndian(batch[MaxTimestampAt..], nowMs);
        WriteCrc(batch);
    }

    /// <summary>Puts the greatest timestamp right and takes the checksum anew, where it is wrong.</summary>
    public static void CorrectMaxTimestamp(Span<byte> batch, long maxTimestampMs)
    {
        if (new RecordBatchHeader(batch).MaxTimestamp != maxTimestampMs)
        {
            BinaryPrimitives.WriteInt64BigEndian(batch[MaxTimestampAt..], maxTimestampMs);
            WriteCrc(batch);
        }
    }

    public static void WriteCrc(Span<byte> batch) =>
        BinaryPrimitives.WriteUInt32BigEndian(batch[CrcAt..], Crc32C.Compute(batch[CrcStart..]));

    /// <summary>Writes a whole header over the first 61 bytes of a finished batch, its length and checksum included.</summary>
    public static void Write(Span<byte> batch, in RecordBatchFields fields)
    {
        WriteBaseOffset(batch, fields.BaseOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch[8..], batch.Length - LengthEnd);
        WriteLeaderEpoch(batch, fields.LeaderEpoch);
        batch[MagicAt] = CurrentMagic;
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesAt..], fields.Attributes);
        BinaryPrimitives.WriteInt32BigEndian(batch[LastOffsetDeltaAt..], fields.LastOffsetDelta);
        BinaryPrimitives.WriteInt64BigEndian(batch[BaseTimestampAt..], fields.BaseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[MaxTimestampAt..], fields.MaxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[ProducerIdAt..], fields.ProducerId);
        BinaryPrimitives.WriteInt16BigEndian(batch[ProducerEpochAt..], fields.ProducerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(batch[BaseSequenceAt..], fields.BaseSequence);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordCountAt..], fields.RecordCount);
        WriteCrc(batch);
    }
}

/// <summary>The fields of a header that somebody chooses; length, magic and checksum follow from the batch.</summary>
internal readonly record struct RecordBatchFields(
    long BaseOffset,
    int LeaderEpoch,
    short Attributes,
    int LastOffsetDelta,
    long BaseTimestamp,
    long MaxTimestamp,
    long ProducerId,
    short ProducerEpoch,
    int BaseSequence,
    int RecordCount);
