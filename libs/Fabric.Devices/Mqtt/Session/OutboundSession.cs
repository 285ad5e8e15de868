using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>
/// The sending half of the session: publications of QoS 1 and 2 until the broker has taken them over, in the order they were
/// asked for, across connections ([MQTT-4.4.0-1], [MQTT-4.6.0-1]). At most <see cref="PublicationsMax"/> at a time.
/// </summary>
/// <remarks>Thread-safe. Lock order: this session, then the outbound bytes.</remarks>
internal sealed class OutboundSession
{
    /// <summary>Publications in flight or waiting; further callers wait.</summary>
    public const int PublicationsMax = 1_000;

    private readonly Lock _sync = new();
    private readonly SemaphoreSlim _slots = new(PublicationsMax, PublicationsMax);
    private readonly LinkedList<PendingPublish> _order = [];
    private readonly Queue<LinkedListNode<PendingPublish>> _waiting = [];
    private readonly Dictionary<ushort, LinkedListNode<PendingPublish>> _byId = [];
    private readonly PacketIds _ids = new();
    private MqttConnection? _connection;
    private int _inFlight;
    private bool _stopped;

    /// <summary>A free packet id for SUBSCRIBE or UNSUBSCRIBE; 0 when there is none.</summary>
    public ushort TakeId()
    {
        lock (_sync)
        {
            return _ids.Take();
        }
    }

    public void FreeId(ushort id)
    {
        lock (_sync)
        {
            _ids.Free(id);
        }
    }

    /// <summary>A connection is up: repeats what the broker may not have, then sends what waits.</summary>
    public void BeginConnection(MqttConnection connection, bool sessionPresent)
    {
        lock (_sync)
        {
            _connection = connection;
            _inFlight = 0;
            _waiting.Clear();
            LinkedListNode<PendingPublish>? next;
            for (LinkedListNode<PendingPublish>? node = _order.First; node is not null; node = next)
            {
                next = node.Next;
                Repeat(connection, node, sessionPresent);
            }

            SendWaiting();
        }

        connection.Flush();
    }

    public void EndConnection()
    {
        lock (_sync)
        {
            _connection = null;
        }
    }

    /// <summary>Publishes at QoS 1 or 2; ends when the broker has answered, over however many connections that takes.</summary>
    public async Task<MqttPublishOutcome> PublishAsync(MqttPublication publication, CancellationToken cancellation)
    {
        await _slots.WaitAsync(cancellation).ConfigureAwait(false);
        PendingPublish? pending = Enqueue(publication);
        if (pending is null)
        {
            _slots.Release();
            return new MqttPublishOutcome(MqttPublishStatus.Unknown, MqttReasonCode.Success);
        }

        return await pending.Outcome.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>PUBACK, PUBREC or PUBCOMP. False when it answers nothing we sent.</summary>
    public bool Receive(AcknowledgementPacket packet)
    {
        lock (_sync)
        {
            if (!_byId.TryGetValue(packet.PacketId, out LinkedListNode<PendingPublish>? node)
                || !Expects(node.Value, packet.Kind))
            {
                if (packet.Kind == PacketType.Pubrec)
                {
                    _connection?.Send(new AcknowledgementPacket(
                        PacketType.Pubrel, packet.PacketId, MqttReasonCode.PacketIdentifierNotFound));
                }

                return false;
            }

            bool refused = packet.Reason >= MqttReasonCode.UnspecifiedError;
            if (packet.Kind == PacketType.Pubrec && !refused)
            {
                node.Value.Step = PublishStep.Released;
                _connection?.Send(new AcknowledgementPacket(PacketType.Pubrel, packet.PacketId, MqttReasonCode.Success));
            }
            else
            {
                bool failed = refused && packet.Kind != PacketType.Pubcomp;
                Finish(node, failed ? MqttPublishStatus.Refused : MqttPublishStatus.Published, packet.Reason);
                SendWaiting();
            }

            return true;
        }
    }

    /// <summary>Nothing will be answered any more.</summary>
    public void Stop()
    {
        lock (_sync)
        {
            _stopped = true;
            _connection = null;
            while (_order.First is { } node)
            {
                Finish(node, MqttPublishStatus.Unknown, MqttReasonCode.Success);
            }

            _waiting.Clear();
        }
    }

    private static bool Expects(PendingPublish pending, PacketType kind) => kind switch
    {
        PacketType.Puback => pending.Step == PublishStep.Sent && pending.Packet.QoS == QualityOfService.AtLeastOnce,
        PacketType.Pubrec => pending.Step != PublishStep.Waiting && pending.Packet.QoS == QualityOfService.ExactlyOnce,
        _ => pending.Step == PublishStep.Released,
    };

    private PendingPublish? Enqueue(MqttPublication publication)
    {
        lock (_sync)
        {
            if (_stopped)
            {
                return null;
            }

            var pending = new PendingPublish(new PublishPacket
            {
                Topic = publication.Topic, Payload = publication.Payload, QoS = publication.QoS,
                Retain = publication.Retain, Properties = publication.Properties, PacketId = _ids.Take(),
            });
            LinkedListNode<PendingPublish> node = _order.AddLast(pending);
            _byId.Add(pending.Packet.PacketId, node);
            _waiting.Enqueue(node);
            SendWaiting();
            _connection?.Flush();
            return pending;
        }
    }

    // The broker kept the session: what it may have half of is sent again, marked. It did not: everything is new to it.
    private void Repeat(MqttConnection connection, LinkedListNode<PendingPublish> node, bool sessionPresent)
    {
        PendingPublish pending = node.Value;
        if (pending.Step == PublishStep.Released)
        {
            if (sessionPresent)
            {
                connection.Send(
                    new AcknowledgementPacket(PacketType.Pubrel, pending.Packet.PacketId, MqttReasonCode.Success));
                _inFlight++;
            }
            else
            {
                // PUBREC said that the broker owns it; with the session went only the wait for PUBCOMP.
                Finish(node, MqttPublishStatus.Published, MqttReasonCode.Success);
            }
        }
        else
        {
            pending.IsRepeat = sessionPresent && (pending.IsRepeat || pending.Step == PublishStep.Sent);
            pending.Step = PublishStep.Waiting;
            _waiting.Enqueue(node);
        }
    }

    private void SendWaiting()
    {
        while (_connection is { } connection && _inFlight < connection.Limits.ReceiveMaximum
            && _waiting.TryDequeue(out LinkedListNode<PendingPublish>? node))
        {
            PendingPublish pending = node.Value;
            PublishPacket packet = pending.IsRepeat ? pending.Packet with { Dup = true } : pending.Packet;
            MqttReasonCode refusal = connection.SendPublish(packet);
            if (refusal == MqttReasonCode.Success)
            {
                pending.Step = PublishStep.Sent;
                _inFlight++;
            }
            else
            {
                Finish(node, MqttPublishStatus.Refused, refusal);
            }
        }
    }

    private void Finish(LinkedListNode<PendingPublish> node, MqttPublishStatus status, MqttReasonCode reason)
    {
        PendingPublish pending = node.Value;
        if (pending.Step != PublishStep.Waiting)
        {
            _inFlight = Math.Max(0, _inFlight - 1);
        }

        _order.Remove(node);
        _byId.Remove(pending.Packet.PacketId);
        _ids.Free(pending.Packet.PacketId);
        pending.Finish(status, reason);
        _slots.Release();
    }
}
