using System.Buffers;
using System.Collections.Concurrent;
using Fabric.Connectors.Payload;
using Fabric.Connectors.Runner;
using Fabric.Core.Health;
using Fabric.Devices.Mqtt;
using Fabric.Schemas;
using Microsoft.Extensions.Logging;

namespace Fabric.Connectors.Mqtt;

/// <summary>
/// The MQTT side of a connector. Messages are acknowledged in order and only when they are durable in Kafka; what the broker
/// repeats although it was taken is recognized by <see cref="DeliveryRing"/> and acknowledged again.
/// </summary>
/// <remarks>Used by one runner.</remarks>
internal sealed class MqttSource : ISource
{
    /// <summary>How long a batch waits for more once it has a first message (DESIGN §5.1).</summary>
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(20);

    private readonly MqttConnectorSettings _settings;
    private readonly ConnectorIdentity _identity;
    private readonly ConnectorServices _services;
    private readonly TopicMap _topics;
    private readonly PayloadMapper _mapper;
    private readonly DeliveryRing _ring;
    private readonly List<MqttMessage> _messages = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentQueue<SourceGap> _gaps = new();
    private volatile CancellationTokenSource _gapNoted = new();
    private MqttClient? _client;
    private Task _watching = Task.CompletedTask;
    private long _lastSequence;
    private long _acknowledged;

    public MqttSource(MqttConnectorSettings settings, ConnectorIdentity identity, ConnectorServices services)
    {
        _settings = settings;
        _identity = identity;
        _services = services;
        _topics = new TopicMap(settings, identity.Name);
        _mapper = new PayloadMapper(settings.Payload);
        _ring = new DeliveryRing(settings.Client.ReceiveMaximum);
    }

    public (string Namespace, string Name) Dataset =>
        (_settings.Endpoint, string.Join(',', _settings.Client.Subscriptions.Select(subscription => subscription.Filter)));

    public Task StartAsync(ReadOnlyMemory<byte> position, CancellationToken cancellationToken)
    {
        _ring.Read(position.Span);
        MqttClientOptions options = _settings.Client with
        {
            ClientId = _settings.ClientId ?? $"{_identity.Fabric}-{_identity.Name}-{_identity.Node}",
            ExpectsSession = !position.IsEmpty,
        };
        _client = new MqttClient(options, _services.Clock, _services.Random, _services.Logs.CreateLogger("Fabric.Mqtt"));
        _watching = WatchAsync(_client);
        _client.Start();
        return Task.CompletedTask;
    }

