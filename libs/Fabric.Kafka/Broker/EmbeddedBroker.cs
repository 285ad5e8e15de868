using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fabric.Core;
using Fabric.Kafka.Api;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Server;
using Fabric.Kafka.Transactions;
using Microsoft.Extensions.Logging;

namespace Fabric.Kafka.Broker;

/// <summary>
/// A Kafka broker in this process: one node, durable, for every Kafka client. What of Kafka's protocol it speaks is in
/// <c>docs/formats/kafka.md</c>.
/// </summary>
/// <remarks>Thread-safe. Dispose it to stop: connections are closed, everything is flushed, the data directory is let go.</remarks>
public sealed partial class EmbeddedBroker : IAsyncDisposable
{
    private const int NodeId = 1;

    private readonly DataDirectory _directory;
    private readonly BrokerCore _core;
    private readonly LoopThread _loop;
    private readonly BrokerServer _server;
    private readonly ConnectionSecurity _security;
    private readonly ThreadLogCompactor _compactor;
    private readonly BrokerMetrics _metrics;
    private readonly ILogger _log;
    private int _isDisposed;

    private EmbeddedBroker(
        DataDirectory directory, BrokerCore core, LoopThread loop, BrokerServer server, ConnectionSecurity security,
        ThreadLogCompactor compactor, BrokerMetrics metrics, ILogger log)
    {
        _directory = directory;
        _core = core;
        _loop = loop;
        _server = server;
        _security = security;
        _compactor = compactor;
        _metrics = metrics;
        _log = log;
        Address = server.Address;
        BootstrapServers = string.Create(CultureInfo.InvariantCulture, $"{HostForUri(core.AdvertisedHost)}:{core.AdvertisedPort}");
    }

    /// <summary>What clients are configured with: <c>host:port</c>.</summary>
    public string BootstrapServers { get; }

    /// <summary>The address listened on, with the port chosen when 0 was asked for.</summary>
    public IPEndPoint Address { get; }

    /// <summary>Kafka's cluster id: drawn when the data directory was made.</summary>
    public string ClusterId => _core.ClusterId;

    /// <summary>Opens the data directory, recovers what a crash left, and serves.</summary>
    /// <exception cref="KafkaException">
    /// <c>BROKER_OPTIONS</c> (every problem named), <c>DATA_DIRECTORY_IN_USE</c>, <c>DATA_DIRECTORY_FORMAT</c>,
    /// <c>DATA_DIRECTORY_UNUSABLE</c>, <c>CATALOG_MISSING</c>, <c>CATALOG_UNREADABLE</c>, <c>PARTITION_MISSING</c>,
    /// <c>LOG_STORAGE</c>, <c>TLS_CERTIFICATE_UNREADABLE</c>, <c>LISTEN_FAILED</c>.
    /// </exception>
    public static Task<EmbeddedBroker> StartAsync(
        EmbeddedBrokerOptions options, ILoggerFactory log, TimeProvider clock, CancellationToken cancellationToken)
    {
        IPEndPoint listen = options.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        // Recovery reads the disk: not on the caller's thread.
        return Task.Run(() => Start(options, listen, log.CreateLogger("Fabric.Kafka"), clock), cancellationToken);
    }

    /// <summary>Stops serving, flushes, closes. Requests under way are not answered; what was acknowledged is durable.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _server.DisposeAsync().ConfigureAwait(false);

