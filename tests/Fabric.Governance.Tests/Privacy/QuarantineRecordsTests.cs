using System.Security.Cryptography;
using System.Text;
using Fabric.Governance.Privacy;
using Fabric.Governance.Quarantine;
using Fabric.Schemas;
using Fabric.Testing;

namespace Fabric.Governance.Tests.Privacy;

public sealed class QuarantineRecordsTests
{
    private const string Person = "badge 4711 of the night shift";

    [Theory]
    [InlineData(100, true)]
    [InlineData(2_000_000, true)]
    [InlineData(100, false)]
    [InlineData(2_000_000, false)]
    public void Reveal_gives_back_every_byte_whether_spilled_or_not(int size, bool isEncrypted)
    {
        using var folder = new TempFolder();
        QuarantineRecords records = Records(folder, isEncrypted ? new PrivacyKey(RandomNumberGenerator.GetBytes(32)) : null);
        byte[] payload = [.. Encoding.UTF8.GetBytes(Person), .. RandomNumberGenerator.GetBytes(size)];
        QuarantinedRecord record = records.Create("connector:a", "RULE", "why", "topic"u8, payload);
        Assert.Equal(size > QuarantineRecords.PayloadBytesMax, record.Spill is not null);
        (byte[] key, byte[] revealed) = records.Reveal(record)!.Value;
        Assert.Equal("topic"u8.ToArray(), key);
        Assert.Equal(payload, revealed);
        byte[] kept = record.Payload ?? File.ReadAllBytes(folder[$"quarantine/{record.Spill}"]);
        Assert.Equal(!isEncrypted, kept.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Person)) >= 0);
    }

    [Fact]
    public void Reveal_without_the_key_or_the_file_gives_nothing()
    {
        using var folder = new TempFolder();
        var key = new PrivacyKey(RandomNumberGenerator.GetBytes(32));
        QuarantinedRecord record = Records(folder, key).Create("c", "R", "", "k"u8, new byte[2_000_000]);
        Assert.Null(Records(folder, null).Reveal(record));
        File.Delete(folder[$"quarantine/{record.Spill}"]);
        Assert.Null(Records(folder, key).Reveal(record));
    }

    private static QuarantineRecords Records(TempFolder folder, PrivacyKey? key) => new(
        "node", key is null ? null : new PayloadCipher(key), new QuarantineSpill(folder.Path), new ManualTimeProvider());
}
