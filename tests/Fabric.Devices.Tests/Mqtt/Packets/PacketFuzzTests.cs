using System.Buffers;
using Fabric.Devices.Mqtt;
using Fabric.Devices.Mqtt.Packets;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Devices.Tests.Mqtt.Packets;

/// <summary>Mutated packets: done, more or malformed, and never anything else.</summary>
public class PacketFuzzTests(ITestOutputHelper output)
{
    private const int Inputs = 100_000;

    [Fact]
    public void Decode_of_mutated_packets_is_done_more_or_malformed()
    {
        int seed = Seed.Next();
        var random = new Random(seed);
        var histogram = new SortedDictionary<string, int>();
        int pastHeader = 0;
        for (int input = 0; input < Inputs; input++)
        {
            MqttProtocolVersion version = random.Next(3) == 0 ? MqttProtocolVersion.V311 : MqttProtocolVersion.V5;
            byte[] bytes = Mutate(PacketBytes.Encode(new RandomPackets(random, version).Next(), version), random);
            ReadOnlySequence<byte> sequence = random.Next(2) == 0 || bytes.Length == 0
                ? new ReadOnlySequence<byte>(bytes)
                : PacketBytes.Split(bytes, random.Next(1, 9));
            FrameStatus status = PacketDecoder.TryDecode(
                sequence, version, 1 << 16, out MqttPacket? packet, out int consumed, out Malformed malformed);

            Assert.Equal(status == FrameStatus.Done, packet is not null);
            Assert.Equal(status == FrameStatus.Malformed, malformed != Malformed.None);
            Assert.Equal(status == FrameStatus.Done, consumed > 0);
            if (packet is not null)
            {
                // What was accepted can be written, and read again.
                byte[] again = PacketBytes.Encode(packet, version);
                Assert.Equal(FrameStatus.Done, PacketBytes.Decode(again, version, out _, out _, out _));
            }

            pastHeader += FrameHeader.TryRead(sequence, 1 << 16, out FrameHeader header, out _) == FrameStatus.Done
                && sequence.Length >= header.PacketLength ? 1 : 0;
            string key = status == FrameStatus.Malformed ? malformed.ToString() : $"({status})";
            histogram[key] = histogram.GetValueOrDefault(key) + 1;
        }

        output.WriteLine($"seed {seed}; past the header: {100.0 * pastHeader / Inputs:0.0} %");
        foreach ((string key, int count) in histogram)
        {
            output.WriteLine($"{count,7}  {key}");
        }

        Assert.True(pastHeader > Inputs * 0.3, $"seed {seed}: only {pastHeader} past the header");
        string[] neverHit = [.. Enum.GetNames<Malformed>().Except(histogram.Keys).Except(["None", "TopicAliasInvalid"])];
        Assert.True(neverHit.Length == 0, $"seed {seed}: never hit: {string.Join(", ", neverHit)}");
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
