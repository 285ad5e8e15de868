using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>
/// The receiving half of the session (MQTT 5.0 §4.1): messages for the reader, what waits to be acknowledged, and the packet
/// ids of QoS 2 between PUBREC and PUBREL. It outlives connections. Invariants:
/// 1. messages are handed out in the order they arrived, and acknowledged in that order;
/// 2. nothing received is ever thrown away, also when its connection is gone;
/// 3. what waits in <c>_pending</c> belongs to the present connection.
/// </summary>
/// <remarks>Thread-safe: the socket's reader holds <see cref="Sync"/> over a whole read, the user's reader over a page swap.</remarks>
internal sealed class InboundSession(int messagesMax, long bytesMax, int receiveMaximum)
{
    private readonly PendingAcknowledgements _pending = new();
    private readonly bool[] _awaitingPubrel = new bool[ushort.MaxValue + 1];
    private readonly SemaphoreSlim _filled = new(0, 1);
    private readonly SemaphoreSlim _roomy = new(0, 1);

    private InboxPage _filling = new();
    private InboxPage _handedOut = new();
    private long _sequence;
    private bool _resumed;
    private bool _completed;
    private Exception? _fault;

    public Lock Sync { get; } = new();

    /// <summary>Number of the present or last connection.</summary>
    public int Generation { get; private set; }

    public long MessagesReceived { get; private set; }

    public long PayloadBytesReceived { get; private set; }

    public long AcknowledgementsSent { get; private set; }

    public long AcknowledgementsDropped { get; private set; }

    public long RepeatsSuppressed { get; private set; }

    /// <summary>
    /// Messages beyond our receive maximum. §3.3.4 lets us hang up; mosquitto 2.0.11 does it whenever a queue drains, and again
    /// after every reconnect, so hanging up would never end. The inbox is bounded by itself: they are counted and taken.
    /// </summary>
    public long ReceiveMaximumOverruns { get; private set; }

    public long Suspensions { get; private set; }

    public long StrayAcknowledgements { get; private set; }

    /// <summary>Messages at QoS 1 and 2 the broker counts against our receive maximum.</summary>
    public int Unacknowledged { get; private set; }

    /// <summary>Whether one more message may be put in. Under <see cref="Sync"/>.</summary>
    public bool HasRoom => _filling.Count == 0 || (_filling.Count < messagesMax && _filling.Bytes < bytesMax);

    /// <summary>A new connection: what waited on the old one can no longer be acknowledged.</summary>
    public void BeginConnection(bool sessionPresent)
    {
        lock (Sync)
        {
            Generation++;
            _resumed = sessionPresent;
            AcknowledgementsDropped += _pending.Count;
            _pending.Clear();
            Unacknowledged = 0;
            if (!sessionPresent)
            {
                Array.Clear(_awaitingPubrel);
            }
        }
    }

    /// <summary>Memory for a packet's bytes in the page being filled. Under <see cref="Sync"/>.</summary>
    public Memory<byte> Take(int bytes) => _filling.Take(bytes);

    /// <summary>Whether this QoS 2 message was acknowledged before, so that only PUBREC is to be sent again. Under <see cref="Sync"/>.</summary>
    public bool IsRepeat(ushort packetId, QualityOfService qos)
    {
        if (qos != QualityOfService.ExactlyOnce || !_awaitingPubrel[packetId])
        {
            return false;
        }

        RepeatsSuppressed++;
        return true;
    }

    /// <summary>Puts a message in; payload and properties stand in memory of <see cref="Take"/>. Under <see cref="Sync"/>.</summary>
    public void Add(
        string topic, ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> properties, ushort packetId, byte flags)
    {
        long sequence = ++_sequence;
        var message = new MqttMessage(topic, payload, properties, sequence, Generation, packetId, flags, _resumed);
        _filling.Add(message);
        MessagesReceived++;
        PayloadBytesReceived += payload.Length;
        if (message.QoS != QualityOfService.AtMostOnce)
        {
            _pending.Add(new PendingAcknowledgement(sequence, packetId, message.QoS));
            ReceiveMaximumOverruns += ++Unacknowledged > receiveMaximum ? 1 : 0;
        }
    }

