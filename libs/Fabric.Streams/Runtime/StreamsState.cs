namespace Fabric.Streams;

/// <summary>How a topology is doing, as in Kafka Streams.</summary>
public enum StreamsState
{
    Created,

    /// <summary>Some thread is joining, restoring state, or opening its clients anew.</summary>
    Rebalancing,

    /// <summary>All threads process.</summary>
    Running,

    /// <summary>Asked to stop, and finishing.</summary>
    PendingShutdown,

    NotRunning,

    /// <summary>A thread has given up; the others go on. Somebody must act on the cause.</summary>
    Error,
}

/// <summary>How one thread is doing.</summary>
public enum StreamThreadState
{
    /// <summary>Opening clients and joining the group.</summary>
    Starting,

    /// <summary>Reading state back.</summary>
    Restoring,

    Running,

    /// <summary>Something failed; clients are opened anew after a wait.</summary>
    Rebuilding,

    /// <summary>One turn takes longer than allowed.</summary>
    Stalled,

    Stopped,

    /// <summary>Given up for good.</summary>
    Failed,
}

/// <summary>A change of state, with its cause.</summary>
public sealed record StreamsStateChange(StreamsState Before, StreamsState Now, string Cause, DateTimeOffset At);

/// <param name="Name">Stable per sub-topology and thread.</param>
/// <param name="Cause">Why it is in this state; empty while it runs.</param>
/// <param name="Tasks">What it works on.</param>
public sealed record StreamThreadStatus(
    string Name, StreamThreadState State, string Cause, DateTimeOffset Since, IReadOnlyList<TaskId> Tasks);
