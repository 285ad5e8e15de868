using Fabric.Kafka.Broker;
using Fabric.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Kafka.Tests.Broker;

/// <summary>A broker on a free port of this machine, on a folder of its own.</summary>
internal sealed class BrokerFixture : IAsyncDisposable
{
    private readonly TempFolder _folder;

    private BrokerFixture(TempFolder folder, EmbeddedBroker broker, EmbeddedBrokerOptions options)
    {
        _folder = folder;
        Broker = broker;
        Options = options;
    }

    public EmbeddedBroker Broker { get; private set; }

    public EmbeddedBrokerOptions Options { get; }

    public string Bootstrap => Broker.BootstrapServers;

    public static async Task<BrokerFixture> StartAsync(
        Func<EmbeddedBrokerOptions, EmbeddedBrokerOptions>? change = null, TimeProvider? clock = null)
    {
        var folder = new TempFolder();
        var options = new EmbeddedBrokerOptions { DataDirectory = folder["data"], Listen = "127.0.0.1:0" };
        options = change?.Invoke(options) ?? options;
        return new BrokerFixture(folder, await StartAsync(options, clock ?? TimeProvider.System), options);
    }

    public RawClient Connect() => RawClient.Connect(Broker.Address);

    public async Task RestartAsync()
    {
        await Broker.DisposeAsync();
        Broker = await StartAsync(Options with { Listen = $"127.0.0.1:{Broker.Address.Port}" }, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await Broker.DisposeAsync();
        _folder.Dispose();
    }

    private static Task<EmbeddedBroker> StartAsync(EmbeddedBrokerOptions options, TimeProvider clock) =>
        EmbeddedBroker.StartAsync(options, NullLoggerFactory.Instance, clock, CancellationToken.None);
}
