namespace Fabric.Kafka.Groups;

/// <summary>Limits and times of the group coordinator; the names of Kafka's own settings are in the remarks of each.</summary>
internal sealed record GroupOptions
{
    /// <summary>How long the first rebalance of an empty group waits for more members. Default 0.</summary>
    /// <remarks><c>group.initial.rebalance.delay.ms</c>; Kafka's 3 s pays off only when a fleet starts at once.</remarks>
    public TimeSpan InitialRebalanceDelay { get; init; } = TimeSpan.Zero;

    /// <summary>Shortest session timeout a member may ask for. Default 6 s.</summary>
    /// <remarks><c>group.min.session.timeout.ms</c></remarks>
    public TimeSpan SessionTimeoutMin { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>Longest session timeout a member may ask for. Default 30 minutes.</summary>
    /// <remarks><c>group.max.session.timeout.ms</c></remarks>
    public TimeSpan SessionTimeoutMax { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Most members of one group. Default 1,000.</summary>
    /// <remarks><c>group.max.size</c>; Kafka sets no limit.</remarks>
    public int MembersMax { get; init; } = 1_000;

    /// <summary>How long a new member's join may stay unanswered before it is given up. Default 5 minutes.</summary>
    public TimeSpan NewMemberJoinTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long offsets stay after their group became empty. Default 7 days.</summary>
    /// <remarks><c>offsets.retention.minutes</c></remarks>
    public TimeSpan OffsetsRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How often expired offsets and groups are looked for. Default 10 minutes.</summary>
    /// <remarks><c>offsets.retention.check.interval.ms</c></remarks>
    public TimeSpan ExpiryCheckInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Most characters of metadata with one committed offset. Default 4,096.</summary>
    /// <remarks><c>offset.metadata.max.bytes</c></remarks>
    public int OffsetMetadataMax { get; init; } = 4_096;
}
