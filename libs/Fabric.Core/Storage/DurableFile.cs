using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Core.Storage;

/// <summary>
/// What .NET's file classes lack and a durable format needs: hard links that fail when the name is taken, and fsync of
/// directories. <c>File.Move(overwrite: false)</c> is no put-if-absent on Unix: it looks first and renames then.
/// </summary>
/// <remarks>
/// Linux and macOS call libc. On Windows a move without replacement is atomic by itself, and NTFS journals directory entries,
/// so there is nothing to sync. All members are thread-safe and block on the disk.
/// </remarks>
public static partial class DurableFile
{
    private const int FileExists = 17; // EEXIST, the same number on Linux and macOS
    private const int OpenReadOnly = 0;
    private const uint SyncFileRangeWrite = 2;
    private const int CloseOnExecLinux = 0x80000;
    private const int CloseOnExecMac = 0x1000000;

    /// <summary>Writes a new file and makes its content (not its name) durable.</summary>
    /// <exception cref="StorageException">The name is taken, or writing failed; what was written is removed again.</exception>
    public static void WriteNew(string path, ReadOnlySpan<byte> content)
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(
                path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, FileOptions.None, content.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed("create", path, e);
        }

        try
        {
            using (file)
            {
                RandomAccess.Write(file, content, 0);
                Sync(file, path);
            }
        }
        catch (IOException e)
        {
            TryDelete(path);
            throw Failed("write", path, e);
        }
        catch (StorageException)
        {
            TryDelete(path);
            throw;
        }
    }

    /// <summary>Flushes a file's bytes and length to the device.</summary>
    /// <exception cref="StorageException"><see cref="StorageCode.NotDurable"/>.</exception>
    public static void Sync(SafeFileHandle file, string path)
    {
        try
        {
            RandomAccess.FlushToDisk(file);
        }
        catch (IOException e)
        {
            throw NotDurable(path, e);
        }
    }

    /// <summary>
    /// Flushes a file's bytes and length, not its times, which saves a journal entry where nobody reads them (fdatasync). As
    /// <see cref="Sync"/> outside Linux.
    /// </summary>
    /// <exception cref="StorageException"><see cref="StorageCode.NotDurable"/>.</exception>
    public static void SyncData(SafeFileHandle file, string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            Sync(file, path);
        }
        else if (NativeFileDataSync(file) != 0)
        {
            throw NotDurable(path, LastError());
        }
    }

    /// <summary>
    /// Asks the kernel to begin writing a file's bytes back, and does not wait: for several files that are about to be synced one
    /// after another. A hint, so failing is no error; nothing outside Linux.
    /// </summary>
    public static void StartSync(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = NativeSyncFileRange(file, 0, 0, SyncFileRangeWrite);
        }
    }

    /// <summary>Flushes a file that somebody else wrote and closed.</summary>
    public static void SyncFile(string path)
    {
        using SafeFileHandle file = Open(path);
        Sync(file, path);
    }

    /// <summary>Makes the names in a folder durable: call it after creating, linking, renaming or deleting there.</summary>
    /// <exception cref="StorageException"><see cref="StorageCode.NotDurable"/>.</exception>
    public static void SyncFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int closeOnExec = OperatingSystem.IsMacOS() ? CloseOnExecMac : CloseOnExecLinux;
        int descriptor = NativeOpen(path, OpenReadOnly | closeOnExec);
        if (descriptor < 0)
        {
            throw NotDurable(path, LastError());
        }

        int result = NativeFsync(descriptor);
        IOException? error = result < 0 ? LastError() : null;
        _ = NativeClose(descriptor);
        if (error is not null)
        {
            throw NotDurable(path, error);
        }
    }

    /// <summary>
    /// Gives <paramref name="existing"/> a second name unless that name is taken. False when it is taken. The first name stays;
    /// on Windows, which has no such call here, the file is moved instead.
    /// </summary>
    public static bool LinkIfAbsent(string existing, string name)
    {
        if (OperatingSystem.IsWindows())
        {
            return MoveIfAbsentOnWindows(existing, name);
        }

        if (NativeLink(existing, name) == 0)
        {
            return true;
        }

        int code = Marshal.GetLastPInvokeError();
        return code == FileExists ? false : throw Failed("link", name, LastError());
    }

    /// <summary>Renames <paramref name="existing"/> over <paramref name="name"/>, atomically; the name need not exist.</summary>
    public static void Replace(string existing, string name)
    {
        try
        {
#pragma warning disable RS0030 // with overwrite it is one rename(2); the ban is about overwrite: false
            File.Move(existing, name, overwrite: true);
#pragma warning restore RS0030
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(existing);
            throw Failed("replace", name, e);
        }
    }

    /// <summary>Creates a folder and those above it, and makes each new name durable.</summary>
    public static void CreateFolder(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        string? parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(path));
        if (!string.IsNullOrEmpty(parent))
        {
            CreateFolder(parent);
        }

        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed("create folder", path, e);
        }

        if (!string.IsNullOrEmpty(parent))
        {
            SyncFolder(parent);
        }
    }

    /// <summary>The path with every symbolic link followed, or null when it does not exist.</summary>
    internal static string? RealPath(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return RealPathOnWindows(path);
        }

        nint resolved = NativeRealPath(path, 0);
        if (resolved == 0)
        {
            return null;
        }

        string result = Marshal.PtrToStringUTF8(resolved)!;
        NativeFree(resolved);
        return result;
    }

    internal static StorageException Failed(string what, string path, Exception e) =>
        new(StorageCode.Failed, $"Could not {what}: {e.Message}", path, isRetriable: e is IOException, e);

    /// <summary>Removes a leftover whose removal is a courtesy: the failure that led here is what gets reported.</summary>
    internal static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The caller is about to throw the reason; an unfinished file under a private name harms nobody.
        }
    }

    private static SafeFileHandle Open(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed("open for fsync", path, e);
        }
    }

    private static bool MoveIfAbsentOnWindows(string existing, string name)
    {
        try
        {
            File.Move(existing, name); // MoveFileEx without REPLACE_EXISTING: atomic on NTFS
            return true;
        }
        catch (IOException) when (File.Exists(name))
        {
            return false;
        }
    }

    private static string? RealPathOnWindows(string path)
    {
        FileSystemInfo info = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        return info.Exists ? info.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? info.FullName : null;
    }

    private static StorageException NotDurable(string path, Exception e) =>
        new(StorageCode.NotDurable, $"fsync failed, so the data may be lost by a power cut: {e.Message}", path, false, e);

    private static IOException LastError() => new(Marshal.GetLastPInvokeErrorMessage());

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int NativeFileDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    private static partial int NativeSyncFileRange(SafeFileHandle file, long offset, long bytes, uint flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeLink(string existing, string name);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeOpen(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int NativeFsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int NativeClose(int descriptor);

    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint NativeRealPath(string path, nint buffer);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void NativeFree(nint pointer);
}
