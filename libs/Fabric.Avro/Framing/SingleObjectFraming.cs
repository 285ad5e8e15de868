using System.Buffers.Binary;

namespace Fabric.Avro;

/// <summary>
/// Avro's own framing of one value (Avro 1.12, "Single object encoding"):
/// <code>C3 01 | CRC-64-AVRO of the writer's canonical form, little-endian | Avro binary</code>
/// </summary>
public static class SingleObjectFraming
{
    /// <summary>Bytes before the body.</summary>
    public const int HeaderBytes = 10;

    private const ushort Marker = 0x01C3;

    /// <summary>Splits a value. On anything but <see cref="FramingResult.Ok"/> the outputs are 0 and empty.</summary>
    public static FramingResult TryRead(ReadOnlySpan<byte> value, out long fingerprint, out ReadOnlySpan<byte> body)
    {
        fingerprint = 0;
        body = default;
        if (value.Length < HeaderBytes)
        {
            return FramingResult.TooShort;
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(value) != Marker)
        {
            return FramingResult.BadMagic;
        }

        fingerprint = BinaryPrimitives.ReadInt64LittleEndian(value[sizeof(ushort)..]);
        body = value[HeaderBytes..];
        return FramingResult.Ok;
    }

    /// <summary>Writes the header: call it before the body is written.</summary>
    public static void WriteHeader(ref AvroWriter writer, Schema schema)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(header, Marker);
        BinaryPrimitives.WriteInt64LittleEndian(header[sizeof(ushort)..], schema.Fingerprint);
        writer.WriteFixed(header);
    }
}
