using System.Globalization;
using System.Net;
using Fabric.Kafka.Broker.Configs;

namespace Fabric.Kafka.Broker;

/// <summary>How an embedded broker is started.</summary>
public sealed record EmbeddedBrokerOptions
{
    /// <summary>Folder of its own; made when missing, held by one broker at a time.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Address and port to listen on; port 0 takes a free one. Default: this machine alone, Kafka's port.</summary>
    public string Listen { get; init; } = "127.0.0.1:9092";

    /// <summary>Host that clients are told to connect to; null for the one listened on (the machine's name for 0.0.0.0 and [::]).</summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>Port that clients are told to connect to (1 to 65535); null for the one listened on.</summary>
    public int? AdvertisedPort { get; init; }

    /// <summary>Partitions of a topic that says nothing (1 to 10,000; default 1).</summary>
    public int DefaultPartitions { get; init; } = 1;

    /// <summary>A topic somebody asks for is made (Kafka's <c>auto.create.topics.enable</c>; default true).</summary>
    public bool AutoCreateTopics { get; init; } = true;

    /// <summary>When appends are forced to the disk. Default: before they are acknowledged.</summary>
    public FsyncPolicy Fsync { get; init; } = FsyncPolicy.Always;

    /// <summary>With <see cref="FsyncPolicy.Interval"/>: how often (1 ms to 1 h; default 1 s).</summary>
    public TimeSpan FsyncInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often old segments are looked for (10 ms to 1 day; default 5 min), the first time 30 s after the start.</summary>
    public TimeSpan RetentionCheckInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often compaction is considered (10 ms to 1 day; default 15 s, Kafka's <c>log.cleaner.backoff.ms</c>).</summary>
    public TimeSpan CompactionCheckInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Broker settings that topics fall back to, by Kafka's names, e.g. <c>log.retention.ms</c>.</summary>
    public IReadOnlyDictionary<string, string> TopicDefaults { get; init; } = new Dictionary<string, string>();

    /// <summary>Null for plain connections.</summary>
    public BrokerTls? Tls { get; init; }

    /// <summary>Password by user for SASL/PLAIN; empty when nobody has to log in.</summary>
    public IReadOnlyDictionary<string, string> SaslUsers { get; init; } = new Dictionary<string, string>();

    public BrokerLimits Limits { get; init; } = new();

    /// <summary>Checks everything and resolves what to listen on.</summary>
    /// <exception cref="KafkaException">Code <c>BROKER_OPTIONS</c>, with every problem on a line.</exception>
    internal IPEndPoint Validate()
    {
        List<string> problems = [.. Problems(), .. Limits.Problems()];
        if (!TryResolve(Listen, out IPEndPoint? address))
        {
            problems.Add($"{nameof(Listen)} must be address:port, such as 127.0.0.1:9092 or [::]:9092, found '{Listen}'");
        }

        return problems.Count == 0
            ? address!
            : throw new KafkaException("BROKER_OPTIONS", "The broker's options are wrong: " + string.Join("; ", problems));
    }

    /// <summary>The host clients are told, when listening on that address.</summary>
    internal string AdvertisedHostFor(IPEndPoint address) => AdvertisedHost
        ?? (address.Address.Equals(IPAddress.Any) || address.Address.Equals(IPAddress.IPv6Any)
            ? Dns.GetHostName()
            : address.Address.ToString());

    private static bool TryResolve(string listen, out IPEndPoint? address)
    {
        const string localhost = "localhost:";
        string numeric = listen.StartsWith(localhost, StringComparison.Ordinal) ? "127.0.0.1:" + listen[localhost.Length..] : listen;
        return IPEndPoint.TryParse(numeric, out address) && numeric.LastIndexOf(':') > numeric.LastIndexOf(']');
    }

    private IEnumerable<string> Problems()
    {
        if (string.IsNullOrWhiteSpace(DataDirectory))
        {
            yield return $"{nameof(DataDirectory)} must name a folder";
        }

        if (AdvertisedPort is < 1 or > ushort.MaxValue)
        {
            yield return $"{nameof(AdvertisedPort)} must be between 1 and 65535, found {AdvertisedPort}";
        }

        if (DefaultPartitions is < 1 or > 10_000)
        {
            yield return $"{nameof(DefaultPartitions)} must be between 1 and 10000, found {DefaultPartitions}";
        }

        if (FsyncInterval < TimeSpan.FromMilliseconds(1) || FsyncInterval > TimeSpan.FromHours(1))
        {
            yield return $"{nameof(FsyncInterval)} must be between 1 ms and 1 h, found {FsyncInterval}";
        }

        if (RetentionCheckInterval < TimeSpan.FromMilliseconds(10) || RetentionCheckInterval > TimeSpan.FromDays(1))
        {
            yield return $"{nameof(RetentionCheckInterval)} must be between 10 ms and 1 day, found {RetentionCheckInterval}";
        }

        if (CompactionCheckInterval < TimeSpan.FromMilliseconds(10) || CompactionCheckInterval > TimeSpan.FromDays(1))
        {
            yield return $"{nameof(CompactionCheckInterval)} must be between 10 ms and 1 day, found {CompactionCheckInterval}";
        }

        if (Tls is { RequireClientCertificate: true, ClientCaFile: null })
        {
            yield return $"{nameof(BrokerTls.RequireClientCertificate)} needs {nameof(BrokerTls.ClientCaFile)}";
        }

        if (new BrokerConfigs(new Dictionary<string, string>()).Problem(TopicDefaults) is { } problem)
        {
            yield return $"{nameof(TopicDefaults)}: {problem}";
        }
    }

    /// <summary>What DescribeConfigs shows of these options.</summary>
    internal IReadOnlyList<ConfigKey> ReadOnlyConfigs(int nodeId, string host, int port) =>
    [
        ReadOnly("advertised.listeners", ConfigType.String, $"{Protocol}://{host}:{port}", "Where clients are told to connect to."),
        ReadOnly("auto.create.topics.enable", ConfigType.Boolean, AutoCreateTopics ? "true" : "false", "Topics asked for are made."),
        ReadOnly("broker.id", ConfigType.Int, Text(nodeId), "This node."),
        ReadOnly("connections.max.idle.ms", ConfigType.Long, Text((long)Limits.IdleTime.TotalMilliseconds), "Idle connections are closed."),
        ReadOnly("default.replication.factor", ConfigType.Int, "1", "There is one node."),
        ReadOnly("delete.topic.enable", ConfigType.Boolean, "true", "Topics can be deleted."),
        ReadOnly("fetch.max.bytes", ConfigType.Int, Text(Limits.FetchBytesMax), "Largest fetch response."),
        ReadOnly("log.cleaner.backoff.ms", ConfigType.Long, Text((long)CompactionCheckInterval.TotalMilliseconds), "How often compaction is considered."),
        ReadOnly("log.retention.check.interval.ms", ConfigType.Long, Text((long)RetentionCheckInterval.TotalMilliseconds), "How often old segments are looked for."),
        ReadOnly("max.connections", ConfigType.Int, Text(Limits.ConnectionsMax), "Connections open at once."),
        ReadOnly("node.id", ConfigType.Int, Text(nodeId), "This node."),
        ReadOnly("num.partitions", ConfigType.Int, Text(DefaultPartitions), "Partitions of a topic that says nothing."),
        ReadOnly("queued.max.request.bytes", ConfigType.Long, Text(Limits.QueuedRequestBytesMax), "Requests held in memory."),
        ReadOnly("socket.request.max.bytes", ConfigType.Int, Text(Limits.RequestBytesMax), "Largest request accepted."),
    ];

    private string Protocol => (Tls is null ? SaslUsers.Count > 0 ? "SASL_PLAINTEXT" : "PLAINTEXT" : SaslUsers.Count > 0 ? "SASL_SSL" : "SSL");

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static ConfigKey ReadOnly(string name, ConfigType type, string value, string documentation) =>
        new(name, type, value, documentation);
}
