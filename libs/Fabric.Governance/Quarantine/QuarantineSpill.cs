using System.Security.Cryptography;
using Fabric.Core.Storage;

namespace Fabric.Governance.Quarantine;

/// <summary>
/// Keeps encrypted payloads that do not fit a topic as files named by their SHA-256. A file is durable before its name is
/// written anywhere; one that nobody names is a leftover of an aborted transaction and harmless.
/// </summary>
public sealed class QuarantineSpill
{
    private readonly string _folder;

    /// <param name="dataFolder">The fabric's data folder; files go to <c>quarantine/</c> in it.</param>
    public QuarantineSpill(string dataFolder) => _folder = Path.Combine(dataFolder, "quarantine");

    /// <summary>Writes the bytes and returns their name: SHA-256, hexadecimal.</summary>
    /// <exception cref="GovernanceException"><c>SPILL_FAILED</c>: the disk refused; retriable.</exception>
    public string Write(byte[] encrypted)
    {
        string name = Convert.ToHexStringLower(SHA256.HashData(encrypted));
        string path = Path.Combine(_folder, name);
        try
        {
            DurableFile.CreateFolder(_folder);
            if (!File.Exists(path))
            {
                // Whole or not at all: what a killed process left half written bears the temporary name.
                File.Delete(path + ".tmp");
                DurableFile.WriteNew(path + ".tmp", encrypted);
                DurableFile.Replace(path + ".tmp", path);
            }

            DurableFile.SyncFolder(_folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or StorageException)
        {
            throw new GovernanceException(
                "SPILL_FAILED", "A quarantined payload could not be written; free disk space", path, isRetriable: true, exception);
        }

        return name;
    }

    /// <summary>The encrypted bytes of a name; null when the file is gone.</summary>
    public byte[]? Read(string name)
    {
        string path = Path.Combine(_folder, Path.GetFileName(name));
        return File.Exists(path) ? File.ReadAllBytes(path) : null;
    }
}
