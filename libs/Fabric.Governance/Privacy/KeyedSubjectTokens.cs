using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Fabric.Governance.Privacy;

/// <summary>
/// Tokens <c>t1.&lt;keyId&gt;.&lt;epoch&gt;.&lt;22 characters&gt;</c>: HMAC-SHA-256 (RFC 2104) of the value, cut to 128 bits, base64url.
/// Without the key a token cannot be tested against a dictionary of names; with it, equal values join.
/// </summary>
/// <remarks>
/// Erasing a person from what carries these tokens means rewriting the files: the key belongs to everybody. Thread-safe.
/// </remarks>
public sealed class KeyedSubjectTokens : ISubjectTokens
{
    private const int TokenBytes = 16;
    private const int StackBytes = 256;

    private readonly byte[] _key;
    private readonly string _prefix;

    /// <param name="key">The fabric's privacy key.</param>
    /// <param name="epoch">Grows when tokens must stop joining with older ones; 1 or more.</param>
    public KeyedSubjectTokens(PrivacyKey key, int epoch = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(epoch, 1);
        _key = key.TokenKey;
        _prefix = $"t1.{key.KeyId}.{epoch}.";
    }

    /// <summary>Whether the text has the form of a token (of any key).</summary>
    public static bool IsToken(ReadOnlySpan<char> text)
    {
        Span<Range> parts = stackalloc Range[5];
        return text.Split(parts, '.') == 4 && text[parts[0]].SequenceEqual("t1") && text[parts[1]].Length == 8
            && int.TryParse(text[parts[2]], out int epoch) && epoch > 0 && text[parts[3]].Length == 22;
    }

    /// <summary>
    /// The token of one value, over its UTF-8 bytes exactly as sent: case, blanks and the composition of letters count, since
    /// folding them is a matter of each source's data.
    /// </summary>
    public string Tokenize(string value)
    {
        if (value.Length == 0 || value.StartsWith(_prefix, StringComparison.Ordinal))
        {
            return value;
        }

        int size = Encoding.UTF8.GetByteCount(value);
        Span<byte> text = size <= StackBytes ? stackalloc byte[StackBytes] : new byte[size];
        text = text[..Encoding.UTF8.GetBytes(value, text)];
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, text, hash);
        return _prefix + Base64Url.EncodeToString(hash[..TokenBytes]);
    }

    public ValueTask TokenizeAsync(Memory<string> values, CancellationToken cancellationToken)
    {
        Span<string> span = values.Span;
        for (int i = 0; i < span.Length; i++)
        {
            span[i] = Tokenize(span[i]);
        }

        return ValueTask.CompletedTask;
    }
}
