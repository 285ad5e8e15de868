using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>SUBSCRIBE and UNSUBSCRIBE until their answer, on one connection. Thread-safe.</summary>
internal sealed class SubscriptionRequests(OutboundSession ids)
{
    private readonly Lock _sync = new();
    private readonly Dictionary<ushort, TaskCompletionSource<IReadOnlyList<MqttReasonCode>>> _pending = [];
    private MqttConnection? _connection;

    public void BeginConnection(MqttConnection connection)
    {
        lock (_sync)
        {
            _connection = connection;
        }
    }

    /// <summary>Fails what was not answered.</summary>
    public void EndConnection()
    {
        lock (_sync)
        {
            _connection = null;
            foreach ((ushort id, TaskCompletionSource<IReadOnlyList<MqttReasonCode>> pending) in _pending)
            {
                ids.FreeId(id);
                pending.TrySetException(NoConnection("The connection was lost before the broker answered"));
            }

            _pending.Clear();
        }
    }

    public async Task<IReadOnlyList<MqttSubscriptionOutcome>> SubscribeAsync(
        IReadOnlyList<MqttSubscription> subscriptions, CancellationToken cancellation)
    {
        IReadOnlyList<MqttReasonCode> reasons = await RequestAsync(
            id => new SubscribePacket(id, subscriptions), cancellation).ConfigureAwait(false);
        return [.. subscriptions.Select((subscription, index) =>
            new MqttSubscriptionOutcome(subscription.Filter, ReasonAt(reasons, index)))];
    }

    public async Task<IReadOnlyList<MqttSubscriptionOutcome>> UnsubscribeAsync(
        IReadOnlyList<string> filters, CancellationToken cancellation)
    {
        IReadOnlyList<MqttReasonCode> reasons = await RequestAsync(
            id => new UnsubscribePacket(id, filters), cancellation).ConfigureAwait(false);

        // MQTT 3.1.1 answers without reasons: it always works.
        return [.. filters.Select((filter, index) => new MqttSubscriptionOutcome(
            filter, reasons.Count == 0 ? MqttReasonCode.Success : ReasonAt(reasons, index)))];
    }

    /// <summary>SUBACK or UNSUBACK. False when it answers nothing we asked.</summary>
    public bool Receive(ushort packetId, IReadOnlyList<MqttReasonCode> reasons)
    {
        lock (_sync)
        {
            if (!_pending.Remove(packetId, out TaskCompletionSource<IReadOnlyList<MqttReasonCode>>? pending))
            {
                return false;
            }

            ids.FreeId(packetId);
            pending.TrySetResult(reasons);
            return true;
        }
    }

    private static DeviceException NoConnection(string message) => new("MQTT_NOT_CONNECTED", message, isRetriable: true);

    // A broker that answers fewer filters than we named has not granted the rest.
    private static MqttReasonCode ReasonAt(IReadOnlyList<MqttReasonCode> reasons, int index) =>
        index < reasons.Count ? reasons[index] : MqttReasonCode.UnspecifiedError;

    private Task<IReadOnlyList<MqttReasonCode>> RequestAsync(
        Func<ushort, MqttPacket> make, CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource<IReadOnlyList<MqttReasonCode>>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        MqttConnection connection;
        lock (_sync)
        {
            ushort id = ids.TakeId();
            connection = _connection ?? throw NoConnection("There is no connection to subscribe on");
            _pending.Add(id, answer);
            connection.Send(make(id));
        }

        connection.Flush();
        return answer.Task.WaitAsync(cancellation);
    }
}
