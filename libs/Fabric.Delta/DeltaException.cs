using Fabric.Core;

namespace Fabric.Delta;

/// <summary>A Delta table cannot be read or written as it stands. Codes are in <see cref="DeltaCode"/>.</summary>
public sealed class DeltaException : FabricException
{
    public DeltaException(
        string code, string message, string where = "", bool isRetriable = false, Exception? innerException = null)
        : base(code, message, where, isRetriable, innerException)
    {
    }

    /// <summary>The features or properties that stand in the way, as Delta names them; empty for other failures.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];
}

/// <summary>The kinds of failure a <see cref="DeltaException"/> names.</summary>
public static class DeltaCode
{
    /// <summary>There is no Delta log at that path.</summary>
    public const string NotATable = "DELTA_NOT_A_TABLE";

    /// <summary>The asked version (or time) is before the first or after the last one.</summary>
    public const string VersionNotFound = "DELTA_VERSION_NOT_FOUND";

    /// <summary>A commit between two others is missing.</summary>
    public const string VersionsNotContiguous = "DELTA_VERSIONS_NOT_CONTIGUOUS";

    /// <summary>A commit file does not parse: torn, overwritten, or not written by a Delta writer.</summary>
    public const string LogCorrupt = "DELTA_LOG_CORRUPT";

    /// <summary>A checkpoint does not parse, or a part of it is missing.</summary>
    public const string CheckpointCorrupt = "DELTA_CHECKPOINT_CORRUPT";

    /// <summary>The log has no <c>protocol</c> or no <c>metaData</c> action.</summary>
    public const string StateIncomplete = "DELTA_STATE_INCOMPLETE";

    /// <summary>The table's schema does not parse or breaks a rule of the protocol.</summary>
    public const string SchemaInvalid = "DELTA_SCHEMA_INVALID";

    /// <summary>Reading needs a protocol version or feature outside the profile; <see cref="DeltaException.Features"/> names it.</summary>
    public const string ReadUnsupported = "DELTA_READ_UNSUPPORTED";

    /// <summary>Writing needs a protocol version, feature or property outside the profile; it is named.</summary>
    public const string WriteUnsupported = "DELTA_WRITE_UNSUPPORTED";

    /// <summary>A data file's path is not one, or leads outside the table's folder.</summary>
    public const string PathRefused = "DELTA_PATH_REFUSED";

    /// <summary>A data file of the version is missing or damaged.</summary>
    public const string DataFileUnreadable = "DELTA_DATA_FILE_UNREADABLE";

    /// <summary>A partition value does not fit its column's type.</summary>
    public const string PartitionValueInvalid = "DELTA_PARTITION_VALUE_INVALID";
}
