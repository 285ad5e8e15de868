using System.Text;
using Fabric.Devices.Mqtt;
using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Tests.Mqtt.Packets;

/// <summary>Packets as they stand on the wire. The bytes were made by mqtt-packet 9 (the codec of mqtt.js), field by field.</summary>
public class PacketVectorTests
{
    [Fact]
    public void Connect_of_version_5_with_will_and_properties()
    {
        ConnectPacket packet = Decode<ConnectPacket>(
            "10 3A"                                  // CONNECT, 58 bytes follow
            + "0004 4D515454 05"                     // "MQTT", level 5
            + "EE"                                   // user, password, will retain, will QoS 1, will, clean start
            + "003C"                                 // keep alive 60 s
            + "08 11 00000E10 21 0014"               // properties: session expiry 3600 s, receive maximum 20
            + "0004 65646765"                        // client id "edge"
            + "05 18 0000000A"                       // will properties: will delay 10 s
            + "0006 742F77696C6C 0004 676F6E65"      // will topic "t/will", payload "gone"
            + "0003 616E6E 0006 736563726574");      // user "ann", password "secret"

        Assert.Equal((MqttProtocolVersion.V5, "edge", true, (ushort)60), (packet.Version, packet.ClientId, packet.CleanStart, packet.KeepAliveSeconds));
        Assert.Equal(3_600u, packet.Properties!.SessionExpiryInterval);
        Assert.Equal(20, packet.Properties.ReceiveMaximum!.Value);
        Assert.Equal(("t/will", QualityOfService.AtLeastOnce, true), (packet.Will!.Topic, packet.Will.QoS, packet.Will.Retain));
        Assert.Equal("gone", Encoding.UTF8.GetString(packet.Will.Payload.Span));
        Assert.Equal(10u, packet.Will.Properties!.WillDelayInterval);
        Assert.Equal(("ann", "secret"), (packet.UserName, Encoding.UTF8.GetString(packet.Password!.Value.Span)));
        Assert.DoesNotContain("secret", packet.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Publish_of_version_311_at_qos_1()
    {
        PublishPacket packet = Decode<PublishPacket>(
            "3B 0B"                                  // PUBLISH, DUP, QoS 1, RETAIN; 11 bytes follow
            + "0003 612F62"                          // topic "a/b"
            + "000A"                                 // packet id 10
            + "32312E35",                            // payload "21.5"
            MqttProtocolVersion.V311);

        Assert.Equal(("a/b", (ushort)10, true, true), (packet.Topic, packet.PacketId, packet.Dup, packet.Retain));
        Assert.Equal("21.5", Encoding.UTF8.GetString(packet.Payload.Span));
    }

    [Fact]
    public void Publish_of_version_5_with_properties()
    {
        PublishPacket packet = Decode<PublishPacket>(
            "30 17"                                  // PUBLISH, QoS 0; 23 bytes follow
            + "0001 74"                              // topic "t"
            + "10"                                   // 16 bytes of properties
            + "01 01"                                //   payload is UTF-8
            + "02 00000E10"                          //   expires after 3600 s
            + "23 0005"                              //   topic alias 5
            + "26 0001 6B 0000"                      //   user property "k" = ""
            + "7B7D",                                // payload "{}"; one byte short on purpose, see below
            MqttProtocolVersion.V5, expectMore: true)!;
        Assert.Null(packet);
        packet = Decode<PublishPacket>("30 16 0001 74 10 01 01 02 00000E10 23 0005 26 0001 6B 0000 7B7D");

        Assert.True(packet.Properties!.PayloadIsUtf8);
        Assert.Equal(3_600u, packet.Properties.MessageExpiryInterval);
        Assert.Equal(5, packet.Properties.TopicAlias!.Value);
        Assert.Equal(new KeyValuePair<string, string>("k", ""), Assert.Single(packet.Properties.UserProperties));
    }

    [Fact]
    public void Suback_of_version_5_with_a_refusal()
    {
        SubackPacket packet = Decode<SubackPacket>(
            "90 06"                                  // SUBACK, 6 bytes follow
            + "0001 00"                              // packet id 1, no properties
            + "01 87 02");                           // granted QoS 1, not authorized, granted QoS 2

        Assert.Equal(
            [MqttReasonCode.GrantedQoS1, MqttReasonCode.NotAuthorized, MqttReasonCode.GrantedQoS2], packet.Reasons);
    }

    [Theory]
    [InlineData("36 00", Malformed.QualityOfServiceReserved)]
    [InlineData("38 03 0001 61", Malformed.DupWithoutAcknowledgement)]
    [InlineData("60 02 0001", Malformed.FixedHeaderFlags)]                       // PUBREL with flags 0
    [InlineData("F1 00", Malformed.FixedHeaderFlags)]
    [InlineData("32 06 0001 61 0000 00", Malformed.PacketIdZero)]
    [InlineData("30 03 0000 00", Malformed.TopicEmpty)]
    [InlineData("30 05 0002 612B 00", Malformed.TopicHasWildcard)]
    [InlineData("30 05 0002 C328 00", Malformed.TextNotUtf8)]
    [InlineData("30 05 0002 6100 00", Malformed.TextHasNul)]
    [InlineData("30 05 0009 6161 00", Malformed.Truncated)]
    [InlineData("30 05 0001 61 05 00", Malformed.PropertyOverrun)]
    [InlineData("30 06 0001 61 02 7E00", Malformed.PropertyUnknown)]
    [InlineData("30 07 0001 61 03 210001", Malformed.PropertyNotAllowedHere)]    // receive maximum
    [InlineData("30 08 0001 61 04 01000100", Malformed.PropertyTwice)]
    [InlineData("30 06 0001 61 02 0102", Malformed.PropertyValue)]               // a flag of 2
    [InlineData("30 07 0001 61 03 230000", Malformed.PropertyValue)]             // alias 0
    [InlineData("30 07 0001 61 80808001", Malformed.PropertyOverrun)]
    [InlineData("30 07 0001 61 80808080", Malformed.VariableIntegerTooLong)]
    [InlineData("20 03 02 00 00", Malformed.ConnackFlags)]
    [InlineData("20 03 00 01 00", Malformed.ReasonCodeUnknown)]
    [InlineData("40 05 0001 01 00 FF", Malformed.ReasonCodeUnknown)]
    [InlineData("40 05 0001 00 00 FF", Malformed.TrailingBytes)]
    [InlineData("90 03 0001 00", Malformed.NoReasonCodes)]
    [InlineData("82 03 0001 00", Malformed.NoFilters)]
    [InlineData("82 07 0001 00 0001 61 C0", Malformed.SubscriptionOptions)]
    [InlineData("82 08 0001 00 0002 2361 00", Malformed.FilterInvalid)]
    [InlineData("10 0D 0004 4D515454 05 01 0000 00 0000", Malformed.ConnectFlags)]
    [InlineData("10 0D 0004 4D515455 05 00 0000 00 0000", Malformed.ProtocolName)]
    [InlineData("10 0D 0004 4D515454 06 00 0000 00 0000", Malformed.ProtocolVersion)]
    [InlineData("10 0C 0004 4D515454 04 00 0000 0000", Malformed.ClientIdMissing)]
    public void Malformed_packet_is_named(string hex, object expected)
    {
        FrameStatus status = PacketBytes.Decode(Bytes(hex), MqttProtocolVersion.V5, out _, out int consumed, out Malformed malformed);
        Assert.Equal((FrameStatus.Malformed, 0, (Malformed)expected), (status, consumed, malformed));
    }

    private static TPacket Decode<TPacket>(
        string hex, MqttProtocolVersion version = MqttProtocolVersion.V5, bool expectMore = false)
        where TPacket : MqttPacket
    {
        byte[] bytes = Bytes(hex);
        FrameStatus status = PacketBytes.Decode(bytes, version, out MqttPacket? packet, out int consumed, out Malformed malformed);
        if (expectMore)
        {
            Assert.Equal(FrameStatus.More, status);
            return null!;
        }

        Assert.True(status == FrameStatus.Done, malformed.ToString());
        Assert.Equal(bytes.Length, consumed);
        Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(PacketBytes.Encode(packet!, version)));
        return Assert.IsType<TPacket>(packet);
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
