using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>Connects, runs the connection to its end, waits and connects again, for ever; carries the session from one to the next.</summary>
internal sealed class ConnectionLoop(
    MqttClientOptions options, TimeProvider clock, Random chance, InboundSession inbound, OutboundSession outbound,
    SubscriptionRequests requests, StateStream states)
{
    /// <summary>A connection that held this long was a good one: the next delay is the smallest again.</summary>
    private static readonly TimeSpan HeldLongEnough = TimeSpan.FromSeconds(10);

    private const int OutboundBytesMax = 1 << 20;

    private readonly VersionChoice _version = new(options);
    private readonly Backoff _backoff = new(options.ReconnectDelayMin, options.ReconnectDelayMax, chance);
    private volatile MqttConnection? _connection;
    private DateTimeOffset? _lastAliveAt;
    private IReadOnlyList<MqttSubscriptionOutcome>? _outcomesOfThisSession;
    private long _connections;
    private long _sessionsLost;
    private long _stray;
    private int _attempt;

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            _attempt++;
            states.Change(new MqttConnectionState.Connecting(clock.GetUtcNow(), _attempt));
            MqttCause cause = await ConnectAndRunAsync(stop).ConfigureAwait(false);
            if (stop.IsCancellationRequested)
            {
                return;
            }

            // After a connection that was accepted the attempts count from 0: losing it says nothing about the version.
            if (_attempt > 0 && _version.Failed(cause))
            {
                states.Change(new MqttConnectionState.FellBack(clock.GetUtcNow(), cause, _version.Current));
                continue;
            }

            TimeSpan delay = cause.NeedsPerson ? options.RefusedRetryDelay : _backoff.Next();
            DateTimeOffset now = clock.GetUtcNow();
            states.Change(cause.NeedsPerson
                ? new MqttConnectionState.Refused(now, cause, _attempt, now + delay)
                : new MqttConnectionState.Reconnecting(now, cause, _attempt, now + delay));
            await Task.Delay(delay, clock, stop).ConfigureAwait(false);
        }
    }

    /// <summary>See <see cref="MqttClient.Acknowledge"/>.</summary>
    public int Acknowledge(long upTo)
    {
        int written;
        MqttConnection? connection;
        lock (inbound.Sync)
        {
            connection = _connection;
            written = connection is null
                ? inbound.Acknowledge(upTo, null, _version.Current)
                : connection.Write(
                    (inbound, upTo, connection.Version),
                    static (state, buffer) => state.inbound.Acknowledge(state.upTo, buffer, state.Version));
        }

        connection?.Flush();
        return written;
    }

    /// <summary>See <see cref="MqttClient.PublishAsync"/>.</summary>
    public async Task<MqttPublishOutcome> PublishAsync(MqttPublication publication, CancellationToken cancellation)
    {
        if (_connection is { } limited && limited.Limits.Check(publication) is var refusal and not MqttReasonCode.Success)
        {
            return new MqttPublishOutcome(MqttPublishStatus.Refused, refusal);
        }

        if (publication.QoS != QualityOfService.AtMostOnce)
        {
            return await outbound.PublishAsync(publication, cancellation).ConfigureAwait(false);
        }

        if (_connection is not { } connection)
        {
            return new MqttPublishOutcome(MqttPublishStatus.NotConnected, MqttReasonCode.Success);
        }

        MqttReasonCode reason = connection.SendPublish(new PublishPacket
        {
            Topic = publication.Topic, Payload = publication.Payload, Retain = publication.Retain,
            Properties = publication.Properties,
        });
        connection.Flush();
        await connection.DrainAsync(OutboundBytesMax, cancellation).ConfigureAwait(false);
        return new MqttPublishOutcome(
            reason == MqttReasonCode.Success ? MqttPublishStatus.Published : MqttPublishStatus.Refused, reason);
    }

    /// <summary>Says DISCONNECT if there is somebody to say it to.</summary>
    public Task CloseAsync(TimeSpan bound) =>
        _connection?.CloseAsync(
            MqttReasonCode.Success, new MqttCause(MqttCauseKind.Stopped, null, "the client was stopped"), bound)
        ?? Task.CompletedTask;

    public MqttClientCounters Counters()
    {
        lock (inbound.Sync)
        {
            return new MqttClientCounters
            {
                MessagesReceived = inbound.MessagesReceived,
                PayloadBytesReceived = inbound.PayloadBytesReceived,
                AcknowledgementsSent = inbound.AcknowledgementsSent,
                AcknowledgementsDropped = inbound.AcknowledgementsDropped,
                RepeatsSuppressed = inbound.RepeatsSuppressed,
                ReceiveMaximumOverruns = inbound.ReceiveMaximumOverruns,
                Suspensions = inbound.Suspensions,
                Unacknowledged = inbound.Unacknowledged,
                StrayAcknowledgements = inbound.StrayAcknowledgements + _stray,
                Connections = _connections,
                SessionsLost = _sessionsLost,
            };
        }
    }

    private async Task<MqttCause> ConnectAndRunAsync(CancellationToken stop)
    {
        (MqttConnection? opened, ConnackPacket? connack, MqttCause? failure) = await MqttConnection.OpenAsync(
            options, _version.Current, clock, stop).ConfigureAwait(false);
        if (opened is null)
        {
            return failure!;
        }

        using MqttConnection connection = opened;
        using CancellationTokenRegistration stopping = stop.Register(() =>
            connection.End(new MqttCause(MqttCauseKind.Stopped, null, "the client was stopped")));
        long begun = clock.GetTimestamp();
        Begin(connection, connack!.SessionPresent);
        Task subscribing = SubscribeAsync(connection.Version, connack.SessionPresent);
        MqttCause cause = await connection.RunAsync(inbound, packet => Receive(connection, packet)).ConfigureAwait(false);
        End(connection);
        await subscribing.ConfigureAwait(false);
        if (clock.GetElapsedTime(begun) >= HeldLongEnough)
        {
            _backoff.Reset();
        }

        return cause;
    }

    private void Begin(MqttConnection connection, bool sessionPresent)
    {
        _version.Accepted();
        bool expected = options.PersistentSession && (_connections > 0 || options.ExpectsSession);
        bool lost = expected && !sessionPresent;
        _connections++;
        _sessionsLost += lost ? 1 : 0;
        _attempt = 0;
        _outcomesOfThisSession = sessionPresent ? _outcomesOfThisSession : null;
        inbound.BeginConnection(sessionPresent, hasReceiveMaximum: connection.Version == MqttProtocolVersion.V5);
        _connection = connection;
        states.Change(new MqttConnectionState.Connected(
            clock.GetUtcNow(), inbound.Generation, sessionPresent, lost, _lastAliveAt) { Version = connection.Version });
        requests.BeginConnection(connection);
        outbound.BeginConnection(connection, sessionPresent);
    }

    private void End(MqttConnection connection)
    {
        _connection = null;
        _lastAliveAt = connection.LastAliveAt;
        outbound.EndConnection();
        requests.EndConnection();
    }

    // MQTT 5: again on every connection, since the broker sends retained messages only for new ones (retain handling 1).
    // 3.1.1 would repeat them all, so there it is done once for each session, and what was answered then holds.
    private async Task SubscribeAsync(MqttProtocolVersion version, bool sessionPresent)
    {
        if (options.Subscriptions.Count == 0)
        {
            return;
        }

        try
        {
            bool again = version == MqttProtocolVersion.V5 || !sessionPresent || _outcomesOfThisSession is null;
            IReadOnlyList<MqttSubscriptionOutcome> outcomes = again
                ? await requests.SubscribeAsync(options.Subscriptions, CancellationToken.None).ConfigureAwait(false)
                : _outcomesOfThisSession!;
            _outcomesOfThisSession = outcomes;
            states.Change(new MqttConnectionState.Subscribed(clock.GetUtcNow(), inbound.Generation, outcomes));
        }
        catch (DeviceException lost) when (lost.IsRetriable)
        {
            // The connection went first; its cause is reported, and the next connection subscribes.
        }
    }

    // Runs on the socket's reader, under the inbound session's lock.
    private void Receive(MqttConnection connection, MqttPacket packet)
    {
        bool expected = packet switch
        {
            AcknowledgementPacket acknowledgement => outbound.Receive(acknowledgement),
            SubackPacket suback => requests.Receive(suback.PacketId, suback.Reasons),
            UnsubackPacket unsuback => requests.Receive(unsuback.PacketId, unsuback.Reasons),
            DisconnectPacket disconnect => EndedByServer(connection, disconnect),
            AuthPacket => Violated(connection, MqttCauseKind.EnhancedAuthentication,
                MqttReasonCode.BadAuthenticationMethod, "the broker sent AUTH: enhanced authentication is not supported"),
            _ => Violated(connection, MqttCauseKind.ProtocolError,
                MqttReasonCode.ProtocolError, $"the broker sent {packet.Type}, which only clients send"),
        };
        _stray += expected ? 0 : 1;
    }

    private static bool EndedByServer(MqttConnection connection, DisconnectPacket packet)
    {
        connection.End(new MqttCause(
            MqttCauseKind.DisconnectedByServer, packet.Reason,
            "the broker ended the connection" + ConnectRequest.Said(packet.Properties))
        {
            ServerReference = packet.Properties?.ServerReference,
        });
        return true;
    }

    private bool Violated(MqttConnection connection, MqttCauseKind kind, MqttReasonCode reason, string detail)
    {
        if (connection.Version == MqttProtocolVersion.V5)
        {
            connection.Send(new DisconnectPacket(reason));
            connection.Flush();
        }

        connection.End(new MqttCause(kind, reason, detail));
        return true;
    }
}
