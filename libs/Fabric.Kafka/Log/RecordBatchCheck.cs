using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Log;

/// <summary>
/// What a batch must be before it may enter a log: one whole batch of format 2 with a right checksum, whose counts add up, and
/// not a control batch. Pure; callable from any thread.
/// </summary>
/// <remarks>
/// Records of an uncompressed batch are walked, as Kafka does, because one that cannot be parsed would stop every consumer of its
/// partition. Compressed records pass unseen: the broker does not decompress what it only stores.
/// </remarks>
internal static class RecordBatchCheck
{
    /// <summary>None, or the error a produce request is answered with.</summary>
    /// <param name="batch">All bytes of the partition's <c>records</c> field.</param>
    /// <param name="requireKeys">Every record needs a key: the topic is compacted.</param>
    public static ErrorCode Check(ReadOnlySpan<byte> batch, bool requireKeys = false) => Check(batch, requireKeys, out _);

    /// <inheritdoc cref="Check(ReadOnlySpan{byte}, bool)"/>
    /// <param name="maxTimestampMs">
    /// The greatest timestamp of the records, which clients are known to leave out of the header; of compressed records what the
    /// header says, but not less than the base. Meaningful when the batch passes.
    /// </param>
    public static ErrorCode Check(ReadOnlySpan<byte> batch, bool requireKeys, out long maxTimestampMs)
    {
        maxTimestampMs = RecordBatchHeader.NoTimestamp;
        if (batch.Length < RecordBatchHeader.SizeBytes)
        {
            return ErrorCode.CorruptMessage;
        }

        var header = new RecordBatchHeader(batch);
        if (header.Magic != RecordBatchHeader.CurrentMagic)
        {
            return ErrorCode.InvalidRecord;
        }

        if (header.TotalBytes != batch.Length)
        {
            // Longer means a second batch, which version 3 and later of the request do not allow.
            return header.TotalBytes >= RecordBatchHeader.SizeBytes && header.TotalBytes < batch.Length
                ? ErrorCode.InvalidRecord
                : ErrorCode.CorruptMessage;
        }

        if (Crc32C.Compute(batch[RecordBatchHeader.CrcStart..]) != header.Crc)
        {
            return ErrorCode.CorruptMessage;
        }

        ErrorCode error = CheckFields(header);
        if (error != ErrorCode.None || header.Codec != CompressionCodec.None)
        {
            maxTimestampMs = Math.Max(header.BaseTimestamp, header.MaxTimestamp);
            return error;
        }

        ReadOnlySpan<byte> records = batch[RecordBatchHeader.SizeBytes..];
        return RecordScan.AreRecords(records, header.RecordCount, header.BaseTimestamp, requireKeys, out maxTimestampMs)
            ? ErrorCode.None
            : ErrorCode.InvalidRecord;
    }

    private static ErrorCode CheckFields(RecordBatchHeader header)
    {
        if (header.Codec > CompressionCodec.Zstd)
        {
            return ErrorCode.UnsupportedCompressionType;
        }

        if (header.IsControl || header.DeleteHorizonMs is not null
            || header.RecordCount < 1 || header.LastOffsetDelta != header.RecordCount - 1)
        {
            return ErrorCode.InvalidRecord;
        }

        if (header.HasProducer)
        {
            return header.ProducerEpoch < 0 || header.BaseSequence < 0 ? ErrorCode.InvalidRecord : ErrorCode.None;
        }

        return header.IsTransactional ? ErrorCode.InvalidProducerIdMapping : ErrorCode.None;
    }
}
