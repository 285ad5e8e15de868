using System.Globalization;

namespace Fabric.Kafka.Clients;

/// <summary>
/// librdkafka's settings for each kind of client: what the fabric's guarantees need is fixed, what is only a good default
/// may be overridden by the <c>kafka.client</c> map of the configuration.
/// </summary>
internal static class ClientSettings
{
    /// <summary>For producers that commit what they have just produced.</summary>
    public static readonly TimeSpan DefaultLinger = TimeSpan.FromMilliseconds(5);

    /// <summary>Settings that carry a guarantee. Overriding one is refused.</summary>
    private static readonly HashSet<string> Fixed = new(StringComparer.Ordinal)
    {
        "bootstrap.servers", "metadata.broker.list", "group.id", "group.instance.id", "transactional.id", "isolation.level",
        "enable.auto.commit", "auto.commit.enable", "enable.auto.offset.store", "enable.partition.eof", "auto.offset.reset",
        "partition.assignment.strategy", "acks", "request.required.acks", "enable.idempotence", "partitioner",
        "transaction.timeout.ms", "plugin.library.paths",
    };

    /// <exception cref="ArgumentException">A fixed setting is among them.</exception>
    public static void Check(IReadOnlyDictionary<string, string> overrides)
    {
        string[] refused = overrides.Keys.Where(Fixed.Contains).Order(StringComparer.Ordinal).ToArray();
        if (refused.Length > 0)
        {
            throw new ArgumentException(
                $"These client settings carry guarantees and cannot be set: {string.Join(", ", refused)}", nameof(overrides));
        }
    }

    public static Dictionary<string, string> ForConsumer(
        string bootstrap, IReadOnlyDictionary<string, string> overrides, string? groupId, string? instanceId)
    {
        Dictionary<string, string> settings = Shared(bootstrap);
        settings["fetch.wait.max.ms"] = "500";
        settings["fetch.error.backoff.ms"] = "50";
        // librdkafka reads ahead; its own default (64 MiB, 100,000 messages per partition) is more than an edge box can spare.
        settings["queued.min.messages"] = "20000";
        settings["queued.max.messages.kbytes"] = "16384";
        settings["heartbeat.interval.ms"] = "1500";
        settings["session.timeout.ms"] = "6000";
        settings["max.poll.interval.ms"] = "60000";
        // The records were checked on their way in; this is for the disk they lay on since.
        settings["check.crcs"] = "true";
        Override(settings, overrides);
        // Free reading needs a group id too (librdkafka insists), but no request ever carries this one.
        settings["group.id"] = groupId ?? "fabric-free-reading";
        if (instanceId is not null)
        {
            settings["group.instance.id"] = instanceId;
        }

        settings["isolation.level"] = "read_committed";
        settings["enable.auto.commit"] = "false";
        settings["enable.auto.offset.store"] = "false";
        settings["enable.partition.eof"] = "true";
        settings["auto.offset.reset"] = "earliest";
        settings["partition.assignment.strategy"] = "cooperative-sticky";
        return settings;
    }

    public static Dictionary<string, string> ForProducer(
        string bootstrap, IReadOnlyDictionary<string, string> overrides, string transactionalId, TimeSpan linger)
    {
        Dictionary<string, string> settings = Shared(bootstrap);
        settings["linger.ms"] = linger.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
        settings["queue.buffering.max.messages"] = "100000";
        settings["queue.buffering.max.kbytes"] = "65536";
        settings["retry.backoff.ms"] = "20";
        Override(settings, overrides);
        settings["transactional.id"] = transactionalId;
        settings["transaction.timeout.ms"] = "10000";
        settings["acks"] = "all";
        settings["partitioner"] = "murmur2_random";
        // A commit first waits for deliveries. Without reports, or with another thread taking them, librdkafka 2.0.2 learns
        // of them by looking every 10 ms (rd_kafka_flush): then every commit costs 10 ms or more. With reports, served by
        // the committing thread itself, the last one wakes it. A failed delivery fails the commit; no record has a handler.
        settings["dotnet.producer.enable.delivery.reports"] = "true";
        settings["dotnet.producer.delivery.report.fields"] = "none";
        settings["dotnet.producer.enable.background.poll"] = "false";
        return settings;
    }

    public static Dictionary<string, string> ForAdmin(string bootstrap, IReadOnlyDictionary<string, string> overrides)
    {
        Dictionary<string, string> settings = Shared(bootstrap);
        Override(settings, overrides);
        return settings;
    }

    private static Dictionary<string, string> Shared(string bootstrap) => new(StringComparer.Ordinal)
    {
        ["bootstrap.servers"] = bootstrap,
        ["client.id"] = "fabric",
        ["socket.nagle.disable"] = "true",
        ["socket.keepalive.enable"] = "true",
        ["reconnect.backoff.ms"] = "20",
        ["reconnect.backoff.max.ms"] = "1000",
        ["topic.metadata.refresh.fast.interval.ms"] = "50",
    };

    private static void Override(Dictionary<string, string> settings, IReadOnlyDictionary<string, string> overrides)
    {
        foreach ((string name, string value) in overrides)
        {
            settings[name] = value;
        }
    }
}
