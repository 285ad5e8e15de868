using Fabric.Core;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Broker;

/// <summary>What handlers and coordinators may ask of the core. Everything here runs on the loop.</summary>
internal interface IBrokerContext
{
    TimeProvider Clock { get; }

    /// <summary>The time of the current step in milliseconds of Unix time.</summary>
    long NowMs { get; }

    Random Random { get; }

    IIdSource Ids { get; }

    /// <summary>This node's id: always the only one, and the leader of everything.</summary>
    int NodeId { get; }

    /// <summary>The address clients are told to use.</summary>
    string AdvertisedHost { get; }

    /// <summary>The port clients are told to use.</summary>
    int AdvertisedPort { get; }

    bool TryGetLog(string topic, int partition, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PartitionLog? log);

    /// <summary>A coordinator's own log, made when missing: one partition, not a topic clients can see.</summary>
    PartitionLog InternalLog(string name, LogConfig config);

    /// <summary>
    /// Calls <paramref name="then"/> on the loop once everything before <paramref name="endOffset"/> is durable (None), or
    /// when that has become impossible (KafkaStorageError). Never calls it before this returns.
    /// </summary>
    void WhenDurable(PartitionLog log, long endOffset, Action<ErrorCode> then);

    /// <summary>Something was appended or the stable offset moved: the log is flushed and waiting fetches are looked at.</summary>
    void LogAdvanced(PartitionLog log);

    /// <summary>Runs the action on the loop at that time (milliseconds of Unix time), or in the next step if it has passed.</summary>
    void ScheduleAt(long whenMs, Action action);
}
