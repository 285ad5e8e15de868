using System.Buffers;
using Fabric.Avro;
using Fabric.Statistics;
using Fabric.Testing;
using Fabric.Topologies.Drift;
using Xunit.Abstractions;

namespace Fabric.Topologies.Tests;

public sealed class WindowSlotsTests(ITestOutputHelper output)
{
    [Fact]
    public void Counts_are_those_of_the_statistics_whatever_is_taken_back_or_restored()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 200; round++)
        {
            Baseline baseline = DriftWorld.BaselineOf(
                Enumerable.Range(0, random.Next(1, 200)).Select(_ => (double)random.Next(100)));
            BaselineSample sample = baseline.Find("a", "vibration")!;
            var expected = new WindowCounts(sample.Sample);
            WindowSlots slots = WindowSlots.Empty(sample);
            for (int i = random.Next(2000); i > 0; i--)
            {
                double value = random.Next(-10, 220) / 2.0;
                WindowSlots next = slots.With(value, sample);
                if (random.Next(4) == 0)
                {
                    continue; // processing threw: the older version stands
                }

                slots = random.Next(50) == 0 ? Restored(next) : next;
                Assert.True(expected.Add(value));
            }

            Assert.Equal(expected.Slots.ToArray(), slots.Expand());
            Assert.Equal(expected.Count, slots.Count);
            Assert.True(Restored(slots).IsOf(sample));
        }
    }

    private static WindowSlots Restored(WindowSlots slots)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var writer = new AvroWriter(bytes);
        slots.Write(ref writer);
        writer.Flush();
        var reader = new AvroReader(bytes.WrittenSpan);
        WindowSlots read = WindowSlots.Read(ref reader);
        reader.ExpectEnd();
        return read;
    }
}
