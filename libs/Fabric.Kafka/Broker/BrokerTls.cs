namespace Fabric.Kafka.Broker;

/// <summary>The broker speaks TLS (1.2 and later) on its listener.</summary>
public sealed record BrokerTls
{
    /// <summary>PEM file with the broker's certificate, and after it those between it and its root.</summary>
    public required string CertificateFile { get; init; }

    /// <summary>PEM file with the private key, unencrypted.</summary>
    public required string KeyFile { get; init; }

    /// <summary>PEM file with the roots that clients' certificates must lead to; null when clients are not asked for one.</summary>
    public string? ClientCaFile { get; init; }

    /// <summary>A client without a certificate is refused; needs <see cref="ClientCaFile"/>. Default false.</summary>
    public bool RequireClientCertificate { get; init; }
}
