using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Runtime;

/// <summary>Serves <c>/healthz</c> (200 when every component works, else 503) and <c>/metrics</c> (Prometheus text format 0.0.4).</summary>
internal sealed class ConsoleServer : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly MetricsText _metrics;

    private ConsoleServer(WebApplication web, MetricsText metrics)
    {
        _web = web;
        _metrics = metrics;
    }

    public static async Task<ConsoleServer> StartAsync(Uri address, StatusBoard status, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(address.ToString());
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Logging.ClearProviders();
        WebApplication web = builder.Build();
        var metrics = new MetricsText();
        web.MapGet("/healthz", () => Results.Text(
            HealthJson(status).ToJsonString(), "application/json", Encoding.UTF8, status.IsHealthy ? 200 : 503));
        web.MapGet("/metrics", () => Results.Text(metrics.Write(), "text/plain; version=0.0.4", Encoding.UTF8));
        try
        {
            await web.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw new HostException(
                "CONSOLE_PORT_TAKEN", $"The console cannot listen ({exception.Message}); change console in the configuration",
                address.ToString(), innerException: exception);
        }

        return new ConsoleServer(web, metrics);
    }

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync().ConfigureAwait(false);
        _metrics.Dispose();
    }

    private static JsonObject HealthJson(StatusBoard status) => new()
    {
        ["healthy"] = status.IsHealthy,
        ["components"] = new JsonArray([.. status.Components.Select(component => (JsonNode)new JsonObject
        {
            ["name"] = component.Name, ["state"] = component.State.ToString().ToUpperInvariant(), ["cause"] = component.Cause,
            ["since"] = component.Since.ToString("O", CultureInfo.InvariantCulture), ["nextAction"] = component.NextAction,
        })]),
    };
}
