using System.Buffers;
using Fabric.Connectors.Mqtt;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Connectors.Tests.Mqtt;

public class DeliveryRingTests(ITestOutputHelper output)
{
    [Fact]
    public void Contains_what_was_added_and_only_as_many_as_it_has_room_for()
    {
        var ring = new DeliveryRing(3);
        for (ushort id = 1; id <= 4; id++)
        {
            ring.Add(id, 100u + id);
        }

        Assert.False(ring.Contains(1, 101));
        Assert.True(ring.Contains(2, 102));
        Assert.True(ring.Contains(4, 104));
        Assert.False(ring.Contains(4, 102));
        Assert.False(ring.Contains(2, 104));
    }

    [Fact]
    public void Written_and_read_again_it_knows_the_same()
    {
        var ring = new DeliveryRing(3);
        ring.Add(ushort.MaxValue, ulong.MaxValue);
        ring.Add(1, 0);
        ring.Add(2, 7);
        byte[] position = Write(ring);
        var again = new DeliveryRing(3);
        again.Read(position);

        Assert.True(again.Contains(ushort.MaxValue, ulong.MaxValue) && again.Contains(1, 0) && again.Contains(2, 7));
        Assert.Equal(position, Write(again));
        Assert.Equal(31, position.Length);
    }

    [Fact]
    public void Read_by_a_smaller_ring_keeps_the_newest()
    {
        var ring = new DeliveryRing(10);
        for (ushort id = 1; id <= 10; id++)
        {
            ring.Add(id, id);
        }

        var smaller = new DeliveryRing(2);
        smaller.Read(Write(ring));

        Assert.Equal([false, true, true], new ushort[] { 8, 9, 10 }.Select(id => smaller.Contains(id, id)));
    }

    [Theory]
    [InlineData(new byte[] { 2 })]
    [InlineData(new byte[] { 1, 0 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })]
    public void Read_of_something_else_is_refused(byte[] position) => Assert.Equal(
        "PROGRESS_UNREADABLE", Assert.Throws<ConnectorException>(() => new DeliveryRing(2).Read(position)).Code);

    [Fact]
    public void Read_of_an_empty_position_knows_nothing()
    {
        var ring = new DeliveryRing(2);
        ring.Read([]);
        Assert.Equal([1], Write(ring));
    }

    [Fact]
    public void Packet_id_that_is_used_again_stands_for_its_newest_message()
    {
        var ring = new DeliveryRing(3);
        ring.Add(1, 5);
        ring.Add(1, 6);
        Assert.False(ring.Contains(1, 5));
        Assert.Equal(11, Write(ring).Length);
        ring.Add(2, 7);
        ring.Add(3, 8);
        Assert.True(ring.Contains(1, 6));
        ring.Add(4, 9);
        Assert.False(ring.Contains(1, 6));
    }

    [Fact]
    public void Hash_tells_topics_payloads_and_their_border_apart()
    {
        var ring = new DeliveryRing(1);
        ulong[] hashes =
        [
            ring.HashOf("a", "b"u8), ring.HashOf("b", "a"u8), ring.HashOf("ab", ""u8), ring.HashOf("", "ab"u8),
            ring.HashOf("a", "a"u8), ring.HashOf("b", "b"u8), ring.HashOf("größe", "1"u8), ring.HashOf("grösse", "1"u8),
        ];
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
        Assert.Equal(ring.HashOf("a", "b"u8), ring.HashOf("a", "b"u8));
    }

    /// <summary>Against a list that is searched from its end.</summary>
    [Fact]
    public void Any_sequence_of_additions_leaves_the_last_ones()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 200; round++)
        {
            int capacity = random.Next(1, 20);
            var ring = new DeliveryRing(capacity);
            var model = new List<(ushort, ulong)>();
            for (int step = 0; step < 100; step++)
            {
                (ushort Id, ulong Hash) pair = ((ushort)random.Next(1, 6), (ulong)random.Next(3));
                ring.Add(pair.Id, pair.Hash);
                model.Add(pair);
                (ushort Id, ulong Hash) asked = ((ushort)random.Next(1, 6), (ulong)random.Next(3));
                (ushort Id, ulong Hash)[] kept = [.. model.TakeLast(capacity)];
                Assert.Equal(kept.LastOrDefault(one => one.Id == asked.Id) == asked, ring.Contains(asked.Id, asked.Hash));
                Assert.Equal(1 + (10 * kept.DistinctBy(one => one.Id).Count()), Write(ring).Length);
            }
        }
    }

    private static byte[] Write(DeliveryRing ring)
    {
        var output = new ArrayBufferWriter<byte>();
        ring.Write(output);
        return output.WrittenSpan.ToArray();
    }
}
