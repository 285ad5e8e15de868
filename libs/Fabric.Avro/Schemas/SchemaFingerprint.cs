using System.Security.Cryptography;
using System.Text;

namespace Fabric.Avro;

/// <summary>Fingerprints of a canonical form (Avro 1.12, "Schema Fingerprints").</summary>
public static class SchemaFingerprint
{
    /// <summary>The Rabin polynomial, and the fingerprint of no bytes.</summary>
    private const ulong Empty = 0xc15d213aa4d7a795UL;

    private static readonly ulong[] Table = MakeTable();

    /// <summary>CRC-64-AVRO (Rabin) of the UTF-8 bytes of a text, normally a <see cref="Schema.CanonicalForm"/>.</summary>
    public static long Crc64(string text)
    {
        ulong fingerprint = Empty;
        foreach (byte b in Encoding.UTF8.GetBytes(text))
        {
            fingerprint = (fingerprint >> 8) ^ Table[(byte)fingerprint ^ b];
        }

        return (long)fingerprint;
    }

    /// <summary>MD5 of the canonical form, 16 bytes. An identifier, not a protection.</summary>
#pragma warning disable CA5351 // the specification names MD5
    public static byte[] Md5(Schema schema) => MD5.HashData(Encoding.UTF8.GetBytes(schema.CanonicalForm));
#pragma warning restore CA5351

    /// <summary>SHA-256 of the canonical form, 32 bytes.</summary>
    public static byte[] Sha256(Schema schema) => SHA256.HashData(Encoding.UTF8.GetBytes(schema.CanonicalForm));

    private static ulong[] MakeTable()
    {
        var table = new ulong[256];
        for (uint i = 0; i < table.Length; i++)
        {
            ulong value = i;
            for (int bit = 0; bit < 8; bit++)
            {
                value = (value >> 1) ^ (Empty & (0UL - (value & 1)));
            }

            table[i] = value;
        }

        return table;
    }
}
