using System.Buffers.Binary;

namespace Fabric.Kafka.Log;

/// <summary>Where a log begins for its readers when that is not where its first segment begins: one i64 in a <see cref="CheckedFile"/>.</summary>
internal static class StartOffsetFile
{
    private const uint Magic = 0x54534646; // "FFST"
    private const ushort Version = 1;

    /// <summary>Durable when it returns.</summary>
    public static void Write(ILogFiles files, string folder, long startOffset)
    {
        byte[] body = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(body, startOffset);
        CheckedFile.Write(files, Path.Combine(folder, LogFileNames.StartOffset), Magic, Version, body);
        files.FlushFolder(folder);
    }

    /// <summary>0 when there is none.</summary>
    public static long Read(ILogFiles files, string folder)
    {
        byte[]? body = CheckedFile.TryRead(files, Path.Combine(folder, LogFileNames.StartOffset), Magic, Version);
        return body?.Length == sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(body) : 0;
    }
}
