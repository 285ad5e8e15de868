using Fabric.Kafka.Log;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Kafka.Tests.Broker;

/// <summary>The real disk, which refuses writes or flushes when told to.</summary>
internal sealed class FaultyLogFiles : ILogFiles
{
    private static readonly DiskLogFiles Disk = DiskLogFiles.Instance;

    /// <summary>Paths that are full.</summary>
    public Func<string, bool> IsFull { get; set; } = static _ => false;

    /// <summary>Paths whose flush fails.</summary>
    public Func<string, bool> FlushFails { get; set; } = static _ => false;

    public void CreateFolder(string path) => Disk.CreateFolder(path);

    public string[] List(string folder) => Disk.List(folder);

    public bool Exists(string path) => Disk.Exists(path);

    public ILogFile Open(string path) => new FaultyFile(this, path, Disk.Open(path));

    public void Delete(string path) => Disk.Delete(path);

    public void Replace(string from, string to) => Disk.Replace(from, to);

    public void FlushFolder(string path) => Disk.FlushFolder(path);

    private sealed class FaultyFile(FaultyLogFiles owner, string path, ILogFile file) : ILogFile
    {
        public SafeFileHandle Handle => file.Handle;

        public long Length => file.Length;

        public int Read(long position, Span<byte> into) => file.Read(position, into);

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            if (owner.IsFull(path))
            {
                file.Write(position, bytes[..(bytes.Length / 2)]); // a full disk takes a part
                throw new IOException("No space left on device");
            }

            file.Write(position, bytes);
        }

        public void SetLength(long length) => file.SetLength(length);

        public void Flush()
        {
            if (owner.FlushFails(path))
            {
                throw new IOException("Input/output error");
            }

            file.Flush();
        }

        public void Dispose() => file.Dispose();
    }
}
