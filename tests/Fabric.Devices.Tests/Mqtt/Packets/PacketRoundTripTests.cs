using System.Buffers;
using Fabric.Devices.Mqtt;
using Fabric.Devices.Mqtt.Packets;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Devices.Tests.Mqtt.Packets;

public class PacketRoundTripTests(ITestOutputHelper output)
{
    private const int PacketBytesMax = 1 << 20;

    [Theory]
    [InlineData(MqttProtocolVersion.V5)]
    [InlineData(MqttProtocolVersion.V311)]
    public void Decode_of_an_encoded_packet_encodes_to_the_same_bytes(MqttProtocolVersion version)
    {
        RandomPackets packets = Packets(version);
        for (int round = 0; round < 5_000; round++)
        {
            byte[] bytes = PacketBytes.Encode(packets.Next(), version);
            FrameStatus status = PacketBytes.Decode(bytes, version, out MqttPacket? decoded, out int consumed, out _);

            Assert.Equal(FrameStatus.Done, status);
            Assert.Equal(bytes.Length, consumed);
            Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(PacketBytes.Encode(decoded!, version)));
        }
    }

    [Theory]
    [InlineData(MqttProtocolVersion.V5)]
    [InlineData(MqttProtocolVersion.V311)]
    public void Decode_truncated_at_every_byte_asks_for_more_and_consumes_nothing(MqttProtocolVersion version)
    {
        RandomPackets packets = Packets(version);
        for (int round = 0; round < 300; round++)
        {
            byte[] bytes = PacketBytes.Encode(packets.Next(), version);
            for (int length = 0; length < bytes.Length; length++)
            {
                FrameStatus status = PacketBytes.Decode(bytes.AsMemory(0, length), version, out MqttPacket? packet, out int consumed, out _);
                Assert.Equal(FrameStatus.More, status);
                Assert.Equal(0, consumed);
                Assert.Null(packet);
            }
        }
    }

    /// <summary>A body that is shorter than its fields say, with a remaining length that fits: never done with other contents.</summary>
    [Fact]
    public void Decode_body_cut_at_every_byte_is_malformed_or_a_shorter_valid_packet()
    {
        RandomPackets packets = Packets(MqttProtocolVersion.V5);
        for (int round = 0; round < 300; round++)
        {
            byte[] bytes = PacketBytes.Encode(packets.Next(), MqttProtocolVersion.V5);
            Assert.Equal(FrameStatus.Done, FrameHeader.TryRead(bytes, PacketBytesMax, out FrameHeader header, out _));
            for (int length = 0; length < header.BodyLength; length++)
            {
                ReadOnlySpan<byte> body = bytes.AsSpan(header.HeaderLength, length);
                MqttPacket? packet = PacketDecoder.Decode(header, body, MqttProtocolVersion.V5, out Malformed malformed);
                Assert.Equal(packet is null, malformed != Malformed.None);
                if (packet is not null)
                {
                    byte[] again = PacketBytes.Encode(packet, MqttProtocolVersion.V5);
                    Assert.Equal(FrameStatus.Done, PacketBytes.Decode(again, MqttProtocolVersion.V5, out _, out _, out _));
                }
            }
        }
    }

    [Fact]
    public void Decode_over_segments_of_one_byte_gives_the_same_packet()
    {
        RandomPackets packets = Packets(MqttProtocolVersion.V5);
        for (int round = 0; round < 200; round++)
        {
            byte[] bytes = PacketBytes.Encode(packets.Next(), MqttProtocolVersion.V5);
            ReadOnlySequence<byte> sequence = PacketBytes.Split(bytes, 1);
            FrameStatus status = PacketDecoder.TryDecode(
                sequence, MqttProtocolVersion.V5, PacketBytesMax, out MqttPacket? packet, out int consumed, out _);
            Assert.Equal(FrameStatus.Done, status);
            Assert.Equal(bytes.Length, consumed);
            Assert.Equal(bytes, PacketBytes.Encode(packet!, MqttProtocolVersion.V5));
        }
    }

    [Fact]
    public void TryRead_refuses_a_length_over_the_limit_before_the_body_is_there()
    {
        // PUBLISH, remaining length 268,435,455
        byte[] bytes = [0x30, 0xFF, 0xFF, 0xFF, 0x7F];
        Assert.Equal(FrameStatus.Malformed, FrameHeader.TryRead(bytes, PacketBytesMax, out _, out Malformed malformed));
        Assert.Equal(Malformed.PacketTooLarge, malformed);
    }

    [Fact]
    public void TryRead_refuses_a_fifth_length_byte()
    {
        byte[] bytes = [0x30, 0xFF, 0xFF, 0xFF, 0xFF];
        Assert.Equal(FrameStatus.Malformed, FrameHeader.TryRead(bytes, PacketBytesMax, out _, out Malformed malformed));
        Assert.Equal(Malformed.RemainingLengthTooLong, malformed);
    }

    private RandomPackets Packets(MqttProtocolVersion version)
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        return new RandomPackets(new Random(seed), version);
    }
}
