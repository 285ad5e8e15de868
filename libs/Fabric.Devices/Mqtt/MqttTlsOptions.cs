using Fabric.Core.Options;

namespace Fabric.Devices.Mqtt;

/// <summary>How the broker is trusted and how we prove who we are. All files are PEM. There is no switch that turns checking off.</summary>
public sealed record MqttTlsOptions
{
    /// <summary>Certificates of the authorities to trust instead of the system's. Null: the system's trust.</summary>
    public string? CaFile { get; init; }

    /// <summary>Our certificate, with <see cref="KeyFile"/>, for brokers that ask for one; may hold the chain.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The private key of <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Opens <see cref="KeyFile"/> when it is encrypted.</summary>
    public Secret? KeyPassword { get; init; }

    /// <summary>The name in the broker's certificate, when it is not the URL's host.</summary>
    public string? ServerName { get; init; }

    internal void Validate(List<ValueProblem> problems)
    {
        Exists(problems, "tls.ca", CaFile);
        Exists(problems, "tls.certificate", CertificateFile);
        Exists(problems, "tls.key", KeyFile);
        if (CertificateFile is null != KeyFile is null)
        {
            problems.Add(new("tls", "a client certificate needs both certificate and key"));
        }
    }

    private static void Exists(List<ValueProblem> problems, string path, string? file)
    {
        if (file is not null && !File.Exists(file))
        {
            problems.Add(new(path, $"the file '{file}' does not exist"));
        }
    }
}
