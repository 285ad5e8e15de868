using System.Buffers;
using Fabric.Devices.Mqtt;
using Fabric.Devices.Mqtt.Packets;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Devices.Tests.Mqtt.Packets;

/// <summary>Mutated packets: done, more or malformed, and never anything else.</summary>
public class PacketFuzzTests(ITestOutputHelper output)
{
    private const string More = "(needs more bytes)";
    private const int PacketBytesMax = 1 << 16;
    private const int BytesMax = 4 * PacketBytesMax;

    [Fact]
    public void Decode_of_mutated_packets_is_done_more_or_malformed()
    {
        int seed = Seed.Next();
        var random = new Random(seed);
        output.WriteLine($"seed {seed}");
        var histogram = new FuzzHistogram();
        for (int input = 0; input < FuzzHistogram.Inputs; input++)
        {
            MqttProtocolVersion version = random.Next(3) == 0 ? MqttProtocolVersion.V311 : MqttProtocolVersion.V5;
            byte[] bytes = Mutate(PacketBytes.Encode(new RandomPackets(random, version).Next(), version), random);
            ReadOnlySequence<byte> sequence = random.Next(2) == 0 || bytes.Length == 0
                ? new ReadOnlySequence<byte>(bytes)
                : PacketBytes.Split(bytes, random.Next(1, 9));
            (FrameStatus status, MqttPacket? packet, int consumed, Malformed malformed) = histogram.Measure(() => (
                PacketDecoder.TryDecode(
                    sequence, version, PacketBytesMax, out MqttPacket? decoded, out int length, out Malformed wrong),
                decoded, length, wrong));

            Assert.Equal(status == FrameStatus.Done, packet is not null);
            Assert.Equal(status == FrameStatus.Malformed, malformed != Malformed.None);
            Assert.Equal(status == FrameStatus.Done, consumed > 0);
            if (packet is not null)
            {
                // What was accepted can be written, and read again.
                byte[] again = PacketBytes.Encode(packet, version);
                Assert.Equal(FrameStatus.Done, PacketBytes.Decode(again, version, out _, out _, out _));
            }

            bool isPastHeader = FrameHeader.TryRead(sequence, PacketBytesMax, out FrameHeader header, out _) == FrameStatus.Done
                && sequence.Length >= header.PacketLength;
            histogram.Add(
                status switch { FrameStatus.Done => null, FrameStatus.More => More, _ => malformed.ToString() }, isPastHeader);
        }

        histogram.Print(output);

        // A topic alias is a matter of the connection, not of the packet.
        histogram.AssertCovers(
            Enum.GetNames<Malformed>().Except([nameof(Malformed.None), nameof(Malformed.TopicAliasInvalid)]).Append(More), BytesMax);
    }

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        var list = new List<byte>(bytes);
        for (int change = random.Next(0, 4); change > 0 && list.Count > 0; change--)
        {
            int at = random.Next(list.Count);
            switch (random.Next(9))
            {
                case 0: list[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: list[at] = (byte)random.Next(256); break;
                case 2: list[at] = 0; break;
                case 3: list[at] = 0xFF; break;
                case 4: list[0] ^= (byte)(1 << random.Next(8)); break;
                case 5: list.RemoveRange(at, Math.Min(random.Next(1, 5), list.Count - at)); FixLength(list); break;
                case 6: list.InsertRange(at, list.GetRange(at, Math.Min(random.Next(1, 12), list.Count - at))); FixLength(list); break;
                case 7: Property(list, random); FixLength(list); break;
                default: list.RemoveRange(at, list.Count - at); break;
            }
        }

        return [.. list];
    }

    // A property of any kind, right or wrong, where the properties of short packets begin.
    private static void Property(List<byte> list, Random random)
    {
        int at = Math.Min(list.Count, random.Next(2, 12));
        list.InsertRange(at, [(byte)random.Next(1, 43), 0, (byte)random.Next(3)]);
        list[Math.Max(1, at - 1)] = 3;
    }

    // The remaining length of the changed body, so that mutations get past the header.
    private static void FixLength(List<byte> list)
    {
        if (list.Count < 2)
        {
            return;
        }

        int end = 1;
        while (end < list.Count - 1 && end < 4 && list[end] >= 0x80)
        {
            end++;
        }

        list.RemoveRange(1, end);
        int length = list.Count - 1;
        var digits = new List<byte>();
        do
        {
            digits.Add((byte)((length & 0x7F) | (length > 0x7F ? 0x80 : 0)));
            length >>= 7;
        }
        while (length > 0);
        list.InsertRange(1, digits);
    }
}
