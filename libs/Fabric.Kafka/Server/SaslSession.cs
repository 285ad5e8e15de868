using System.Security.Cryptography;
using System.Text;

namespace Fabric.Kafka.Server;

/// <summary>Where a connection stands in SASL.</summary>
internal enum SaslState
{
    /// <summary>No users are configured: everything is admitted.</summary>
    NotRequired,

    /// <summary>ApiVersions and SaslHandshake are admitted.</summary>
    Handshake,

    /// <summary>SaslHandshake v1 was answered: only SaslAuthenticate is admitted.</summary>
    Authenticate,

    /// <summary>SaslHandshake v0 was answered: the next frame is the token itself, without a Kafka header.</summary>
    RawToken,

    /// <summary>Everything is admitted.</summary>
    Authenticated,

    /// <summary>The connection is about to be closed.</summary>
    Failed,
}

/// <summary>
/// SASL/PLAIN of one connection (RFC 4616; KIP-43 for the raw tokens of handshake v0, KIP-152 for SaslAuthenticate).
/// </summary>
/// <remarks>Only the connection's reader touches it: a request is read only after the one before it changed the state.</remarks>
internal sealed class SaslSession
{
    /// <summary>The only mechanism there is.</summary>
    public const string Mechanism = "PLAIN";

    private const short HandshakeKey = 17;
    private const short ApiVersionsKey = 18;
    private const short AuthenticateKey = 36;

    private readonly IReadOnlyDictionary<string, string> _passwords;

    /// <param name="passwords">Password by user; empty when SASL is not used.</param>
    public SaslSession(IReadOnlyDictionary<string, string> passwords, string? principal = null)
    {
        _passwords = passwords;
        State = passwords.Count == 0 ? SaslState.NotRequired : SaslState.Handshake;
        Principal = principal;
    }

    public SaslState State { get; private set; }

    /// <summary>The authenticated user, or the subject of the client's certificate; null for nobody.</summary>
    public string? Principal { get; private set; }

    /// <summary>Whether the peer may send anything it likes.</summary>
    public bool IsOpen => State is SaslState.NotRequired or SaslState.Authenticated;

    /// <summary>Whether a request with this key is legal now; everything else closes the connection, as Kafka does.</summary>
    public bool Admits(short apiKey) => State switch
    {
        SaslState.NotRequired or SaslState.Authenticated => true,
        SaslState.Handshake => apiKey is HandshakeKey or ApiVersionsKey,
        SaslState.Authenticate => apiKey is AuthenticateKey,
        _ => false,
    };

    /// <summary>Takes the handshake up; false when the mechanism is not <see cref="Mechanism"/>.</summary>
    public bool TryBegin(string mechanism, short handshakeVersion)
    {
        bool isKnown = mechanism == Mechanism;
        State = !isKnown ? SaslState.Failed : handshakeVersion == 0 ? SaslState.RawToken : SaslState.Authenticate;
        return isKnown;
    }

    /// <summary>Checks <c>[authorization id] NUL user NUL password</c>; the connection is authenticated or failed after it.</summary>
    public bool TryAuthenticate(ReadOnlySpan<byte> token)
    {
        State = SaslState.Failed;
        int first = token.IndexOf((byte)0);
        int second = first < 0 ? -1 : token[(first + 1)..].IndexOf((byte)0);
        if (second < 0)
        {
            return false;
        }

        ReadOnlySpan<byte> authorizationId = token[..first];
        ReadOnlySpan<byte> user = token.Slice(first + 1, second);
        ReadOnlySpan<byte> password = token[(first + second + 2)..];
        string name = Encoding.UTF8.GetString(user);
        bool isKnown = _passwords.TryGetValue(name, out string? expected);
        bool isRight = AreEqual(password, expected ?? "") && isKnown;
        bool isItself = authorizationId.IsEmpty || authorizationId.SequenceEqual(user);
        if (!isRight || !isItself)
        {
            return false;
        }

        Principal = name;
        State = SaslState.Authenticated;
        return true;
    }

    // Digests have one length, so that the time taken tells nothing about the password's.
    private static bool AreEqual(ReadOnlySpan<byte> password, string expected) =>
        CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(password), SHA256.HashData(Encoding.UTF8.GetBytes(expected)));
}
