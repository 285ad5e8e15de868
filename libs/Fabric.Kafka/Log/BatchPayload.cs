using System.Buffers;
using System.IO.Compression;

namespace Fabric.Kafka.Log;

/// <summary>
/// The records of a batch as bytes that can be walked: where they stand, or unpacked from gzip. Snappy, lz4 and zstd have no
/// decoder here: such batches are stored and served, and never looked into.
/// </summary>
internal static class BatchPayload
{
    /// <summary>Larger payloads are treated as unreadable: what a small gzip may unpack to has no other bound.</summary>
    public const int UnpackedBytesMax = 128 << 20;

    public static bool IsReadable(CompressionCodec codec) => codec is CompressionCodec.None or CompressionCodec.Gzip;

    /// <summary>False when the codec is not readable, the compressed bytes are damaged, or they unpack to too much.</summary>
    /// <param name="batch">A whole batch.</param>
    /// <param name="payload">Its records; valid until <paramref name="scratch"/> is used again.</param>
    public static bool TryOpen(ReadOnlySpan<byte> batch, ArrayBufferWriter<byte> scratch, out ReadOnlySpan<byte> payload)
    {
        payload = batch[RecordBatchHeader.SizeBytes..];
        CompressionCodec codec = new RecordBatchHeader(batch).Codec;
        if (codec == CompressionCodec.None)
        {
            return true;
        }

        if (codec != CompressionCodec.Gzip || !TryUnpack(payload, scratch))
        {
            return false;
        }

        payload = scratch.WrittenSpan;
        return true;
    }

    private static bool TryUnpack(ReadOnlySpan<byte> packed, ArrayBufferWriter<byte> into)
    {
        into.ResetWrittenCount();
        byte[] copy = ArrayPool<byte>.Shared.Rent(packed.Length);
        try
        {
            packed.CopyTo(copy);
            using var source = new MemoryStream(copy, 0, packed.Length, writable: false);
            using var gzip = new GZipStream(source, CompressionMode.Decompress);
            while (true)
            {
                int read = gzip.Read(into.GetSpan(4096));
                if (read == 0)
                {
                    return true;
                }

                into.Advance(read);
                if (into.WrittenCount > UnpackedBytesMax)
                {
                    return false;
                }
            }
        }
        catch (InvalidDataException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }
}
