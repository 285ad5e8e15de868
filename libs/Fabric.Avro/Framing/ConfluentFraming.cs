using System.Buffers.Binary;

namespace Fabric.Avro;

/// <summary>How reading a frame ended.</summary>
public enum FramingResult
{
    Ok,

    /// <summary>Fewer than 5 bytes.</summary>
    TooShort,

    /// <summary>The first byte is not 0: the value was not written with a schema registry.</summary>
    BadMagic,
}

/// <summary>
/// Confluent's wire format: which registered schema a value was written with.
/// <code>00 | schema id, int32 big-endian | Avro binary</code>
/// A null value is a tombstone and never framed.
/// </summary>
public static class ConfluentFraming
{
    /// <summary>Bytes before the body.</summary>
    public const int HeaderBytes = 5;

    /// <summary>Splits a value. On anything but <see cref="FramingResult.Ok"/> the outputs are 0 and empty.</summary>
    public static FramingResult TryRead(ReadOnlySpan<byte> value, out int schemaId, out ReadOnlySpan<byte> body)
    {
        schemaId = 0;
        body = default;
        if (value.Length < HeaderBytes)
        {
            return FramingResult.TooShort;
        }

        if (value[0] != 0)
        {
            return FramingResult.BadMagic;
        }

        schemaId = BinaryPrimitives.ReadInt32BigEndian(value[1..]);
        body = value[HeaderBytes..];
        return FramingResult.Ok;
    }

    /// <summary>Writes the header: call it before the body is written.</summary>
    public static void WriteHeader(ref AvroWriter writer, int schemaId)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        header[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], schemaId);
        writer.WriteFixed(header);
    }
}