        // The last connection may have ended within a step of the loop, on whose thread this would go on: waiting for the loop to
        // be free would then be for ever.
        await Task.Yield();
        _compactor.Dispose(); // its last group still goes through the loop
        _loop.Dispose();
        _core.Dispose();
        _security.Dispose();
        _metrics.Dispose();
        _directory.Dispose();
        LogStopped(_log, BootstrapServers);
    }

    private static EmbeddedBroker Start(EmbeddedBrokerOptions options, IPEndPoint listen, ILogger log, TimeProvider clock)
    {
        var ids = new SystemIdSource(clock);
        var opened = new Stack<IDisposable>();
        try
        {
            var metrics = Push(opened, new BrokerMetrics());
            DataDirectory directory = Push(opened, DataDirectory.Open(options.DataDirectory, ids));
            ConnectionSecurity security = Push(opened, new ConnectionSecurity(options.Tls, options.Limits.HandshakeTime, clock));
            var compactor = Push(opened, new ThreadLogCompactor(log));
            var core = Push(opened, new BrokerCore(
                Settings(options, listen), directory, new ThreadLogFlusher(), compactor, metrics, clock, new Random(), ids, log));
            ApiTable table = BrokerApis.Open(core, new GroupOptions(), new TransactionOptions(), log);
            var outbox = new ResponseOutbox();
            var loop = Push(opened, new LoopThread(core, outbox));
            BrokerServer server = Listen(options, listen, core, table, outbox, security, log);
            core.AdvertisedPort = options.AdvertisedPort ?? server.Address.Port;
            core.Configs.ReadOnly = options.ReadOnlyConfigs(NodeId, core.AdvertisedHost, core.AdvertisedPort);
            loop.Start();
            server.Start();
            var broker = new EmbeddedBroker(directory, core, loop, server, security, compactor, metrics, log);
            LogStarted(log, broker.BootstrapServers, directory.Path, options.Fsync);
            return broker;
        }
        catch
        {
            while (opened.TryPop(out IDisposable? last))
            {
                last.Dispose();
            }

            throw;
        }
    }

    private static BrokerServer Listen(
        EmbeddedBrokerOptions options, IPEndPoint listen, BrokerCore core, ApiTable table, ResponseOutbox outbox,
        ConnectionSecurity security, ILogger log)
    {
        var environment = new ConnectionEnvironment(
            core.Clock, options.Limits, new RequestMemory(options.Limits.QueuedRequestBytesMax),
            new RequestDispatcher(table, core.Post, outbox), security, options.SaslUsers,
            pending => core.Post(() => Abandon(pending)));
        try
        {
            return new BrokerServer(listen, environment, core.Metrics, log);
        }
        catch (SocketException exception)
        {
            throw new KafkaException(
                "LISTEN_FAILED", $"The broker cannot listen: {exception.Message}. Choose another address or port, or stop who has it",
                listen.ToString(), innerException: exception);
        }
    }

    private static void Abandon(PendingResponse pending)
    {
        if (pending.Context is { } context)
        {
            context.IsConnectionClosed = true;
            context.WhenConnectionCloses?.Invoke();
        }
    }

    private static BrokerCoreSettings Settings(EmbeddedBrokerOptions options, IPEndPoint listen) => new()
    {
        NodeId = NodeId,
        AdvertisedHost = options.AdvertisedHostFor(listen),
        DefaultPartitions = options.DefaultPartitions,
        AutoCreateTopics = options.AutoCreateTopics,
        Fsync = options.Fsync,
        FsyncInterval = options.FsyncInterval,
        RetentionCheckInterval = options.RetentionCheckInterval,
        CompactionCheckInterval = options.CompactionCheckInterval,
        Limits = options.Limits,
        TopicDefaults = options.TopicDefaults,
    };

    private static string HostForUri(string host) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;

    private static T Push<T>(Stack<IDisposable> opened, T one)
        where T : IDisposable
    {
        opened.Push(one);
        return one;
    }

    [LoggerMessage(151, LogLevel.Information, "Serving Kafka on {Bootstrap} from {Folder}, fsync {Fsync}")]
    private static partial void LogStarted(ILogger log, string bootstrap, string folder, FsyncPolicy fsync);

    [LoggerMessage(152, LogLevel.Information, "Stopped serving Kafka on {Bootstrap}")]
    private static partial void LogStopped(ILogger log, string bootstrap);
}
