using System.Security.Cryptography;
using System.Text;

namespace Fabric.Governance.Privacy;

/// <summary>
/// Encrypts what nobody could parse, and which may therefore contain people: AES-256-GCM (NIST SP 800-38D) under a sub-key
/// that makes no tokens.
/// <code>
/// byte 0      1 (format version)
/// byte 1..12  nonce, random
/// then        ciphertext, as long as the payload
/// last 16     tag, over ciphertext and the context the caller names
/// </code>
/// </summary>
/// <remarks>Thread-safe. Random nonces are safe for 2^32 payloads under one key (SP 800-38D §8.3).</remarks>
public sealed class PayloadCipher
{
    private const byte FormatVersion = 1;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int OverheadBytes = 1 + NonceBytes + TagBytes;

    private readonly byte[] _key;

    public PayloadCipher(PrivacyKey key)
    {
        _key = key.EncryptionKey;
        KeyId = key.KeyId;
    }

    /// <summary>Names the key that decrypts what this cipher encrypts.</summary>
    public string KeyId { get; }

    /// <param name="context">Where the payload belongs; the same text must be given to decrypt.</param>
    public byte[] Encrypt(ReadOnlySpan<byte> payload, string context)
    {
        byte[] sealedBytes = new byte[payload.Length + OverheadBytes];
        sealedBytes[0] = FormatVersion;
        Span<byte> nonce = sealedBytes.AsSpan(1, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_key, TagBytes);
        aes.Encrypt(
            nonce, payload, sealedBytes.AsSpan(1 + NonceBytes, payload.Length), sealedBytes.AsSpan(^TagBytes..),
            Encoding.UTF8.GetBytes(context));
        return sealedBytes;
    }

    /// <exception cref="GovernanceException"><c>PAYLOAD_NOT_DECRYPTED</c>: another key or context, or changed bytes.</exception>
    public byte[] Decrypt(ReadOnlySpan<byte> sealedBytes, string context)
    {
        if (sealedBytes.Length < OverheadBytes || sealedBytes[0] != FormatVersion)
        {
            throw new GovernanceException(
                "PAYLOAD_NOT_DECRYPTED", "These bytes are not an encrypted payload of format 1", context);
        }

        byte[] payload = new byte[sealedBytes.Length - OverheadBytes];
        using var aes = new AesGcm(_key, TagBytes);
        try
        {
            aes.Decrypt(
                sealedBytes.Slice(1, NonceBytes), sealedBytes[(1 + NonceBytes)..^TagBytes], sealedBytes[^TagBytes..], payload,
                Encoding.UTF8.GetBytes(context));
        }
        catch (AuthenticationTagMismatchException exception)
        {
            throw new GovernanceException(
                "PAYLOAD_NOT_DECRYPTED",
                $"The payload does not open with key {KeyId}: it was encrypted under another key, or changed since",
                context, innerException: exception);
        }

        return payload;
    }
}
