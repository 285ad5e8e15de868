using System.Buffers.Binary;

namespace Fabric.Kafka.Log;

/// <summary>
/// Small files that are written whole and believed only whole:
/// <code>magic u32 | version u16 | reserved u16 | length i64 | CRC-32C u32 of body | CRC-32C u32 of bytes 0-19 | body</code>
/// little-endian. A file that is cut, torn or of another kind reads as absent.
/// </summary>
internal static class CheckedFile
{
    private const int HeaderBytes = 24;
    private const int CrcAt = 20;

    /// <summary>Writes under a temporary name, makes that durable, and renames. The folder's entry is the caller's to flush.</summary>
    public static void Write(ILogFiles files, string path, uint magic, ushort version, ReadOnlySpan<byte> body)
    {
        string temporary = path + LogFileNames.TemporarySuffix;
        byte[] header = new byte[HeaderBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(header, magic);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(4), version);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), body.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), Crc32C.Compute(body));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(CrcAt), Crc32C.Compute(header.AsSpan(0, CrcAt)));
        using (ILogFile file = files.Open(temporary))
        {
            file.SetLength(0);
            file.Write(0, header);
            file.Write(HeaderBytes, body);
            file.Flush();
        }

        files.Replace(temporary, path);
    }

    /// <summary>The body, or null when there is no such file that is whole.</summary>
    public static byte[]? TryRead(ILogFiles files, string path, uint magic, ushort version)
    {
        if (!files.Exists(path))
        {
            return null;
        }

        using ILogFile file = files.Open(path);
        byte[] header = new byte[HeaderBytes];
        if (file.Read(0, header) != HeaderBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(header) != magic
            || BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(4)) != version
            || BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(CrcAt)) != Crc32C.Compute(header.AsSpan(0, CrcAt)))
        {
            return null;
        }

        long length = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(8));
        if (length < 0 || length != file.Length - HeaderBytes || length > Array.MaxLength)
        {
            return null;
        }

        byte[] body = new byte[length];
        return file.Read(HeaderBytes, body) == length
            && Crc32C.Compute(body) == BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(16))
            ? body
            : null;
    }
}
