namespace Fabric.Devices.Mqtt;

/// <summary>Where an <see cref="MqttClient"/> stands; one record for each change.</summary>
/// <param name="At">When it changed.</param>
public abstract record MqttConnectionState(DateTimeOffset At)
{
    /// <summary>Rises by one with every change, so that an observer who was too slow sees that it missed some.</summary>
    public long Number { get; init; }

    /// <summary>Not started yet.</summary>
    public sealed record Idle(DateTimeOffset At) : MqttConnectionState(At);

    /// <summary>Trying.</summary>
    /// <param name="Attempt">From 1, counted since the last connection.</param>
    public sealed record Connecting(DateTimeOffset At, int Attempt) : MqttConnectionState(At);

    /// <summary>The broker accepted us.</summary>
    /// <param name="Generation">Number of this connection, from 1.</param>
    /// <param name="SessionPresent">The broker still had our session.</param>
    /// <param name="SessionLost">It should have had it and had not: messages may be missing. A gap, to be recorded.</param>
    /// <param name="LastAliveAt">When the connection before was last known to be alive; null when there was none in this process.</param>
    public sealed record Connected(
        DateTimeOffset At, int Generation, bool SessionPresent, bool SessionLost, DateTimeOffset? LastAliveAt)
        : MqttConnectionState(At)
    {
        /// <summary>What is spoken on this connection.</summary>
        public MqttProtocolVersion Version { get; init; }
    }

    /// <summary>
    /// The broker did not take the protocol version that was tried first; the next attempt follows at once in
    /// <paramref name="Version"/>.
    /// </summary>
    public sealed record FellBack(DateTimeOffset At, MqttCause Cause, MqttProtocolVersion Version) : MqttConnectionState(At);

    /// <summary>
    /// The broker answered our subscriptions; some may be refused. On a session of 3.1.1 that the broker kept, it answered them before.
    /// </summary>
    public sealed record Subscribed(DateTimeOffset At, int Generation, IReadOnlyList<MqttSubscriptionOutcome> Outcomes)
        : MqttConnectionState(At);

    /// <summary>Lost, or not made; tried again at <paramref name="NextAttemptAt"/>, for ever.</summary>
    public sealed record Reconnecting(DateTimeOffset At, MqttCause Cause, int Attempt, DateTimeOffset NextAttemptAt)
        : MqttConnectionState(At);

    /// <summary>Refused for a reason that a person must mend; tried again all the same, slowly.</summary>
    public sealed record Refused(DateTimeOffset At, MqttCause Cause, int Attempt, DateTimeOffset NextAttemptAt)
        : MqttConnectionState(At);

    /// <summary>Stopped for good, by <see cref="MqttClient.StopAsync"/>.</summary>
    public sealed record Stopped(DateTimeOffset At) : MqttConnectionState(At);
}
