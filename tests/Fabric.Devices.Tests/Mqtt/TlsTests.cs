using Fabric.Devices.Mqtt;
using Fabric.Testing;
using static Fabric.Devices.Tests.Mqtt.MqttClientFixture;

namespace Fabric.Devices.Tests.Mqtt;

/// <summary>TLS against mosquitto (OpenSSL), with certificates made for the test.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestCertificates _certificates;

    public TlsTests() => _certificates = new TestCertificates(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(MqttProtocolVersion.V5)]
    [InlineData(MqttProtocolVersion.V311)]
    public async Task Trusted_authority_and_client_certificate_are_accepted(MqttProtocolVersion version)
    {
        await using MosquittoServer broker = await StartAsync(requiresClientCertificate: true);
        await using MqttClient client = await ConnectAsync(Options(broker.TlsUrl, version) with
        {
            Tls = new MqttTlsOptions
            {
                CaFile = _certificates.CaFile, CertificateFile = _certificates.ClientFile, KeyFile = _certificates.ClientKeyFile,
            },
        });
        Task publishing = client.PublishAsync(Publication("t/x", "secret", QualityOfService.AtLeastOnce));
        Assert.Equal("secret", Assert.Single(await client.ReadAsync(1)).Payload);
        await publishing;
    }

    [SkippableFact]
    public async Task Server_name_is_checked_in_place_of_the_host()
    {
        await using MosquittoServer broker = await StartAsync(requiresClientCertificate: false);
        MqttClientOptions options = Options(broker.TlsUrl) with
        {
            Tls = new MqttTlsOptions { CaFile = _certificates.CaFile, ServerName = "broker.plant" },
        };
        Assert.Equal(MqttCauseKind.Tls, (await RefusalAsync(options)).Cause.Kind);
        await using MqttClient client = await ConnectAsync(options with
        {
            Tls = new MqttTlsOptions { CaFile = _certificates.CaFile, ServerName = "localhost" },
        });
    }

    [SkippableFact]
    public async Task Authority_nobody_named_is_refused_and_a_person_is_asked()
    {
        await using MosquittoServer broker = await StartAsync(requiresClientCertificate: false);
        MqttConnectionState.Refused other = await RefusalAsync(Options(broker.TlsUrl) with
        {
            Tls = new MqttTlsOptions { CaFile = _certificates.OtherCaFile },
        });
        Assert.Equal(MqttCauseKind.Tls, other.Cause.Kind);

        // The system does not know the test's authority either.
        Assert.Equal(MqttCauseKind.Tls, (await RefusalAsync(Options(broker.TlsUrl))).Cause.Kind);
    }

    [SkippableFact]
    public async Task Missing_client_certificate_never_connects()
    {
        await using MosquittoServer broker = await StartAsync(requiresClientCertificate: true);
        await using MqttClient client = Client(Options(broker.TlsUrl) with
        {
            Tls = new MqttTlsOptions { CaFile = _certificates.CaFile },
        });
        Task<MqttConnectionState> refusing = client.UntilAsync<MqttConnectionState>(
            state => state is MqttConnectionState.Refused or MqttConnectionState.Reconnecting);
        client.Start();
        await refusing;
        Assert.Equal(0, client.Counters.Connections);
    }

    [Fact]
    public void Validate_names_missing_files_and_half_a_certificate()
    {
        MqttClientOptions options = Options(new Uri("mqtts://localhost")) with
        {
            Tls = new MqttTlsOptions { CaFile = _folder["none.pem"], CertificateFile = _certificates.ClientFile },
        };
        Assert.Equal(["tls.ca", "tls"], options.Validate().Select(problem => problem.Path));
    }

    private static async Task<MqttConnectionState.Refused> RefusalAsync(MqttClientOptions options)
    {
        await using MqttClient client = Client(options);
        Task<MqttConnectionState.Refused> refusing = client.UntilAsync<MqttConnectionState.Refused>();
        client.Start();
        return await refusing;
    }

    private Task<MosquittoServer> StartAsync(bool requiresClientCertificate) => BrokerAsync(new MosquittoSettings
    {
        Tls = new MosquittoTls(
            _certificates.CaFile, _certificates.ServerFile, _certificates.ServerKeyFile, requiresClientCertificate),
    });
}
