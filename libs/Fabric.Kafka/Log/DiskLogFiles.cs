using Fabric.Core.Storage;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Kafka.Log;

/// <summary>The real disk.</summary>
internal sealed class DiskLogFiles : ILogFiles
{
    public static readonly DiskLogFiles Instance = new();

    public void CreateFolder(string path) => Translate(path, static at => DurableFile.CreateFolder(at));

    public string[] List(string folder) => Directory.GetFiles(folder);

    public bool Exists(string path) => File.Exists(path);

    public ILogFile Open(string path)
    {
        try
        {
            SafeFileHandle handle = File.OpenHandle(
                path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            return new DiskLogFile(handle, path);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"Cannot open '{path}' for writing", e);
        }
    }

    public void Delete(string path) => Translate(path, File.Delete);

#pragma warning disable RS0030 // with overwrite it is one rename(2); and unlike DurableFile.Replace, a failure leaves the source
    public void Replace(string from, string to) => Translate(from, at => File.Move(at, to, overwrite: true));
#pragma warning restore RS0030

    public void FlushFolder(string path) => Translate(path, static at => DurableFile.SyncFolder(at));

    private static void Translate(string path, Action<string> action)
    {
        try
        {
            action(path);
        }
        catch (Exception e) when (e is StorageException or UnauthorizedAccessException)
        {
            throw new IOException(e.Message, e);
        }
    }

    private sealed class DiskLogFile(SafeFileHandle handle, string path) : ILogFile
    {
        public SafeFileHandle Handle => handle;

        public long Length => RandomAccess.GetLength(handle);

        public int Read(long position, Span<byte> into)
        {
            int total = 0;
            while (total < into.Length)
            {
                int read = RandomAccess.Read(handle, into[total..], position + total);
                if (read == 0)
                {
                    break;
                }

                total += read;
            }

            return total;
        }

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            try
            {
                RandomAccess.Write(handle, bytes, position);
            }
            catch (UnauthorizedAccessException e)
            {
                throw new IOException("Writing was refused", e);
            }
        }

        public void SetLength(long length) => RandomAccess.SetLength(handle, length);

        public void StartFlush() => DurableFile.StartSync(handle);

        public void Flush()
        {
            try
            {
                DurableFile.SyncData(handle, path);
            }
            catch (StorageException e)
            {
                throw new IOException(e.Message, e);
            }
        }

        public void Dispose() => handle.Dispose();
    }
}
