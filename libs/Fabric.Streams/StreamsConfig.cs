namespace Fabric.Streams;

/// <summary>How a topology runs.</summary>
public sealed record StreamsConfig
{
    /// <summary>Names group, state and the topology's own topics. The same in all instances, and never changed.</summary>
    public required string ApplicationId { get; init; }

    /// <summary>Names this instance. The same after a restart, and no two at once: a second one fences the first.</summary>
    public required string NodeId { get; init; }

    /// <summary>Where records go that cannot be processed.</summary>
    public required IQuarantine Quarantine { get; init; }

    /// <summary>Threads per sub-topology, each with a consumer, a producer and its transaction. At least 1; default 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>How long results wait for their transaction to be committed. At least 1 ms; default 100 ms.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Input records after which a transaction is committed early. Default 50,000.</summary>
    public int CommitRecordsMax { get; init; } = 50_000;

    /// <summary>Records taken per poll. Default 2,000.</summary>
    public int PollRecordsMax { get; init; } = 2_000;

    /// <summary>Records held per partition before it is paused. Default 10,000.</summary>
    public int BufferedRecordsMax { get; init; } = 10_000;

    /// <summary>
    /// Largest record produced, with its overhead. Below the topics' <c>max.message.bytes</c> and the client's
    /// <c>message.max.bytes</c>. Default 900,000 bytes.
    /// </summary>
    public int RecordBytesMax { get; init; } = 900_000;

    /// <summary>How long a task with several inputs waits for one that is empty and not at its end. Default 1 s.</summary>
    public TimeSpan TaskIdleMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long one turn of a thread may take before it is reported as stalled. Default 30 s.</summary>
    public TimeSpan StepMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a request to Kafka may take before the thread opens its clients anew. Default 30 s.</summary>
    public TimeSpan RequestMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>First and longest wait before clients are opened anew. Default 200 ms and 10 s.</summary>
    public TimeSpan RebuildBackoffMin { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan RebuildBackoffMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long leaving the group may take. Default 5 s.</summary>
    public TimeSpan CloseMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Copies of the topology's own topics. Default 1.</summary>
    public short ReplicationFactor { get; init; } = 1;

    /// <exception cref="ArgumentException">Every setting that is out of range, together.</exception>
    internal void Validate()
    {
        List<string> problems = [];
        void Require(bool holds, string problem)
        {
            if (!holds)
            {
                problems.Add(problem);
            }
        }

        Require(!string.IsNullOrWhiteSpace(ApplicationId), $"{nameof(ApplicationId)} must not be empty");
        Require(!string.IsNullOrWhiteSpace(NodeId), $"{nameof(NodeId)} must not be empty");
        Require(Threads >= 1, $"{nameof(Threads)} must be at least 1, is {Threads}");
        Require(CommitInterval >= TimeSpan.FromMilliseconds(1), $"{nameof(CommitInterval)} must be at least 1 ms, is {CommitInterval}");
        Require(CommitRecordsMax >= 1, $"{nameof(CommitRecordsMax)} must be at least 1, is {CommitRecordsMax}");
        Require(PollRecordsMax >= 1, $"{nameof(PollRecordsMax)} must be at least 1, is {PollRecordsMax}");
        Require(BufferedRecordsMax >= 1, $"{nameof(BufferedRecordsMax)} must be at least 1, is {BufferedRecordsMax}");
        Require(RecordBytesMax >= 1_000, $"{nameof(RecordBytesMax)} must be at least 1,000, is {RecordBytesMax}");
        Require(
            RebuildBackoffMin > TimeSpan.Zero && RebuildBackoffMax >= RebuildBackoffMin,
            $"{nameof(RebuildBackoffMin)} must be positive and at most {nameof(RebuildBackoffMax)}");
        Require(ReplicationFactor >= 1, $"{nameof(ReplicationFactor)} must be at least 1, is {ReplicationFactor}");
        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", problems));
        }
    }
}
