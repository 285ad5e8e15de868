using System.IO.Compression;

namespace Fabric.Avro;

/// <summary>
/// The layout of object container files (Avro 1.12, "Object Container Files"):
/// <code>
/// header  4F 62 6A 01 | map of string to bytes: avro.schema, avro.codec, … | sync, 16 random bytes
/// block   long count of values | long bytes | the values, compressed as avro.codec says | the header's sync
/// </code>
/// </summary>
internal static class ContainerFormat
{
    public const int SyncBytes = 16;
    public const string SchemaKey = "avro.schema";
    public const string CodecKey = "avro.codec";

    public static ReadOnlySpan<byte> Magic => [0x4F, 0x62, 0x6A, 0x01];

    /// <summary>Inflates a raw deflate stream into <paramref name="into"/>.</summary>
    /// <exception cref="AvroException">It is malformed or larger than the limit.</exception>
    public static void Inflate(ReadOnlyMemory<byte> data, AvroBuffer into, int bytesMax)
    {
        using var input = new MemoryStream(data.ToArray(), writable: false);
        using var inflater = new DeflateStream(input, CompressionMode.Decompress);
        try
        {
            for (int read; (read = inflater.Read(into.GetSpan(16 * 1024))) > 0;)
            {
                into.Advance(read);
                if (into.WrittenCount > bytesMax)
                {
                    throw new AvroException(AvroErrors.File, $"A block inflates to more than {bytesMax} bytes");
                }
            }
        }
        catch (InvalidDataException e)
        {
            throw new AvroException(AvroErrors.File, "A block is not a deflate stream", innerException: e);
        }
    }

    public static byte[] Deflate(ReadOnlySpan<byte> data)
    {
        using var output = new MemoryStream();
        using (var deflater = new DeflateStream(output, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflater.Write(data);
        }

        return output.ToArray();
    }
}
