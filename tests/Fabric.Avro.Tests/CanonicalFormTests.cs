using System.Globalization;
using Fabric.Testing;

namespace Fabric.Avro.Tests;

/// <summary>Canonical form and fingerprints against Avro's own cases (share/test/data/schema-tests.txt).</summary>
public sealed class CanonicalFormTests
{
    [SkippableFact]
    public void Avro_vectors_all_hold()
    {
        Skip.If(TestData.Folder is null, TestData.Absent);
        VectorCase[] cases = Read(File.ReadAllLines(Path.Combine(TestData.Folder!, "avro", "schema-tests.txt")));

        Assert.Equal(34, cases.Length);
        Assert.All(cases, vector =>
        {
            Schema schema = Schema.Parse(vector.Input);
            Assert.Equal(vector.Canonical, schema.CanonicalForm);
            if (vector.Fingerprint is { } fingerprint)
            {
                Assert.Equal(fingerprint, schema.Fingerprint);
            }

            Assert.Equal(vector.Canonical, Schema.Parse(schema.ToJson()).CanonicalForm);
            Assert.Equal(vector.Canonical, Schema.Parse(schema.Normalize()).CanonicalForm);
        });
    }

    [Fact]
    public void Crc64_of_nothing_is_the_polynomial() =>
        Assert.Equal("C15D213AA4D7A795", SchemaFingerprint.Crc64("").ToString("X16", CultureInfo.InvariantCulture));

    [Fact]
    public void Digests_are_those_of_the_canonical_form()
    {
        // md5sum and sha256sum of the five characters "int" with its quotes
        Schema schema = Schema.Parse("""{"type":"int","doc":"ignored"}""");

        Assert.Equal("EF524EA1B91E73173D938ADE36C1DB32", Convert.ToHexString(SchemaFingerprint.Md5(schema)));
        Assert.Equal("3F2B87A9FE7CC9B13835598C3981CD45E3E355309E5090AA0933D7BECB6FBA45",
            Convert.ToHexString(SchemaFingerprint.Sha256(schema)));
    }

    private static VectorCase[] Read(string[] lines)
    {
        var cases = new List<VectorCase>();
        for (int i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("<<INPUT", StringComparison.Ordinal))
            {
                continue;
            }

            string input = lines[i]["<<INPUT".Length..].Trim();
            while (input.Length == 0 || lines[i].Trim() == "<<INPUT")
            {
                int end = Array.IndexOf(lines, "INPUT", i);
                input = string.Join('\n', lines[(i + 1)..end]);
                i = end;
            }

            string canonical = lines[++i]["<<canonical ".Length..];
            bool hasFingerprint = i + 1 < lines.Length && lines[i + 1].StartsWith("<<fingerprint", StringComparison.Ordinal);
            cases.Add(new VectorCase(input, canonical, hasFingerprint
                ? long.Parse(lines[i + 1]["<<fingerprint ".Length..], CultureInfo.InvariantCulture)
                : null));
        }

        return [.. cases];
    }

    private sealed record VectorCase(string Input, string Canonical, long? Fingerprint);
}
