using System.Collections.Concurrent;
using System.IO.Enumeration;

namespace Fabric.Core.Storage;

/// <summary>
/// Objects as files under one folder. Put-if-absent is a private file, fsync, link(2), fsync of the folder; data files are
/// written in place under their unique names and count only once finished.
/// </summary>
/// <remarks>
/// Thread-safe, and safe beside other processes on the same folder. Symbolic links inside the root are followed only while they
/// stay inside. Private files of a process that was killed stay behind as <c>.name.id.tmp</c>; nothing ever reads them.
/// </remarks>
public sealed class LocalObjectStore : IObjectStore
{
    private readonly IIdSource _ids;
    private readonly ConcurrentDictionary<string, bool> _durableFolders = new(StringComparer.Ordinal);

    /// <param name="root">Created (durably) when absent.</param>
    /// <param name="ids">Names private files.</param>
    public LocalObjectStore(string root, IIdSource ids)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        _ids = ids;
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        DurableFile.CreateFolder(full);
        Root = DurableFile.RealPath(full) ?? full;
    }

    public string Root { get; }

    public Task<byte[]> ReadAsync(string path, long bytesMax, CancellationToken cancellationToken) =>
        RunAsync(() => Read(path, bytesMax), cancellationToken);

    public Task<IReadOnlyList<StoredObject>> ListAsync(
        string folder, string after, CancellationToken cancellationToken) =>
        RunAsync(() => List(folder, after), cancellationToken);

    public Task<StoredObject?> StatAsync(string path, CancellationToken cancellationToken) =>
        RunAsync(() => Stat(path), cancellationToken);

    public Task<PutOutcome> PutIfAbsentAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        RunAsync(() => PutIfAbsent(path, content.Span), cancellationToken);

    public Task PutAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        RunAsync(() => Put(path, content.Span), cancellationToken);

    public Task<bool> DeleteAsync(string path, CancellationToken cancellationToken) =>
        RunAsync(() => Delete(path), cancellationToken);

    public Task<StagedObject> StageAsync(string path, CancellationToken cancellationToken) =>
        RunAsync(() => Stage(path), cancellationToken);

    public Task<StoredObject> FinishAsync(StagedObject staged, CancellationToken cancellationToken) =>
        RunAsync(() => Finish(staged), cancellationToken);

    public Task DiscardAsync(StagedObject staged, CancellationToken cancellationToken) =>
        RunAsync(() => Delete(staged.Path), cancellationToken);

    public string Locate(string path)
    {
        ObjectPath.Check(path);
        string full = Path.Combine(Root, path);
        string? existing = full;
        while (existing is not null && existing.Length > Root.Length)
        {
            if (DurableFile.RealPath(existing) is { } real)
            {
                return IsInside(real) ? full : throw Escapes(path);
            }

            // A dangling link has no real path, yet writing through it would create its target.
            if (new FileInfo(existing).LinkTarget is not null)
            {
                throw Escapes(path);
            }

            existing = Path.GetDirectoryName(existing);
        }

        return full;
    }

    private byte[] Read(string path, long bytesMax)
    {
        string full = Locate(path);
        try
        {
            using FileStream file = new(full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            if (file.Length > bytesMax)
            {
                throw new StorageException(
                    StorageCode.TooLarge, $"The object has {file.Length} bytes; at most {bytesMax} are read here", full);
            }

            byte[] content = new byte[file.Length];
            file.ReadExactly(content);
            return content;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StorageException(StorageCode.NotFound, "There is no such object", full, false, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Failed("read", full, e);
        }
    }

    private IReadOnlyList<StoredObject> List(string folder, string after)
    {
        string full = folder.Length == 0 ? Root : Locate(folder);
        try
        {
            var files = new FileSystemEnumerable<StoredObject>(full, (ref FileSystemEntry entry) =>
                new StoredObject(ObjectPath.Join(folder, entry.FileName.ToString()), entry.Length, entry.LastWriteTimeUtc))
            {
                ShouldIncludePredicate = (ref FileSystemEntry entry) =>
                    !entry.IsDirectory && entry.FileName.SequenceCompareTo(after) > 0,
            };
            var result = new List<StoredObject>(files);
            result.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
            return result;
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Failed("list", full, e);
        }
    }

    private StoredObject? Stat(string path)
    {
        var file = new FileInfo(Locate(path));
        return file.Exists ? new StoredObject(path, file.Length, file.LastWriteTimeUtc) : null;
    }

    private PutOutcome PutIfAbsent(string path, ReadOnlySpan<byte> content)
    {
        string full = Locate(path);
        string temporary = WriteTemporary(path, full, content);
        try
        {
            if (!DurableFile.LinkIfAbsent(temporary, full))
            {
                return PutOutcome.AlreadyExists;
            }
        }
        finally
        {
            DurableFile.TryDelete(temporary);
        }

        DurableFile.SyncFolder(Path.GetDirectoryName(full)!);
        return PutOutcome.Created;
    }

    private bool Put(string path, ReadOnlySpan<byte> content)
    {
        string full = Locate(path);
        string temporary = WriteTemporary(path, full, content);
        DurableFile.Replace(temporary, full);
        DurableFile.SyncFolder(Path.GetDirectoryName(full)!);
        return true;
    }

    private string WriteTemporary(string path, string full, ReadOnlySpan<byte> content)
    {
        EnsureFolder(path);
        string folder = Path.GetDirectoryName(full)!;
        string temporary = Path.Combine(folder, $".{Path.GetFileName(full)}.{_ids.NewId():n}.tmp");
        DurableFile.WriteNew(temporary, content);
        return temporary;
    }

    private bool Delete(string path)
    {
        string full = Locate(path);
        try
        {
            if (!File.Exists(full))
            {
                return false;
            }

            File.Delete(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Failed("delete", full, e);
        }

        DurableFile.SyncFolder(Path.GetDirectoryName(full)!);
        return true;
    }

    private StagedObject Stage(string path)
    {
        string full = Locate(path);
        EnsureFolder(path);
        return File.Exists(full)
            ? throw new StorageException(
                StorageCode.Failed, "A data file is written once, under a unique name; this one exists", full)
            : new StagedObject(path, full);
    }

    private StoredObject Finish(StagedObject staged)
    {
        string full = Locate(staged.Path);
        if (!File.Exists(full))
        {
            throw new StorageException(StorageCode.NotFound, "Nothing was written at the staged path", full);
        }

        DurableFile.SyncFile(full);
        DurableFile.SyncFolder(Path.GetDirectoryName(full)!);
        return Stat(staged.Path)!;
    }

    /// <summary>
    /// Creates the folders above an object. Each is synced once by this process even when another one created it: that one
    /// may have died before its own sync, and what we acknowledge below it must not vanish with it.
    /// </summary>
    private void EnsureFolder(string path)
    {
        int end = path.LastIndexOf('/');
        string folder = end < 0 ? "" : path[..end];
        string full = folder.Length == 0 ? Root : Path.Combine(Root, folder);
        if (_durableFolders.ContainsKey(folder) && Directory.Exists(full))
        {
            return;
        }

        DurableFile.CreateFolder(full);
        for (string at = full; at.Length > Root.Length; at = Path.GetDirectoryName(at)!)
        {
            DurableFile.SyncFolder(Path.GetDirectoryName(at)!);
        }

        _durableFolders[folder] = true;
    }

    private bool IsInside(string real) =>
        real.Length == Root.Length
            ? real == Root
            : real.StartsWith(Root, StringComparison.Ordinal)
                && (real[Root.Length] == Path.DirectorySeparatorChar || Root == Path.GetPathRoot(Root));

    private StorageException Escapes(string path) =>
        new(StorageCode.PathRefused, $"The path leaves the root {Root} over a symbolic link", path);

    /// <summary>Disks have no asynchronous fsync, link or readdir: the call blocks a pool thread, not the caller's.</summary>
    private static Task<T> RunAsync<T>(Func<T> operation, CancellationToken cancellationToken) =>
        Task.Run(operation, cancellationToken);
}
