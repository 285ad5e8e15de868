using Fabric.Streams.Runtime;
using Microsoft.Extensions.Logging;

namespace Fabric.Streams.Tasks;

/// <summary>What a task shares with the others of its thread.</summary>
internal sealed class TaskSurroundings
{
    public required string ApplicationId { get; init; }

    /// <summary>The open transaction.</summary>
    public required IRecordSink Sink { get; init; }

    public required Func<string, int> PartitionCount { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public required Func<long> WallClockMs { get; init; }

    public required State.GlobalStores Globals { get; init; }

    public required IQuarantine Quarantine { get; init; }

    public required ILogger Logger { get; init; }

    public required StreamsMetrics Metrics { get; init; }

    public required int RecordBytesMax { get; init; }

    /// <summary>How long a task waits for an empty partition before it goes on with the others.</summary>
    public required long TaskIdleMaxMs { get; init; }
}