    /// <summary>After a read that put something in. Under <see cref="Sync"/>.</summary>
    public void Wake()
    {
        if (_filling.Count > 0 && _filled.CurrentCount == 0)
        {
            _filled.Release();
        }
    }

    /// <summary>Waits until <see cref="HasRoom"/>.</summary>
    public async Task WaitForRoomAsync(CancellationToken cancellation)
    {
        for (int round = 0; ; round++)
        {
            lock (Sync)
            {
                if (HasRoom)
                {
                    return;
                }

                Suspensions += round == 0 ? 1 : 0;
            }

            await _roomy.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The user's reader: see <see cref="MqttClient.ReadBatchAsync"/>.</summary>
    public async ValueTask<int> ReadAsync(List<MqttMessage> into, int max, CancellationToken cancellation)
    {
        while (_handedOut.Count == 0)
        {
            if (!TrySwap(out bool completed))
            {
                if (completed)
                {
                    return _fault is null ? 0 : throw new DeviceException(
                        "MQTT_CLIENT_FAULT", "The MQTT client ended by a fault of its own", innerException: _fault);
                }

                await _filled.WaitAsync(cancellation).ConfigureAwait(false);
            }
        }

        return _handedOut.MoveTo(into, max);
    }

    /// <summary>No message will come any more: the reader gets what is there, then 0, or the fault that ended it all.</summary>
    public void Complete(Exception? fault = null)
    {
        lock (Sync)
        {
            _completed = true;
            _fault = fault;
            if (_filled.CurrentCount == 0)
            {
                _filled.Release();
            }
        }
    }

    /// <summary>
    /// Writes PUBACK or PUBREC for every pending message up to <paramref name="upTo"/>, in order, into
    /// <paramref name="buffer"/>; without one (no connection) they are dropped and counted. Returns how many were written.
    /// Under <see cref="Sync"/>.
    /// </summary>
    public int Acknowledge(long upTo, PacketBuffer? buffer, MqttProtocolVersion version)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(upTo, _sequence);
        int written = 0;
        while (_pending.TryTake(upTo, out PendingAcknowledgement pending))
        {
            if (buffer is null)
            {
                AcknowledgementsDropped++;
                continue;
            }

            WriteAcknowledgement(buffer, pending, version);
            written++;
        }

        AcknowledgementsSent += written;
        return written;
    }

    /// <summary>PUBREL: the id is free again. False when we do not know it. Under <see cref="Sync"/>.</summary>
    public bool Release(ushort packetId)
    {
        bool known = _awaitingPubrel[packetId];
        _awaitingPubrel[packetId] = false;
        if (known)
        {
            Unacknowledged = Math.Max(0, Unacknowledged - 1);
        }
        else
        {
            StrayAcknowledgements++;
        }

        return known;
    }

    private void WriteAcknowledgement(PacketBuffer buffer, PendingAcknowledgement pending, MqttProtocolVersion version)
    {
        if (pending.QoS == QualityOfService.AtLeastOnce)
        {
            Unacknowledged--;
            AcknowledgementPacket.Encode(buffer, PacketType.Puback, pending.PacketId, MqttReasonCode.Success, version);
        }
        else
        {
            _awaitingPubrel[pending.PacketId] = true;
            AcknowledgementPacket.Encode(buffer, PacketType.Pubrec, pending.PacketId, MqttReasonCode.Success, version);
        }
    }

    private bool TrySwap(out bool completed)
    {
        _handedOut.Recycle();
        lock (Sync)
        {
            completed = _completed;
            if (_filling.Count == 0)
            {
                return false;
            }

            (_filling, _handedOut) = (_handedOut, _filling);
            if (_roomy.CurrentCount == 0)
            {
                _roomy.Release();
            }

            return true;
        }
    }
}
