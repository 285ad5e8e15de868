using Fabric.Core.Options;
using Fabric.Devices.Mqtt.Packets;
using Fabric.Devices.Mqtt.Session;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Devices.Mqtt;

/// <summary>
/// An MQTT 5 and 3.1.1 client for at-least-once ingestion: it connects and reconnects for ever, hands messages out in batches,
/// and acknowledges nothing by itself. Whoever reads a message makes it durable and then calls <see cref="Acknowledge"/>.
/// </summary>
/// <remarks>
/// One reader (<see cref="ReadBatchAsync"/>) at a time; every other member is thread-safe. Back pressure: what is not read stays
/// in a bounded inbox, then in the socket, then at the broker.
/// </remarks>
public sealed class MqttClient : IAsyncDisposable
{
    private static readonly TimeSpan CloseBound = TimeSpan.FromSeconds(2);

    private readonly MqttClientOptions _options;
    private readonly TimeProvider _clock;
    private readonly InboundSession _inbound;
    private readonly OutboundSession _outbound = new();
    private readonly SubscriptionRequests _requests;
    private readonly StateStream _states;
    private readonly ConnectionLoop _loop;
    private readonly CancellationTokenSource _stop = new();
    private Task? _running;

    /// <param name="options">Checked here: <see cref="OptionsException"/>-like mistakes are an <see cref="ArgumentException"/> that names all of them.</param>
    /// <param name="clock">Keep-alive, time-outs, back-off and the times of state changes.</param>
    /// <param name="chance">Jitter of the back-off. Used by one thread at a time.</param>
    public MqttClient(MqttClientOptions options, TimeProvider clock, Random chance, ILogger? logger = null)
    {
        IReadOnlyList<ValueProblem> problems = options.Validate();
        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", problems), nameof(options));
        }

        _options = options;
        _clock = clock;
        _inbound = new InboundSession(options.InboxMessagesMax, options.InboxBytesMax, options.ReceiveMaximum);
        _requests = new SubscriptionRequests(_outbound);
        _states = new StateStream(clock, logger ?? NullLogger.Instance, options.ClientId);
        _loop = new ConnectionLoop(options, clock, chance, _inbound, _outbound, _requests, _states);
    }

    /// <summary>Where the client stands now.</summary>
    public MqttConnectionState State => _states.Current;

    /// <summary>What was counted so far.</summary>
    public MqttClientCounters Counters => _loop.Counters();

    /// <summary>Begins connecting, and returns at once: <see cref="State"/> tells how it goes. Call once.</summary>
    public void Start()
    {
        if (_running is not null)
        {
            throw new InvalidOperationException("The MQTT client was started already");
        }

        _running = RunAsync();
    }

    /// <summary>The present state and every change after it, until the client stops. An observer that is 1,024 changes behind misses the oldest.</summary>
    public IAsyncEnumerable<MqttConnectionState> WatchAsync(CancellationToken cancellation = default) =>
        _states.WatchAsync(cancellation);

    /// <summary>
    /// Appends received messages to <paramref name="into"/>, oldest first, at most <paramref name="max"/>; waits for at least
    /// one. Their payloads are valid until the next call. At most <see cref="MqttClientOptions.ReceiveMaximum"/> messages of QoS
    /// 1 and 2 are out at a time whose acknowledgement the broker has not seen, whatever the broker sends: so many, and no
    /// more, can come again after a lost connection. What was not handed out then is dropped if the broker kept the session.
    /// </summary>
    /// <returns>How many were appended; 0 when the client has stopped and nothing is left that may be handed out.</returns>
    /// <exception cref="DeviceException">The client ended by a fault of its own.</exception>
    public ValueTask<int> ReadBatchAsync(List<MqttMessage> into, int max, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        return _inbound.ReadAsync(into, max, cancellation);
    }

    /// <summary>
    /// Says that every message up to and including this <see cref="MqttMessage.Sequence"/> is durable: sends PUBACK and PUBREC
    /// for those that need one, in the order of arrival, in one write. Does not wait for the socket. Acknowledgements of a
    /// connection that is gone are dropped and counted: the broker repeats those messages.
    /// </summary>
    /// <returns>How many acknowledgements go out.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A message that was not handed out yet.</exception>
    public int Acknowledge(long upTo) => _loop.Acknowledge(upTo);

    /// <summary>
    /// Publishes. QoS 0 ends when the bytes are handed to the socket; QoS 1 and 2 when the broker answered, over however many
    /// connections that takes. Refusals are outcomes. At most 1,000 publications wait at a time; further
    /// callers wait, and only up to there is the order of calls the order on the wire.
    /// </summary>
    /// <exception cref="ArgumentException">Not a topic name.</exception>
    public Task<MqttPublishOutcome> PublishAsync(MqttPublication publication, CancellationToken cancellation = default)
    {
        if (!MqttTopicFilter.IsValidTopic(publication.Topic))
        {
            throw new ArgumentException("Expected a topic name without wildcards", nameof(publication));
        }

        return _loop.PublishAsync(publication, cancellation);
    }

    /// <summary>
    /// Subscribes on the present connection, beside the options' own subscriptions; in a persistent session that is enough.
    /// The reader must go on reading meanwhile: the answer stands behind the messages. Refused filters are outcomes, in order.
    /// </summary>
    /// <exception cref="DeviceException">No connection, or it was lost before the answer (retriable).</exception>
    public Task<IReadOnlyList<MqttSubscriptionOutcome>> SubscribeAsync(
        IReadOnlyList<MqttSubscription> subscriptions, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(subscriptions.Count);
        return _requests.SubscribeAsync(subscriptions, cancellation);
    }

    /// <summary>Ends subscriptions on the present connection; the outcomes stand in the order of <paramref name="filters"/>.</summary>
    /// <exception cref="DeviceException">No connection, or it was lost before the answer (retriable).</exception>
    public Task<IReadOnlyList<MqttSubscriptionOutcome>> UnsubscribeAsync(
        IReadOnlyList<string> filters, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(filters.Count);
        return _requests.UnsubscribeAsync(filters, cancellation);
    }

    /// <summary>
    /// Says DISCONNECT, so that no will is published, and ends. Acknowledgements given before are sent first. The session stays
    /// at the broker. The reader gets what it may have of the inbox, then 0; the broker keeps the rest.
    /// </summary>
    public async Task StopAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            await (_running ?? Task.CompletedTask).ConfigureAwait(false);
            return;
        }

        await _loop.CloseAsync(CloseBound).ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_running is null)
        {
            _inbound.Complete();
            _states.Change(new MqttConnectionState.Stopped(_clock.GetUtcNow()));
            return;
        }

        await _running.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        Exception? fault = null;
        try
        {
            await Task.Yield();
            await _loop.RunAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Told to stop.
        }
        catch (Exception failure)
        {
            // Handed to the reader, who is the one that must not wait for ever.
            fault = failure;
        }
        finally
        {
            _outbound.Stop();
            _requests.EndConnection();
            _inbound.Complete(fault);
            _states.Change(new MqttConnectionState.Stopped(_clock.GetUtcNow()));
        }
    }
}
