using System.Security.Cryptography;
using System.Text;

namespace Fabric.Governance.Lineage;

/// <summary>Run ids that follow from what the run did, so that an event sent twice is recognized as the same run.</summary>
public static class LineageRunId
{
    /// <summary>The run that made one version of a Delta table: a name-based UUID (version 8, RFC 9562) over SHA-256.</summary>
    /// <param name="tableId">The table's id from its metadata.</param>
    /// <param name="version">The version the commit made.</param>
    public static Guid OfCommit(string tableId, long version) => FromName($"delta-commit\n{tableId}\n{version}");

    private static Guid FromName(string name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(name), hash);
        hash[6] = (byte)((hash[6] & 0x0f) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
