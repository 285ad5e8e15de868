using Fabric.Kafka.Broker;
using Fabric.Kafka.Clients;
using Fabric.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Lakehouse.Tests.World;

/// <summary>One embedded broker for the classes of a collection; tests keep apart by the names of their fabrics.</summary>
public sealed class BrokerFixture : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private EmbeddedBroker? _broker;
    private int _fabrics;

    public string Bootstrap => _broker!.BootstrapServers;

    /// <summary>A name that no other test has.</summary>
    public string NextFabric() => $"f{Interlocked.Increment(ref _fabrics)}";

    public IKafkaClients Clients(IReadOnlyDictionary<string, string>? settings = null) =>
        new ConfluentKafkaClients(Bootstrap, settings, TimeProvider.System, NullLoggerFactory.Instance);

    public async Task InitializeAsync() => _broker = await EmbeddedBroker.StartAsync(
        new EmbeddedBrokerOptions { DataDirectory = _folder["broker"], Listen = "127.0.0.1:0", AutoCreateTopics = false },
        NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);

    public async Task DisposeAsync()
    {
        await _broker!.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>Tests that share one broker, one after another: the machine is small.</summary>
[CollectionDefinition("broker")]
public sealed class BrokerCollection : ICollectionFixture<BrokerFixture>;
