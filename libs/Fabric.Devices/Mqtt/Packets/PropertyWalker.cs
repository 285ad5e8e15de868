namespace Fabric.Devices.Mqtt.Packets;

/// <summary>
/// Walks the properties of one packet without allocating, and checks them: known, allowed here, not twice, in range
/// (MQTT 5.0 §2.2.2). After <see cref="Next"/> the value is in <see cref="Number"/> or <see cref="Value"/>.
/// <code>
///   length      variable byte integer: bytes that follow
///   repeated    identifier (variable byte integer, always one byte so far) | value, by kind
/// </code>
/// </summary>
internal ref struct PropertyWalker
{
    private readonly PacketType _place;
    private PacketReader _reader;
    private ulong _seen;

    /// <summary>Reads the length from <paramref name="packet"/>, which goes on after the properties.</summary>
    public PropertyWalker(scoped ref PacketReader packet, PacketType place)
    {
        _place = place;
        int length = packet.ReadVariableInteger();
        if (length > packet.Remaining)
        {
            packet.Fail(Malformed.PropertyOverrun);
        }

        _reader = new PacketReader(packet.Take(packet.Failed ? 0 : length));
    }

    /// <summary>Walks properties that were cut out of a packet before, without their length.</summary>
    public PropertyWalker(ReadOnlySpan<byte> properties, PacketType place)
    {
        _place = place;
        _reader = new PacketReader(properties);
    }

    public readonly Malformed Malformed => _reader.Malformed;

    /// <summary>The value of a flag, an integer or a variable byte integer.</summary>
    public uint Number { get; private set; }

    /// <summary>The value of text or binary data; the name of a user property. In place.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The value of a user property. In place.</summary>
    public ReadOnlySpan<byte> PairValue { get; private set; }

    /// <summary>The next property; <see cref="PropertyId.None"/> at the end or when <see cref="Malformed"/> says so.</summary>
    public PropertyId Next()
    {
        if (_reader.Remaining == 0)
        {
            return PropertyId.None;
        }

        int id = _reader.ReadVariableInteger();
        PropertyKind kind = PropertyTable.KindOf(id);
        if (!Check((PropertyId)id, kind))
        {
            return PropertyId.None;
        }

        ReadValue(kind);
        CheckRange((PropertyId)id);
        return _reader.Failed ? PropertyId.None : (PropertyId)id;
    }

    private bool Check(PropertyId id, PropertyKind kind)
    {
        if (kind == PropertyKind.Unknown)
        {
            _reader.Fail(Malformed.PropertyUnknown);
        }
        else if (!PropertyTable.IsAllowed(id, _place))
        {
            _reader.Fail(Malformed.PropertyNotAllowedHere);
        }
        else if ((_seen >> (int)id & 1) != 0 && !PropertyTable.MayRepeat(id, _place))
        {
            _reader.Fail(Malformed.PropertyTwice);
        }
        else
        {
            _seen |= 1UL << (int)id;
        }

        return !_reader.Failed;
    }

    private void ReadValue(PropertyKind kind)
    {
        switch (kind)
        {
            case PropertyKind.Flag:
                Number = _reader.ReadByte();
                break;
            case PropertyKind.UInt16:
                Number = _reader.ReadUInt16();
                break;
            case PropertyKind.UInt32:
                Number = _reader.ReadUInt32();
                break;
            case PropertyKind.VariableInteger:
                Number = (uint)_reader.ReadVariableInteger();
                break;
            case PropertyKind.Binary:
                Value = _reader.ReadBinary();
                break;
            default:
                Value = _reader.ReadUtf8();
                PairValue = kind == PropertyKind.Pair ? _reader.ReadUtf8() : default;
                break;
        }
    }

    // Values that a "Protocol Error" of §3 forbids.
    private void CheckRange(PropertyId id)
    {
        bool inRange = id switch
        {
            PropertyId.SubscriptionIdentifier or PropertyId.ReceiveMaximum or PropertyId.TopicAlias
                or PropertyId.MaximumPacketSize => Number != 0,
            PropertyId.ResponseTopic => !Value.IsEmpty && Value.IndexOfAny((byte)'+', (byte)'#') < 0,
            _ => PropertyTable.KindOf((int)id) != PropertyKind.Flag || Number <= 1,
        };
        if (!inRange)
        {
            _reader.Fail(Malformed.PropertyValue);
        }
    }
}
