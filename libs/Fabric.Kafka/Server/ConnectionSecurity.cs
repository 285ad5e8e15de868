using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Fabric.Kafka.Broker;

namespace Fabric.Kafka.Server;

/// <summary>Turns an accepted socket into the stream requests are read from: plain, or TLS with the handshake done.</summary>
internal sealed class ConnectionSecurity : IDisposable
{
    private readonly X509Certificate2? _certificate;
    private readonly X509Certificate2Collection _clientRoots = [];
    private readonly SslStreamCertificateContext? _context;
    private readonly BrokerTls? _tls;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _handshakeTime;

    /// <exception cref="KafkaException">A certificate cannot be read.</exception>
    public ConnectionSecurity(BrokerTls? tls, TimeSpan handshakeTime, TimeProvider clock)
    {
        _tls = tls;
        _clock = clock;
        _handshakeTime = handshakeTime;
        if (tls is null)
        {
            return;
        }

        try
        {
            using X509Certificate2 read = X509Certificate2.CreateFromPemFile(tls.CertificateFile, tls.KeyFile);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(tls.CertificateFile);
            // A key straight from PEM is ephemeral, which not every TLS stack accepts: PKCS#12 makes it an ordinary one.
            _certificate = X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
            _context = SslStreamCertificateContext.Create(_certificate, chain, offline: true);
            if (tls.ClientCaFile is { } roots)
            {
                _clientRoots.ImportFromPemFile(roots);
            }
        }
        catch (Exception exception) when (exception is IOException or System.Security.Cryptography.CryptographicException
            or UnauthorizedAccessException)
        {
            throw new KafkaException(
                "TLS_CERTIFICATE_UNREADABLE",
                $"The broker's certificate cannot be used: {exception.Message} Check the PEM files of the TLS settings",
                tls.CertificateFile, innerException: exception);
        }
    }

    /// <summary>The stream, and the subject of the client's certificate when one was shown and trusted.</summary>
    public async Task<(Stream Stream, string? Principal)> OpenAsync(Socket socket, CancellationToken cancellationToken)
    {
        var plain = new NetworkStream(socket, ownsSocket: false);
        if (_tls is null)
        {
            return (plain, null);
        }

        var secure = new SslStream(plain, leaveInnerStreamOpen: false);
        try
        {
            using var timeout = new CancellationTokenSource(_handshakeTime, _clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            await secure.AuthenticateAsServerAsync(Options(), either.Token).ConfigureAwait(false);
            return (secure, secure.RemoteCertificate?.Subject);
        }
        catch
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public void Dispose()
    {
        _certificate?.Dispose();
        foreach (X509Certificate2 root in _clientRoots)
        {
            root.Dispose();
        }
    }

    private SslServerAuthenticationOptions Options() => new()
    {
        ServerCertificateContext = _context,
        ClientCertificateRequired = _tls!.ClientCaFile is not null,
        RemoteCertificateValidationCallback = _tls.ClientCaFile is null ? null : ValidateClient,
    };

    private bool ValidateClient(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
        {
            return !_tls!.RequireClientCertificate;
        }

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(_clientRoots);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.VerificationTime = _clock.GetUtcNow().UtcDateTime;
        own.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.2"));
        return own.Build(new X509Certificate2(certificate));
    }
}
