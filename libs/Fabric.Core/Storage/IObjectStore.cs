namespace Fabric.Core.Storage;

/// <summary>
/// The door to files, shaped so that a folder on a disk and a bucket both fit: whole objects under relative paths, listed by
/// name, created atomically or not at all.
/// </summary>
/// <remarks>
/// Paths are relative to the root, separated by <c>/</c>, and name objects as they are stored (nothing is percent-decoded).
/// A path that is absolute, has an empty, <c>.</c> or <c>..</c> segment, or leaves the root over a symbolic link is refused with
/// <see cref="StorageCode.PathRefused"/>. What a method acknowledges is durable. Implementations are thread-safe.
/// </remarks>
public interface IObjectStore
{
    /// <summary>Where the root is, for messages and for <see cref="Locate"/>: an absolute local path, or a URI.</summary>
    string Root { get; }

    /// <summary>The whole object.</summary>
    /// <param name="bytesMax">Refuses a longer object before memory is taken for it.</param>
    /// <exception cref="StorageException"><see cref="StorageCode.NotFound"/>, <see cref="StorageCode.TooLarge"/> or a failure.</exception>
    Task<byte[]> ReadAsync(string path, long bytesMax, CancellationToken cancellationToken);

    /// <summary>
    /// The objects directly in <paramref name="folder"/> ("" is the root) whose file name is ordinally greater than
    /// <paramref name="after"/> ("" lists all), in ordinal order of the name. An absent folder has no objects.
    /// </summary>
    /// <remarks>
    /// Not a snapshot: an object created while the listing runs may be missing although one created after it is present.
    /// </remarks>
    Task<IReadOnlyList<StoredObject>> ListAsync(string folder, string after, CancellationToken cancellationToken);

    /// <summary>Size and time of one object, null when it is absent.</summary>
    Task<StoredObject?> StatAsync(string path, CancellationToken cancellationToken);

    /// <summary>
    /// Creates the object with all its bytes unless the name is taken; of several racing writers exactly one creates it.
    /// </summary>
    /// <exception cref="StorageException">
    /// A failure. The object may have been created all the same, and the caller must read it back; but when this method has
    /// thrown, an object that is absent will not appear later from this call.
    /// </exception>
    Task<PutOutcome> PutIfAbsentAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Creates or replaces the object; readers see the old bytes or the new ones, never a mixture.</summary>
    Task PutAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Removes the object. False when it was absent.</summary>
    Task<bool> DeleteAsync(string path, CancellationToken cancellationToken);

    /// <summary>
    /// A local path at which the caller writes a large object itself (a Parquet writer does). The name must be unique:
    /// nothing may be stored under <paramref name="path"/> yet, and the caller alone writes there.
    /// </summary>
    Task<StagedObject> StageAsync(string path, CancellationToken cancellationToken);

    /// <summary>Makes a staged object durable under its path, and says how large it became.</summary>
    Task<StoredObject> FinishAsync(StagedObject staged, CancellationToken cancellationToken);

    /// <summary>Forgets a staged object, finished or not, and removes what was written.</summary>
    Task DiscardAsync(StagedObject staged, CancellationToken cancellationToken);

    /// <summary>The name by which an engine in this process (DuckDB) opens the object: an absolute local path, or a URI.</summary>
    /// <exception cref="StorageException"><see cref="StorageCode.PathRefused"/>.</exception>
    string Locate(string path);
}

/// <summary>What became of a put-if-absent.</summary>
public enum PutOutcome
{
    /// <summary>The object did not exist and now has exactly the given bytes, durably.</summary>
    Created,

    /// <summary>An object of that name exists; it was not touched.</summary>
    AlreadyExists,
}

/// <summary>One stored object.</summary>
/// <param name="Path">Relative to the store's root.</param>
/// <param name="Size">Bytes.</param>
/// <param name="ModifiedAt">UTC.</param>
public sealed record StoredObject(string Path, long Size, DateTimeOffset ModifiedAt)
{
    /// <summary>The last segment of <see cref="Path"/>.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];
}

/// <summary>An object being written at a local path, not part of anything until it is finished and referred to.</summary>
/// <param name="Path">Where it will be, relative to the store's root.</param>
/// <param name="LocalPath">Absolute path of the file to write; it does not exist yet, its folder does.</param>
public sealed record StagedObject(string Path, string LocalPath);
