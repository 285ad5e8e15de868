using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>A TCP connection to the broker, inside TLS when the URL says so. Failures are <see cref="DeviceException"/>s.</summary>
internal static class MqttTransport
{
    public const string NetworkCode = "MQTT_NETWORK";
    public const string TlsCode = "MQTT_TLS";

    public static async Task<(Stream Stream, Socket Socket)> ConnectAsync(
        MqttClientOptions options, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(new DnsEndPoint(options.Host, options.Port), cancellation).ConfigureAwait(false);
            stream = new NetworkStream(socket, ownsSocket: true);
            stream = options.UsesTls ? await SecureAsync(stream, options, cancellation).ConfigureAwait(false) : stream;
            return (stream, socket);
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            Close(socket, stream);
            throw new DeviceException(
                NetworkCode, $"Connecting to the broker failed: {failure.Message}", Where(options), isRetriable: true, failure);
        }
        catch (Exception failure) when (failure is AuthenticationException or CryptographicException)
        {
            Close(socket, stream);
            string detail = failure.InnerException is { } inner ? $"{failure.Message} ({inner.Message})" : failure.Message;
            throw new DeviceException(TlsCode, $"TLS with the broker failed: {detail}", Where(options), isRetriable: false, failure);
        }
        catch
        {
            Close(socket, stream);
            throw;
        }
    }

    private static string Where(MqttClientOptions options) => $"{options.Host}:{options.Port}";

    private static void Close(Socket socket, Stream? stream)
    {
        stream?.Dispose();
        socket.Dispose();
    }

    private static async Task<Stream> SecureAsync(Stream stream, MqttClientOptions options, CancellationToken cancellation)
    {
        MqttTlsOptions tls = options.Tls ?? new MqttTlsOptions();
        var settings = new SslClientAuthenticationOptions
        {
            TargetHost = tls.ServerName ?? options.Host,
            EnabledSslProtocols = SslProtocols.None,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (tls.CaFile is not null)
        {
            settings.CertificateChainPolicy = TrustOnly(tls.CaFile);
        }

        if (tls.CertificateFile is not null)
        {
            settings.ClientCertificateContext = LoadCertificate(tls);
        }

        var secure = new SslStream(stream);
        await secure.AuthenticateAsClientAsync(settings, cancellation).ConfigureAwait(false);
        return secure;
    }

    private static X509ChainPolicy TrustOnly(string caFile)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.ImportFromPemFile(caFile);
        return policy;
    }

    private static SslStreamCertificateContext LoadCertificate(MqttTlsOptions tls)
    {
        X509Certificate2 own = tls.KeyPassword is { } password
            ? X509Certificate2.CreateFromEncryptedPemFile(tls.CertificateFile!, password.Reveal(), tls.KeyFile)
            : X509Certificate2.CreateFromPemFile(tls.CertificateFile!, tls.KeyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(tls.CertificateFile!);
        return SslStreamCertificateContext.Create(own, chain, offline: true);
    }
}
