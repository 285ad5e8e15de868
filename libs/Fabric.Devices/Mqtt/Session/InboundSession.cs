using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>
/// The receiving half of the session (MQTT 5.0 §4.1): messages for the reader, what waits to be acknowledged, and the packet
/// ids of QoS 2 between PUBREC and PUBREL. It outlives connections. Invariants:
/// 1. messages are handed out in the order they arrived, and acknowledged in that order;
/// 2. what was received and not handed out when its connection was lost is dropped only if the broker kept the session and so
///    sends it again;
/// 3. what waits in <c>_pending</c> belongs to the present connection;
/// 4. at most the receive maximum is handed out without the broker having seen its acknowledgement, whatever the broker does.
/// Number 4 is what bounds the memory of a reader that recognizes repeats. It cannot be left to the broker (mosquitto 2.0.11
/// overruns the maximum, MQTT 3.1.1 has none): a PINGREQ goes out behind acknowledgements, and as packets are answered in
/// order, its PINGRESP says that they were seen.
/// </summary>
/// <remarks>Thread-safe: the socket's reader holds <see cref="Sync"/> over a whole read, the user's reader over a page swap.</remarks>
internal sealed class InboundSession(int messagesMax, long bytesMax, int handedOutMax)
{
    private const int OverfullFactor = 4;

    private readonly PendingAcknowledgements _pending = new();
    private readonly bool[] _awaitingPubrel = new bool[ushort.MaxValue + 1];
    private readonly Queue<int> _fences = new();
    private readonly SemaphoreSlim _filled = new(0, 1);
    private readonly SemaphoreSlim _roomy = new(0, 1);

    private InboxPage _filling = new();
    private InboxPage _handedOut = new();
    private long _sequence;
    private long _lastHandedOut;
    private int _unfenced;
    private int _unconfirmed;
    private int _resumedGeneration;
    private bool _resumed;
    private bool _hasReceiveMaximum;
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
    public bool HasRoom =>
        _filling.Count == 0 || (_filling.Count < messagesMax && _filling.Bytes < bytesMax)
        || (AwaitsFence && _filling.Bytes < OverfullFactor * bytesMax);

    /// <summary>
    /// Nothing may be handed out until a PINGRESP comes, and that stands behind messages on the same line: the inbox takes
    /// more than its measure until it has read that far. Under <see cref="Sync"/>.
    /// </summary>
    public bool AwaitsFence => _fences.Count > 0 && _unconfirmed == handedOutMax;

    /// <summary>A new connection: what waited on the old one can no longer be acknowledged.</summary>
    /// <param name="hasReceiveMaximum">Whether the broker was told our receive maximum (MQTT 5).</param>
    public void BeginConnection(bool sessionPresent, bool hasReceiveMaximum)
    {
        lock (Sync)
        {
            Generation++;
            _resumed = sessionPresent;
            _hasReceiveMaximum = hasReceiveMaximum;
            AcknowledgementsDropped += _pending.Count;
            _pending.Clear();
            _fences.Clear();
            _unfenced = 0;
            _unconfirmed = 0;
            Unacknowledged = 0;
            if (sessionPresent)
            {
                _resumedGeneration = Generation;
            }
            else
            {
                Array.Clear(_awaitingPubrel);
            }

            Wake();
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
            ReceiveMaximumOverruns += ++Unacknowledged > handedOutMax && _hasReceiveMaximum ? 1 : 0;
        }
    }

    /// <summary>After a read that put something in. Under <see cref="Sync"/>.</summary>
    public void Wake()
    {
        if (_filling.Count + _handedOut.Count > 0 && _filled.CurrentCount == 0)
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
        while (true)
        {
            lock (Sync)
            {
                int moved = Move(into, max);
                if (moved > 0)
                {
                    return moved;
                }

                if (_completed)
                {
                    return _fault is null ? 0 : throw new DeviceException(
                        "MQTT_CLIENT_FAULT", "The MQTT client ended by a fault of its own", innerException: _fault);
                }
            }

            await _filled.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>A PINGREQ goes out: its answer will confirm every acknowledgement written before. Under <see cref="Sync"/>.</summary>
    public void BeginFence()
    {
        _fences.Enqueue(_unfenced);
        _unfenced = 0;
        WakeSocket();
    }

    /// <summary>PINGRESP. Returns whether acknowledgements were written since, so that another PINGREQ is due. Under <see cref="Sync"/>.</summary>
    public bool EndFence()
    {
        if (!_fences.TryDequeue(out int confirmed))
        {
            StrayAcknowledgements++;
            return false;
        }

        _unconfirmed -= confirmed;
        Wake();
        return _unfenced > 0 && _fences.Count == 0;
    }

    /// <summary>No message will come any more: the reader gets what it may have, then 0, or the fault that ended it all.</summary>
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
        ArgumentOutOfRangeException.ThrowIfGreaterThan(upTo, _lastHandedOut);
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
        _unfenced += written;
        if (written > 0 && _fences.Count == 0)
        {
            PingreqPacket.Instance.Encode(buffer!, version);
            BeginFence();
        }

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

    private int Move(List<MqttMessage> into, int max)
    {
        int moved = 0;
        while (moved < max && TryPeek())
        {
            ref readonly MqttMessage message = ref _handedOut.First;
            if (message.QoS != QualityOfService.AtMostOnce)
            {
                if (message.Generation < _resumedGeneration)
                {
                    // The broker kept the session: it sends this one again, marked as a repeat.
                    _handedOut.RemoveFirst();
                    continue;
                }

                if (message.Generation == Generation)
                {
                    if (_unconfirmed == handedOutMax)
                    {
                        WakeSocket();
                        break;
                    }

                    _unconfirmed++;
                }
            }

            into.Add(message);
            _lastHandedOut = message.Sequence;
            _handedOut.RemoveFirst();
            moved++;

            // What stands in the other page belongs to the next call: this page's memory must outlive this one.
            if (_handedOut.Count == 0)
            {
                break;
            }
        }

        return moved;
    }

    private bool TryPeek()
    {
        if (_handedOut.Count > 0)
        {
            return true;
        }

        _handedOut.Recycle();
        if (_filling.Count == 0)
        {
            return false;
        }

        (_filling, _handedOut) = (_handedOut, _filling);
        WakeSocket();
        return true;
    }

    private void WakeSocket()
    {
        if (_roomy.CurrentCount == 0)
        {
            _roomy.Release();
        }
    }
}
