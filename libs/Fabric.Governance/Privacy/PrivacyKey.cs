using System.Security.Cryptography;

namespace Fabric.Governance.Privacy;

/// <summary>
/// The secret that keeps people unreadable. It is never used itself: each purpose has a sub-key of its own, derived by
/// HKDF-SHA-256 (RFC 5869) with the purpose as label, so that what encrypts can never make or test a token.
/// </summary>
/// <remarks>Immutable, thread-safe. The file lives outside the data folder: whoever copies the data must not get the key.</remarks>
public sealed class PrivacyKey
{
    /// <summary>Bytes of the secret.</summary>
    public const int SizeBytes = 32;

    private const string TokenLabel = "fabric privacy v1 subject token";
    private const string EncryptionLabel = "fabric privacy v1 payload encryption";
    private const string IdentityLabel = "fabric privacy v1 key id";
    private const int IdentityBytes = 4;

    private readonly byte[] _secret;

    /// <param name="secret">Exactly <see cref="SizeBytes"/> bytes; copied.</param>
    /// <exception cref="ArgumentException">Another length.</exception>
    public PrivacyKey(ReadOnlySpan<byte> secret)
    {
        if (secret.Length != SizeBytes)
        {
            throw new ArgumentException($"A privacy key has {SizeBytes} bytes, found {secret.Length}", nameof(secret));
        }

        _secret = secret.ToArray();
        KeyId = Convert.ToHexStringLower(SubKey(IdentityLabel).AsSpan(0, IdentityBytes));
    }

    /// <summary>Eight hexadecimal digits that name the key and tell nothing about it.</summary>
    public string KeyId { get; }

    internal byte[] TokenKey => SubKey(TokenLabel);

    internal byte[] EncryptionKey => SubKey(EncryptionLabel);

    /// <summary>Reads the key: 64 hexadecimal digits (white space around them is ignored).</summary>
    /// <param name="path">The key file.</param>
    /// <param name="dataFolder">The folder the key must not be in.</param>
    /// <exception cref="GovernanceException">
    /// Missing, readable by others (<c>PRIVACY_KEY_EXPOSED</c>), inside the data folder (<c>PRIVACY_KEY_IN_DATA</c>), or
    /// not a key (<c>PRIVACY_KEY_MALFORMED</c>).
    /// </exception>
    public static PrivacyKey Load(string path, string dataFolder)
    {
        string full = Path.GetFullPath(path);
        RefuseInside(full, Path.GetFullPath(dataFolder));
        string text = ReadPrivately(full).Trim();
        if (text.Length != SizeBytes * 2 || !text.All(char.IsAsciiHexDigit))
        {
            throw new GovernanceException(
                "PRIVACY_KEY_MALFORMED",
                $"The privacy key must be {SizeBytes * 2} hexadecimal digits; make one with: openssl rand -hex {SizeBytes}",
                full);
        }

        return new PrivacyKey(Convert.FromHexString(text));
    }

    /// <summary>Makes a new key file, readable by its owner only. An existing file is never overwritten.</summary>
    /// <exception cref="GovernanceException">The file exists or cannot be written.</exception>
    public static void Create(string path, string dataFolder)
    {
        string full = Path.GetFullPath(path);
        RefuseInside(full, Path.GetFullPath(dataFolder));
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var file = new FileStream(full, options);
            file.Write(System.Text.Encoding.ASCII.GetBytes(
                Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SizeBytes)) + "\n"));
            file.Flush(flushToDisk: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new GovernanceException(
                "PRIVACY_KEY_NOT_WRITTEN", "The privacy key could not be created; check that the file does not exist yet and "
                + "the folder is writable", full, innerException: exception);
        }
    }

    private static void RefuseInside(string path, string dataFolder)
    {
        string folder = dataFolder.EndsWith(Path.DirectorySeparatorChar) ? dataFolder : dataFolder + Path.DirectorySeparatorChar;
        if (path.StartsWith(folder, StringComparison.Ordinal))
        {
            throw new GovernanceException(
                "PRIVACY_KEY_IN_DATA", "The privacy key lies inside the data folder, so a copy of the data would carry it; "
                + "move it elsewhere and change privacy.key", path);
        }
    }

    private static string ReadPrivately(string path)
    {
        try
        {
            const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
                | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & others) != 0)
            {
                throw new GovernanceException(
                    "PRIVACY_KEY_EXPOSED", "The privacy key can be read by others; run: chmod 600 on it", path);
            }

            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new GovernanceException(
                "PRIVACY_KEY_UNREADABLE", "The privacy key could not be read; check privacy.key and the file's owner", path,
                innerException: exception);
        }
    }

    private byte[] SubKey(string label) => HKDF.DeriveKey(
        HashAlgorithmName.SHA256, _secret, SizeBytes, salt: null, info: System.Text.Encoding.ASCII.GetBytes(label));
}
