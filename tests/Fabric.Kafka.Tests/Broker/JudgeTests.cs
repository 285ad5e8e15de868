using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Log;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Kafka.Tests.Broker;

/// <summary>Other people's clients against the broker: kcat (librdkafka) and kafkajs.</summary>
public sealed class JudgeTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly Judge Kcat = Judge.Program("kcat");

    [SkippableTheory]
    [InlineData("none", 0)]
    [InlineData("gzip", 1)]
    [InlineData("snappy", 2)]
    [InlineData("lz4", 3)]
    [InlineData("zstd", 4)]
    public async Task Kcat_batches_arrive_with_the_codec_asked_for_and_come_back_equal(string codec, int expected)
    {
        Skip.IfNot(Kcat.IsPresent, Kcat.Absent);
        await using BrokerFixture fixture = await BrokerFixture.StartAsync();
        string[] lines = [.. Enumerable.Range(0, 300).Select(i => $"key{i % 7}:value value value value {i}")];
        await RunAsync(string.Join('\n', lines), "-b", fixture.Bootstrap, "-t", "t", "-P", "-K:", "-z", codec, "-X", "linger.ms=100", "-X", "acks=all");
        string got = await RunAsync(null, "-b", fixture.Bootstrap, "-t", "t", "-C", "-e", "-q", "-o", "beginning", "-f", "%k:%s\n");
        Assert.Equal(lines, got.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        await fixture.Broker.DisposeAsync();
        Assert.Equal([(CompressionCodec)expected], CodecsOnDisk(fixture.Options.DataDirectory));
    }

    [SkippableFact]
    public async Task Kcat_lists_makes_topics_and_keeps_headers_nulls_and_timestamps()
    {
        Skip.IfNot(Kcat.IsPresent, Kcat.Absent);
        await using BrokerFixture fixture = await BrokerFixture.StartAsync(options => options with { DefaultPartitions = 3 });
        await RunAsync("k1:v1\n:no key\nk2:\n", "-b", fixture.Bootstrap, "-t", "t", "-P", "-K:", "-Z", "-H", "unit=bar", "-p", "1");
        string listed = await RunAsync(null, "-b", fixture.Bootstrap, "-L", "-J");
        using JsonDocument metadata = JsonDocument.Parse(listed);
        Assert.Equal(3, metadata.RootElement.GetProperty("topics")[0].GetProperty("partitions").GetArrayLength());
        string[] got = (await RunAsync(null, "-b", fixture.Bootstrap, "-t", "t", "-C", "-e", "-q", "-o", "beginning", "-Z", "-f", "%p %o %k %s %h\n"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["1 0 k1 v1 unit=bar", "1 1 NULL no key unit=bar", "1 2 k2 NULL unit=bar"], got);
        foreach ((string time, string offset) in new[] { ("-1", "3"), ("-2", "0"), ("1", "0") })
        {
            string found = await RunAsync(null, "-b", fixture.Bootstrap, "-Q", "-t", $"t:1:{time}");
            Assert.Contains($"t [1] offset {offset}", found, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task Kcat_group_goes_on_where_it_committed_also_after_a_restart_of_the_broker()
    {
        Skip.IfNot(Kcat.IsPresent, Kcat.Absent);
        await using BrokerFixture fixture = await BrokerFixture.StartAsync();
        await RunAsync("1\n2\n3\n", "-b", fixture.Bootstrap, "-t", "t", "-P");
        Assert.Equal("1\n2\n3\n", await ConsumeAsGroupAsync(fixture));
        await fixture.RestartAsync();
        await RunAsync("4\n5\n", "-b", fixture.Bootstrap, "-t", "t", "-P");
        Assert.Equal("4\n5\n", await ConsumeAsGroupAsync(fixture));
    }

    [SkippableFact]
    public async Task Kcat_transactions_idempotent_producers_and_read_committed()
    {
        Skip.IfNot(Kcat.IsPresent, Kcat.Absent);
        await using BrokerFixture fixture = await BrokerFixture.StartAsync();
        await RunAsync("a\nb\n", "-b", fixture.Bootstrap, "-t", "t", "-P", "-X", "transactional.id=kcat");
        await RunAsync("c\n", "-b", fixture.Bootstrap, "-t", "t", "-P", "-X", "enable.idempotence=true");
        string got = await RunAsync(
            null, "-b", fixture.Bootstrap, "-t", "t", "-C", "-e", "-q", "-o", "beginning", "-X", "isolation.level=read_committed");
        Assert.Equal("a\nb\nc\n", got);
    }

    [SkippableFact]
    public async Task Kcat_logs_in_with_SASL_and_is_refused_with_another_password()
    {
        Skip.IfNot(Kcat.IsPresent, Kcat.Absent);
        await using BrokerFixture fixture = await BrokerFixture.StartAsync(
            options => options with { SaslUsers = new Dictionary<string, string> { ["ann"] = "s3cret" } });
        string[] login = ["-X", "security.protocol=sasl_plaintext", "-X", "sasl.mechanisms=PLAIN", "-X", "sasl.username=ann", "-X"];
        string listed = await RunAsync(null, ["-b", fixture.Bootstrap, "-L", .. login, "sasl.password=s3cret"]);
        Assert.Contains("1 brokers", listed, StringComparison.Ordinal);
        JudgeResult refused = await Kcat.RunAsync(null, Bound, ["-b", fixture.Bootstrap, "-L", "-m", "3", .. login, "sasl.password=wrong"]);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("Authentication failed", refused.Error, StringComparison.Ordinal);
        JudgeResult nobody = await Kcat.RunAsync(null, Bound, "-b", fixture.Bootstrap, "-L", "-m", "3");
        Assert.NotEqual(0, nobody.ExitCode);
    }

    [SkippableFact]
    public async Task Kcat_speaks_TLS_with_a_certificate_of_its_own_and_is_refused_without()
    {
        Skip.IfNot(Kcat.IsPresent, Kcat.Absent);
        using var folder = new TempFolder();
        WriteCertificates(folder);
        await using BrokerFixture fixture = await BrokerFixture.StartAsync(options => options with
        {
            Tls = new BrokerTls
            {
                CertificateFile = folder["broker.pem"],
                KeyFile = folder["broker.key"],
                ClientCaFile = folder["ca.pem"],
                RequireClientCertificate = true,
            },
        });
        string[] trust = ["-X", "security.protocol=ssl", "-X", $"ssl.ca.location={folder["ca.pem"]}"];
        string[] own = ["-X", $"ssl.certificate.location={folder["client.pem"]}", "-X", $"ssl.key.location={folder["client.key"]}"];
        string big = string.Join('\n', Enumerable.Range(0, 5000).Select(i => $"{i} {new string('x', 100)}"));
        await RunAsync(big, ["-b", fixture.Bootstrap, "-t", "t", "-P", .. trust, .. own]);
        string got = await RunAsync(null, ["-b", fixture.Bootstrap, "-t", "t", "-C", "-e", "-q", "-o", "beginning", .. trust, .. own]);
        Assert.Equal(big + "\n", got);
        JudgeResult without = await Kcat.RunAsync(null, Bound, ["-b", fixture.Bootstrap, "-L", "-m", "3", .. trust]);
        Assert.NotEqual(0, without.ExitCode);
        JudgeResult plain = await Kcat.RunAsync(null, Bound, "-b", fixture.Bootstrap, "-L", "-m", "3");
        Assert.NotEqual(0, plain.ExitCode);
    }

    [SkippableFact]
    public async Task Kafkajs_administers_consumes_in_groups_and_transacts()
    {
        Judge kafkajs = Judge.Script("kafka-clients.mjs");
        Skip.IfNot(kafkajs.IsPresent, kafkajs.Absent);
        await using BrokerFixture fixture = await BrokerFixture.StartAsync(
            options => options with { SaslUsers = new Dictionary<string, string> { ["ann"] = "s3cret" } });
        JudgeResult result = await kafkajs.RunAsync(null, TimeSpan.FromSeconds(150), fixture.Bootstrap, "--sasl", "ann:s3cret");
        output.WriteLine(result.Output + result.Error);
        Assert.Equal(0, result.ExitCode);
        using JsonDocument seen = JsonDocument.Parse(result.Output);
        string See(string name) => seen.RootElement.GetProperty(name).ToString();
        Assert.Equal("4", See("partitions"));
        Assert.Equal("3600000", See("retention"));
        Assert.Equal("2", See("members"));
        Assert.Equal("500", See("committed"));
        Assert.Equal("500", See("ends"));
        Assert.Equal("5", See("committedRecords"));
        Assert.Equal("0", See("abortedSeen"));
        Assert.Equal("10", See("uncommittedRecords"));
        Assert.Equal("8", See("txOffset"));
        Assert.Equal("INVALID_PRODUCER_EPOCH", See("fenced"));
        Assert.Equal("1", See("low"));
        Assert.Equal("""["transacted"]""", See("topics"));
    }

    private static async Task<string> ConsumeAsGroupAsync(BrokerFixture fixture) => await RunAsync(
        null, "-b", fixture.Bootstrap, "-G", "group", "-e", "-q", "-X", "auto.offset.reset=earliest", "-X", "session.timeout.ms=6000", "t");

    private static async Task<string> RunAsync(string? input, params string[] arguments)
    {
        JudgeResult result = await Kcat.RunAsync(input, Bound, arguments);
        Assert.True(result.ExitCode == 0, $"kcat {string.Join(' ', arguments)}: {result.ExitCode.ToString(CultureInfo.InvariantCulture)} {result.Error}");
        return result.Output;
    }

    private static HashSet<CompressionCodec> CodecsOnDisk(string folder)
    {
        var codecs = new HashSet<CompressionCodec>();
        foreach (string file in Directory.GetFiles(Path.Combine(folder, "topics"), "*.log", SearchOption.AllDirectories))
        {
            byte[] bytes = File.ReadAllBytes(file);
            for (int at = 0; at < bytes.Length; at += (int)new RecordBatchHeader(bytes.AsSpan(at)).TotalBytes)
            {
                codecs.Add(new RecordBatchHeader(bytes.AsSpan(at)).Codec);
            }
        }

        return codecs;
    }

    private static void WriteCertificates(TempFolder folder)
    {
        DateTimeOffset from = TimeProvider.System.GetUtcNow().AddDays(-1);
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var caRequest = new CertificateRequest("CN=test ca", caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 ca = caRequest.CreateSelfSigned(from, from.AddDays(30));
        File.WriteAllText(folder["ca.pem"], ca.ExportCertificatePem());
        Issue(folder, ca, "broker", "1.3.6.1.5.5.7.3.1", from);
        Issue(folder, ca, "client", "1.3.6.1.5.5.7.3.2", from);
    }

    private static void Issue(TempFolder folder, X509Certificate2 ca, string name, string usage, DateTimeOffset from)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        using X509Certificate2 certificate = request.Create(ca, from, from.AddDays(29), [(byte)name.Length, 1, 2, 3]);
        File.WriteAllText(folder[name + ".pem"], certificate.ExportCertificatePem());
        File.WriteAllText(folder[name + ".key"], key.ExportPkcs8PrivateKeyPem());
    }
}
