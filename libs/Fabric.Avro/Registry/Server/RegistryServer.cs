using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fabric.Avro.Registry.Server;

/// <summary>
/// A schema registry with Confluent's REST interface, for Avro, over the compacted <c>_schemas</c> topic. Any client of that
/// registry can use it; what it leaves out is in docs/formats/schema-registry.md.
/// </summary>
public sealed class RegistryServer : IAsyncDisposable
{
    private const int BodyBytesMax = 4 * 1024 * 1024;

    private readonly WebApplication _web;
    private readonly RegistryService _service;

    private RegistryServer(WebApplication web, RegistryService service, Uri address)
    {
        _web = web;
        _service = service;
        Address = address;
    }

    /// <summary>Where it listens; with port 0 asked for, the port the system picked.</summary>
    public Uri Address { get; }

    /// <summary>Claims the log, reads it and listens.</summary>
    /// <param name="listen">E.g. <c>http://127.0.0.1:8081</c>; port 0 lets the system pick.</param>
    /// <param name="defaultLevel">The level of subjects while nobody set a global one.</param>
    /// <exception cref="RegistryException">The log cannot be read, or the address cannot be listened on.</exception>
    public static async Task<RegistryServer> StartAsync(
        ISchemaLog log, Uri listen, CompatibilityLevel defaultLevel, ILoggerFactory logs, CancellationToken cancellationToken)
    {
        var service = new RegistryService(log, defaultLevel);
        await service.OpenAsync(cancellationToken).ConfigureAwait(false);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(listen.ToString());
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyBytesMax;
        });
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(logs);
        WebApplication web = builder.Build();
        new RegistryEndpoints(service).Map(web);
        try
        {
            await web.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw new RegistryException(
                RegistryCode.Unavailable, $"The registry cannot listen: {exception.Message}", listen.ToString(),
                innerException: exception);
        }

        string address = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new RegistryServer(web, service, new Uri(address));
    }

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync().ConfigureAwait(false);
        _service.Dispose();
    }
}
