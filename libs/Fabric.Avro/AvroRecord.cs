using System.Buffers;

namespace Fabric.Avro;

/// <summary>One-line encoding and decoding of generated records, for paths that are not hot.</summary>
public static class AvroRecord
{
    /// <summary>The body of a record, unframed, in a new array.</summary>
    public static byte[] Encode<T>(T record)
        where T : class, IAvroRecord<T>, new()
    {
        using var buffer = new AvroBuffer();
        Encode(record, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Appends the body of a record, unframed.</summary>
    public static void Encode<T>(T record, IBufferWriter<byte> output)
        where T : class, IAvroRecord<T>, new()
    {
        var writer = new AvroWriter(output);
        record.Write(ref writer);
        writer.Flush();
    }

    /// <summary>Appends a record in Confluent's wire format.</summary>
    public static void EncodeFramed<T>(T record, int schemaId, IBufferWriter<byte> output)
        where T : class, IAvroRecord<T>, new()
    {
        var writer = new AvroWriter(output);
        ConfluentFraming.WriteHeader(ref writer, schemaId);
        record.Write(ref writer);
        writer.Flush();
    }

    /// <summary>A record from an unframed body that was written with T's own schema.</summary>
    /// <exception cref="AvroException">The body is malformed or has trailing bytes.</exception>
    public static T Decode<T>(ReadOnlySpan<byte> body)
        where T : class, IAvroRecord<T>, new()
    {
        var record = new T();
        var reader = new AvroReader(body);
        try
        {
            record.ReadFrom(ref reader);
            reader.ExpectEnd();
        }
        catch (AvroException e)
        {
            throw FieldPath.Locate(e, T.Schema, body);
        }

        return record;
    }
}
