using System.Buffers;
using Fabric.Devices.Mqtt;
using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Tests.Mqtt.Packets;

internal static class PacketBytes
{
    public static byte[] Encode(MqttPacket packet, MqttProtocolVersion version)
    {
        using var buffer = new PacketBuffer();
        packet.Encode(buffer, version);
        return buffer.WrittenSpan.ToArray();
    }

    public static FrameStatus Decode(
        ReadOnlyMemory<byte> bytes, MqttProtocolVersion version, out MqttPacket? packet, out int consumed, out Malformed malformed) =>
        PacketDecoder.TryDecode(new ReadOnlySequence<byte>(bytes), version, 1 << 20, out packet, out consumed, out malformed);

    /// <summary>The same bytes in segments of <paramref name="size"/>.</summary>
    public static ReadOnlySequence<byte> Split(byte[] bytes, int size)
    {
        Segment? first = null;
        Segment? last = null;
        for (int at = 0; at < bytes.Length; at += size)
        {
            last = new Segment(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)), last);
            first ??= last;
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