    public async ValueTask ReadAsync(SourceBatch batch, CancellationToken cancellationToken)
    {
        int room = _settings.Client.ReceiveMaximum;
        try
        {
            using var first = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _gapNoted.Token);
            room -= await TakeAsync(batch, room, first.Token).ConfigureAwait(false);
            using var window = new CancellationTokenSource(Window, _services.Clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, window.Token);
            while (room > 0)
            {
                room -= await TakeAsync(batch, room, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The window is over, a gap is to be told, or a stop is asked for: what came is the batch.
        }

        TakeGaps(batch);
        if (batch.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public void WritePosition(IBufferWriter<byte> output) => _ring.Write(output);

    public ValueTask AcknowledgeAsync(SourceBatch batch, CancellationToken cancellationToken)
    {
        if (_lastSequence > _acknowledged)
        {
            _acknowledged = _lastSequence;
            _client!.Acknowledge(_acknowledged);
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync().ConfigureAwait(false);
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
        _gapNoted.Dispose();
    }

    private async ValueTask<int> TakeAsync(SourceBatch batch, int max, CancellationToken cancellationToken)
    {
        _messages.Clear();
        int count = await _client!.ReadBatchAsync(_messages, max, cancellationToken).ConfigureAwait(false);
        if (count == 0)
        {
            throw new ConnectorException(
                "MQTT_CLIENT_ENDED", "The MQTT client ended by itself", _settings.Endpoint, isRetriable: true);
        }

        long receivedAt = (_services.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        foreach (MqttMessage message in _messages)
        {
            _lastSequence = message.Sequence;
            if (!WasTaken(message))
            {
                Map(message, receivedAt, batch);
            }
        }

        return count;
    }

    /// <summary>Nothing but a repetition in a resumed session is ever dropped: equal values are equal messages, not duplicates.</summary>
    private bool WasTaken(in MqttMessage message)
    {
        if (message.QoS == QualityOfService.AtMostOnce)
        {
            return false;
        }

        ulong hash = _ring.HashOf(message.Topic, message.Payload.Span);
        if (message.Dup && message.InResumedSession && _ring.Contains(message.PacketId, hash))
        {
            return true;
        }

        _ring.Add(message.PacketId, hash);
        return false;
    }

    private void Map(in MqttMessage message, long receivedAt, SourceBatch batch)
    {
        if (_topics.Find(message.Topic) is not { } meaning)
        {
            Reject(message, "TOPIC_NOT_MATCHED", $"the topic does not have the form {_settings.Template.Text}", null, batch);
            return;
        }

        Observation observation = batch.Observations.Add();
        observation.Samples.Clear();
        observation.Attributes.Clear();
        observation.Device = meaning.Device;
        observation.ReceivedAtMicros = receivedAt;
        observation.Delivery = Delivery.Live;
        PayloadVerdict verdict = _mapper.Map(message.Payload.Span, meaning.Point, observation, batch);
        if (!verdict.IsMapped)
        {
            batch.Observations.RemoveLast();
            string? device = meaning.Personal.HasFlag(TopicPersonal.Device) ? null : meaning.Device;
            Reject(message, verdict.Rule!, verdict.Reason, device, batch);
            return;
        }

        foreach ((string name, string value) in meaning.Attributes)
        {
            observation.Attributes[name] = value;
        }

        MarkPersonal(meaning, observation, batch);
    }

    private void MarkPersonal(TopicMeaning meaning, Observation observation, SourceBatch batch)
    {
        if (meaning.Personal == TopicPersonal.None)
        {
            return;
        }

        if (meaning.Personal.HasFlag(TopicPersonal.Device))
        {
            batch.MarkDevice(observation);
        }

        for (int i = 0; meaning.Personal.HasFlag(TopicPersonal.Point) && i < observation.Samples.Count; i++)
        {
            batch.MarkPoint(observation, i);
        }

        foreach ((string name, _) in meaning.Attributes)
        {
            if (_topics.IsPersonal(name))
            {
                batch.MarkAttribute(observation, name);
            }
        }
    }

    private static void Reject(in MqttMessage message, string rule, string reason, string? device, SourceBatch batch) =>
        batch.Rejections.Add(new Rejection(rule, reason, device, message.Topic, message.Payload.ToArray()));

    private void TakeGaps(SourceBatch batch)
    {
        // First the token, then the queue: a gap that comes between is taken now and wakes the next read for nothing.
        if (_gapNoted.IsCancellationRequested)
        {
            _gapNoted = new CancellationTokenSource();
        }

        while (_gaps.TryDequeue(out SourceGap? gap))
        {
            batch.Gaps.Add(gap);
        }
    }

    /// <summary>A gap is told at once, not with the next message: that may be long in coming.</summary>
    private void NoteLostSession(MqttConnectionState.Connected connected)
    {
        _gaps.Enqueue(new SourceGap(
            "SESSION_LOST", connected.LastAliveAt, connected.At, "the broker no longer had the session: what it held for it is lost"));
        _gapNoted.Cancel();
    }

    /// <summary>Tells the connection's state as it changes.</summary>
    private async Task WatchAsync(MqttClient client)
    {
        string spoken = "";
        await foreach (MqttConnectionState state in client.WatchAsync(_closing.Token).ConfigureAwait(false))
        {
            switch (state)
            {
                case MqttConnectionState.Reconnecting lost:
                    Report(HealthState.Reconnecting, lost.Cause.ToString(), $"attempt {lost.Attempt + 1} at {lost.NextAttemptAt:HH:mm:ss}");
                    break;
                case MqttConnectionState.Refused refused:
                    Report(
                        HealthState.Reconnecting, refused.Cause.ToString(),
                        $"mend the connector's settings; attempt {refused.Attempt + 1} at {refused.NextAttemptAt:HH:mm:ss}");
                    break;
                case MqttConnectionState.FellBack fellBack:
                    spoken = "speaks MQTT 3.1.1, since the broker does not take MQTT 5";
                    Report(HealthState.Reconnecting, fellBack.Cause.ToString(), "tries MQTT 3.1.1 at once; 'version' names one for good");
                    break;
                case MqttConnectionState.Connected connected:
                    spoken = connected.Version == MqttProtocolVersion.V5 ? "" : spoken;
                    if (connected.SessionLost)
                    {
                        NoteLostSession(connected);
                    }

                    break;
                case MqttConnectionState.Subscribed subscribed:
                    ReportSubscribed(subscribed.Outcomes, spoken);
                    break;
            }
        }
    }

    private void ReportSubscribed(IReadOnlyList<MqttSubscriptionOutcome> outcomes, string spoken)
    {
        string denied = string.Join(", ", outcomes.Where(outcome => !outcome.IsGranted)
            .Select(outcome => $"{outcome.Filter}: {outcome.Reason}"));
        if (denied.Length == 0)
        {
            Report(HealthState.Running, spoken);
        }
        else
        {
            Report(HealthState.Degraded, denied, "ask the broker's owner for these filters");
        }
    }

    private void Report(HealthState state, string cause, string nextAction = "") =>
        _services.Status.Report(_identity.Component, state, cause, nextAction);
}
