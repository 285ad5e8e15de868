using System.Globalization;
using System.Runtime.InteropServices;

namespace Fabric.Lakehouse.Bench;

/// <summary>
/// What a durable put-if-absent costs at the least: open a private file, write 1.5 KB, fdatasync, link, unlink, fsync of the
/// folder, called directly.
/// </summary>
internal sealed partial class BareCommit : IDisposable
{
    private const int Bytes = 1_500;
    private const int WriteOnlyCreateNew = 0x1 | 0x40 | 0x80; // O_WRONLY | O_CREAT | O_EXCL
    private const int ReadOnly = 0;
    private const int OwnerMayReadAndWrite = 0x180; // 0600

    private readonly string _folder;
    private readonly byte[] _content = new byte[Bytes];
    private long _version;

    public BareCommit(string folder)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        new Random(1).NextBytes(_content);
    }

    public void Commit()
    {
        string name = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{_version++:D20}.json"));
        string temporary = name + ".tmp";
        int file = Check(Open(temporary, WriteOnlyCreateNew, OwnerMayReadAndWrite));
        Check((int)Write(file, ref MemoryMarshal.GetArrayDataReference(_content), Bytes));
        Check(SyncData(file));
        Check(Close(file));
        Check(Link(temporary, name));
        Check(Unlink(temporary));
        int folder = Check(Open(_folder, ReadOnly, 0));
        Check(Sync(folder));
        Check(Close(folder));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static int Check(int result) => result >= 0 ? result : throw new IOException(Marshal.GetLastPInvokeErrorMessage());

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int file, ref byte content, nint length);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int SyncData(int file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int file);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unlink(string path);
}
