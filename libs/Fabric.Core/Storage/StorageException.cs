namespace Fabric.Core.Storage;

/// <summary>Files could not be read, written or made durable, or a path was refused. Codes are in <see cref="StorageCode"/>.</summary>
public sealed class StorageException : FabricException
{
    public StorageException(
        string code, string message, string where = "", bool isRetriable = false, Exception? innerException = null)
        : base(code, message, where, isRetriable, innerException)
    {
    }
}

/// <summary>The kinds of failure a <see cref="StorageException"/> names.</summary>
public static class StorageCode
{
    /// <summary>The object is not there.</summary>
    public const string NotFound = "STORAGE_NOT_FOUND";

    /// <summary>The path leaves the store's root, or is not a plain relative path.</summary>
    public const string PathRefused = "STORAGE_PATH_REFUSED";

    /// <summary>The object is longer than the caller allowed.</summary>
    public const string TooLarge = "STORAGE_TOO_LARGE";

    /// <summary>The operating system or the service refused or failed; the message has its words.</summary>
    public const string Failed = "STORAGE_FAILED";

    /// <summary>
    /// Data may be in the system's cache but could not be made durable. Never answered by trying again on the same file:
    /// a second fsync may succeed although the pages were dropped.
    /// </summary>
    public const string NotDurable = "STORAGE_NOT_DURABLE";

    /// <summary>This operating system lacks an operation without which the promise cannot be kept.</summary>
    public const string Unsupported = "STORAGE_UNSUPPORTED";
}
