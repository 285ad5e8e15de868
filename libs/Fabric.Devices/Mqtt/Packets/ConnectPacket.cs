namespace Fabric.Devices.Mqtt.Packets;

/// <summary>
/// CONNECT (§3.1):
/// <code>
///   protocol name    "MQTT"
///   level            u8: 4 or 5
///   flags            u8: user 7 | password 6 | will retain 5 | will QoS 4..3 | will 2 | clean start 1 | reserved 0
///   keep alive       u16, seconds
///   properties       MQTT 5
///   client id        UTF-8 string
///   will             properties (MQTT 5), topic, payload
///   user, password   UTF-8 string, binary
/// </code>
/// </summary>
internal sealed record ConnectPacket : MqttPacket
{
    private const int UserFlag = 0x80;
    private const int PasswordFlag = 0x40;
    private const int WillRetainFlag = 0x20;
    private const int WillFlag = 0x04;
    private const int CleanStartFlag = 0x02;

    public override PacketType Type => PacketType.Connect;

    public MqttProtocolVersion Version { get; init; } = MqttProtocolVersion.V5;

    public required string ClientId { get; init; }

    public bool CleanStart { get; init; }

    public ushort KeepAliveSeconds { get; init; }

    public MqttProperties? Properties { get; init; }

    public MqttWill? Will { get; init; }

    public string? UserName { get; init; }

    public ReadOnlyMemory<byte>? Password { get; init; }

    public static ConnectPacket? Decode(ref PacketReader reader)
    {
        if (!reader.ReadBinary().SequenceEqual("MQTT"u8))
        {
            reader.Fail(Malformed.ProtocolName);
        }

        var version = (MqttProtocolVersion)reader.ReadByte();
        if (version is not (MqttProtocolVersion.V311 or MqttProtocolVersion.V5))
        {
            reader.Fail(Malformed.ProtocolVersion);
        }

        int flags = reader.ReadByte();
        CheckFlags(ref reader, flags, version);
        ushort keepAlive = reader.ReadUInt16();
        MqttProperties? properties =
            version == MqttProtocolVersion.V5 ? PropertyCodec.Read(ref reader, PacketType.Connect) : null;
        string clientId = reader.ReadString();
        if (clientId.Length == 0 && version == MqttProtocolVersion.V311 && (flags & CleanStartFlag) == 0)
        {
            reader.Fail(Malformed.ClientIdMissing);
        }

        return new ConnectPacket
        {
            Version = version, ClientId = clientId, KeepAliveSeconds = keepAlive, Properties = properties,
            CleanStart = (flags & CleanStartFlag) != 0,
            Will = (flags & WillFlag) != 0 ? DecodeWill(ref reader, flags, version) : null,
            UserName = (flags & UserFlag) != 0 ? reader.ReadString() : null,
            Password = (flags & PasswordFlag) != 0 ? (ReadOnlyMemory<byte>?)reader.ReadBinary().ToArray() : null,
        };
    }

    // The record's own text would print the password.
    public override string ToString() => $"ConnectPacket {{ Version = {Version}, ClientId = {ClientId} }}";

    protected override void EncodeBody(PacketBuffer buffer, MqttProtocolVersion version)
    {
        buffer.WriteBinary("MQTT"u8);
        buffer.WriteByte((byte)Version);
        buffer.WriteByte((byte)Flags());
        buffer.WriteUInt16(KeepAliveSeconds);
        if (Version == MqttProtocolVersion.V5)
        {
            PropertyCodec.Write(buffer, Properties);
        }

        buffer.WriteString(ClientId);
        EncodeWill(buffer);
        if (UserName is not null)
        {
            buffer.WriteString(UserName);
        }

        if (Password is { } password)
        {
            buffer.WriteBinary(password.Span);
        }
    }

    private static void CheckFlags(ref PacketReader reader, int flags, MqttProtocolVersion version)
    {
        bool will = (flags & WillFlag) != 0;
        bool wrong = (flags & 1) != 0
            || (!will && (flags & 0x38) != 0)
            || (flags & 0x18) == 0x18
            || (version == MqttProtocolVersion.V311 && (flags & (UserFlag | PasswordFlag)) == PasswordFlag);
        if (wrong)
        {
            reader.Fail(Malformed.ConnectFlags);
        }
    }

    private static MqttWill DecodeWill(ref PacketReader reader, int flags, MqttProtocolVersion version)
    {
        MqttProperties? properties =
            version == MqttProtocolVersion.V5 ? PropertyCodec.Read(ref reader, PropertyTable.Will) : null;
        ReadOnlySpan<byte> topic = reader.ReadBinary();
        Malformed malformed = topic.IsEmpty ? Malformed.TopicEmpty : PublishView.CheckTopic(topic);
        if (malformed != Malformed.None && !reader.Failed)
        {
            reader.Fail(malformed);
        }

        return new MqttWill
        {
            Topic = reader.Failed ? "" : System.Text.Encoding.UTF8.GetString(topic),
            Payload = reader.ReadBinary().ToArray(),
            QoS = (QualityOfService)(flags >> 3 & 3),
            Retain = (flags & WillRetainFlag) != 0,
            Properties = properties,
        };
    }

    private int Flags() =>
        (UserName is null ? 0 : UserFlag)
        | (Password is null ? 0 : PasswordFlag)
        | (Will is null ? 0 : WillFlag | (int)Will.QoS << 3 | (Will.Retain ? WillRetainFlag : 0))
        | (CleanStart ? CleanStartFlag : 0);

    private void EncodeWill(PacketBuffer buffer)
    {
        if (Will is null)
        {
            return;
        }

        if (Version == MqttProtocolVersion.V5)
        {
            PropertyCodec.Write(buffer, Will.Properties);
        }

        buffer.WriteString(Will.Topic);
        buffer.WriteBinary(Will.Payload.Span);
    }
}
