using Microsoft.Win32.SafeHandles;

namespace Fabric.Kafka.Log;

/// <summary>
/// The door to the disk: everything a log does to files goes through here, so that tests can stop, fail or reorder each step.
/// All members block. All failures are <see cref="IOException"/>.
/// </summary>
internal interface ILogFiles
{
    /// <summary>Creates the folder and those above it, and makes their names durable.</summary>
    void CreateFolder(string path);

    /// <summary>Full paths of the files in a folder, in no order.</summary>
    string[] List(string folder);

    bool Exists(string path);

    /// <summary>Opens for reading and writing, creating the file when it is missing.</summary>
    ILogFile Open(string path);

    /// <summary>Removes the name; nothing happens when it is missing.</summary>
    void Delete(string path);

    /// <summary>Renames over whatever has the new name, atomically.</summary>
    void Replace(string from, string to);

    /// <summary>Makes created, renamed and deleted names of a folder durable.</summary>
    void FlushFolder(string path);
}

/// <summary>An open file. Reads may run beside anything; writes and <see cref="SetLength"/> come from one thread at a time.</summary>
internal interface ILogFile : IDisposable
{
    /// <summary>For whoever reads slices without this door; owned by this object.</summary>
    SafeFileHandle Handle { get; }

    long Length { get; }

    /// <summary>Reads until <paramref name="into"/> is full or the file ends; returns how much was read.</summary>
    int Read(long position, Span<byte> into);

    /// <summary>Writes all of it. After a failure any part may have been written.</summary>
    void Write(long position, ReadOnlySpan<byte> bytes);

    void SetLength(long length);

    /// <summary>A flush is to come, after those of other files: the disk may begin. Never fails; doing nothing is right.</summary>
    void StartFlush()
    {
    }

    /// <summary>Makes bytes and length durable. After a failure nothing written since the last success may be relied on.</summary>
    void Flush();
}
