using System.Security.Cryptography;
using System.Text;
using Fabric.Governance.Privacy;
using Fabric.Testing;

namespace Fabric.Governance.Tests.Privacy;

public sealed class PrivacyTests
{
    private static readonly PrivacyKey Key = new(Convert.FromHexString(
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));

    [Fact]
    public void Tokenize_is_the_documented_construction()
    {
        byte[] tokenKey = HKDF.DeriveKey(
            HashAlgorithmName.SHA256, Convert.FromHexString("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
            32, null, "fabric privacy v1 subject token"u8.ToArray());
        string expected = Convert.ToBase64String(HMACSHA256.HashData(tokenKey, "badge-4711"u8)[..16])
            .TrimEnd('=').Replace('+', '-').Replace('/', '_');
        Assert.Equal($"t1.{Key.KeyId}.1.{expected}", new KeyedSubjectTokens(Key).Tokenize("badge-4711"));
    }

    [Fact]
    public async Task TokenizeAsync_same_value_same_token_and_tokens_stay()
    {
        var tokens = new KeyedSubjectTokens(Key);
        string[] values = ["José", "josé", "", new string('x', 5000), "José"];
        await tokens.TokenizeAsync(values, CancellationToken.None);
        Assert.NotEqual(values[0], values[1]);
        Assert.Equal(values[0], values[4]);
        Assert.Equal("", values[2]);
        Assert.NotEqual(values[0], values[3]);
        Assert.All(new[] { values[0], values[3] }, token => Assert.True(KeyedSubjectTokens.IsToken(token)));
        string[] again = [.. values];
        await tokens.TokenizeAsync(again, CancellationToken.None);
        Assert.Equal(values, again);
    }

    [Fact]
    public void Tokenize_other_key_or_epoch_does_not_join()
    {
        var other = new PrivacyKey(RandomNumberGenerator.GetBytes(32));
        string token = new KeyedSubjectTokens(Key).Tokenize("4711");
        Assert.NotEqual(token[^22..], new KeyedSubjectTokens(other).Tokenize("4711")[^22..]);
        Assert.StartsWith($"t1.{Key.KeyId}.2.", new KeyedSubjectTokens(Key, 2).Tokenize("4711"));
    }

    [Theory]
    [InlineData("t1.00112233.1.aaaaaaaaaaaaaaaaaaaaaa", true)]
    [InlineData("t1.00112233.0.aaaaaaaaaaaaaaaaaaaaaa", false)]
    [InlineData("t1.0011.1.aaaaaaaaaaaaaaaaaaaaaa", false)]
    [InlineData("t1.00112233.1.aaaa", false)]
    [InlineData("4711", false)]
    public void IsToken_tells_tokens_from_values(string text, bool expected) =>
        Assert.Equal(expected, KeyedSubjectTokens.IsToken(text));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    public void Decrypt_gives_back_every_byte(int size)
    {
        var cipher = new PayloadCipher(Key);
        byte[] payload = RandomNumberGenerator.GetBytes(size);
        byte[] sealedBytes = cipher.Encrypt(payload, "connector:sensors");
        Assert.Equal(payload, cipher.Decrypt(sealedBytes, "connector:sensors"));
        Assert.NotEqual(sealedBytes, cipher.Encrypt(payload, "connector:sensors"));
    }

    [Fact]
    public void Decrypt_changed_bytes_context_or_key_is_refused()
    {
        var cipher = new PayloadCipher(Key);
        byte[] sealedBytes = cipher.Encrypt(Encoding.UTF8.GetBytes("Anna, badge 17"), "a");
        AssertRefused(() => cipher.Decrypt(sealedBytes, "b"));
        AssertRefused(() => new PayloadCipher(new PrivacyKey(new byte[32])).Decrypt(sealedBytes, "a"));
        for (int i = 0; i < sealedBytes.Length; i++)
        {
            sealedBytes[i] ^= 1;
            AssertRefused(() => cipher.Decrypt(sealedBytes, "a"));
            AssertRefused(() => cipher.Decrypt(sealedBytes.AsSpan(0, i), "a"));
            sealedBytes[i] ^= 1;
        }
    }

    [SkippableFact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Load_refuses_exposed_misplaced_and_malformed_keys()
    {
        Skip.If(OperatingSystem.IsWindows(), "File modes are a Unix matter");
        using var folder = new TempFolder();
        string path = folder["secrets/privacy.key"], data = folder["data"];
        PrivacyKey.Create(path, data);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(8, PrivacyKey.Load(path, data).KeyId.Length);
        AssertCode("PRIVACY_KEY_NOT_WRITTEN", () => PrivacyKey.Create(path, data));
        AssertCode("PRIVACY_KEY_IN_DATA", () => PrivacyKey.Load(path, folder["secrets"]));
        AssertCode("PRIVACY_KEY_IN_DATA", () => PrivacyKey.Create(folder["data/x.key"], data));
        AssertCode("PRIVACY_KEY_UNREADABLE", () => PrivacyKey.Load(folder["none"], data));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        AssertCode("PRIVACY_KEY_EXPOSED", () => PrivacyKey.Load(path, data));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(path, "not a key");
        var exception = Assert.Throws<GovernanceException>(() => PrivacyKey.Load(path, data));
        Assert.Equal("PRIVACY_KEY_MALFORMED", exception.Code);
        Assert.DoesNotContain("not a key", exception.Message);
    }

    private static void AssertRefused(Action action) => AssertCode("PAYLOAD_NOT_DECRYPTED", action);

    private static void AssertCode(string code, Action action) =>
        Assert.Equal(code, Assert.Throws<GovernanceException>(action).Code);
}
