namespace Fabric.Kafka.Broker;

/// <summary>When what was appended is forced to the disk.</summary>
public enum FsyncPolicy
{
    /// <summary>
    /// Before <c>acks=all</c> is answered and before a consumer sees it; all who wait share one fsync. Survives power loss.
    /// </summary>
    Always,

    /// <summary>Every so often, as Kafka can be told to. Survives a killed process; a power cut takes what was not yet flushed.</summary>
    Interval,

    /// <summary>When the operating system sees fit, at the latest after a minute. Survives a killed process, not a power cut.</summary>
    OperatingSystem,
}
