using Fabric.Governance.Privacy;
using Fabric.Schemas;

namespace Fabric.Governance.Quarantine;

/// <summary>
/// Makes the record that keeps what a component could not process: byte for byte, with the reason. Where people are declared
/// (a privacy key is configured) the bytes are encrypted, since nobody can tell what is in what does not parse. What does not
/// fit a topic goes to a file and is named in the record.
/// </summary>
/// <remarks>Thread-safe.</remarks>
/// <param name="cipher">Null without a privacy key: nothing is declared personal, and the bytes are kept as they came.</param>
public sealed class QuarantineRecords(string node, PayloadCipher? cipher, QuarantineSpill spill, TimeProvider clock)
{
    /// <summary>Largest encrypted payload within a record: what a topic takes by default, less what stands beside it.</summary>
    public const int PayloadBytesMax = 900_000;

    /// <summary>A record of the given component, to be completed with where it came from.</summary>
    /// <param name="component">E.g. <c>connector:sensors</c>: also the context under which the bytes are encrypted.</param>
    /// <param name="rule">The check that failed.</param>
    /// <param name="reason">For a person; never contains the payload.</param>
    /// <param name="key">The record's key, or the address of a message that has no key.</param>
    /// <param name="payloadBytesMax">Larger ones, as kept, go to a file; 0: every one that is not empty.</param>
    /// <exception cref="GovernanceException"><c>SPILL_FAILED</c>, retriable.</exception>
    public QuarantinedRecord Create(
        string component, string rule, string reason, ReadOnlySpan<byte> key, ReadOnlySpan<byte> payload,
        int payloadBytesMax = PayloadBytesMax)
    {
        var record = new QuarantinedRecord
        {
            Node = node, Component = component, Rule = rule, Reason = reason,
            QuarantinedAtMicros = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
            PayloadSize = payload.Length,
        };
        record.KeyId = cipher?.KeyId;
        record.OriginalKey = cipher is null ? key.ToArray() : cipher.Encrypt(key, component);
        byte[] kept = cipher is null ? payload.ToArray() : cipher.Encrypt(payload, component);
        if (kept.Length > payloadBytesMax)
        {
            record.Spill = spill.Write(kept);
        }
        else
        {
            record.Payload = kept;
        }

        return record;
    }

    /// <summary>The original key and payload of a quarantined record.</summary>
    /// <returns>Null when the spilled file is gone, or the record was encrypted and no key is configured.</returns>
    /// <exception cref="GovernanceException"><c>PAYLOAD_NOT_DECRYPTED</c>.</exception>
    public (byte[] Key, byte[] Payload)? Reveal(QuarantinedRecord record)
    {
        byte[]? kept = record.Spill is { } name ? spill.Read(name) : record.Payload;
        if (kept is null || record.OriginalKey is null)
        {
            return null;
        }

        if (record.KeyId is null)
        {
            return (record.OriginalKey, kept);
        }

        return cipher is null
            ? null
            : (cipher.Decrypt(record.OriginalKey, record.Component), cipher.Decrypt(kept, record.Component));
    }
}
