using Fabric.Streams.Testing;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Streams.Tests.Windows;

/// <summary>The final results do not depend on how partitions are interleaved, nor on how many there are.</summary>
public sealed class InterleavingTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Size = TimeSpan.FromSeconds(10);

    [Fact]
    public void Results_are_the_same_whatever_the_interleaving_and_the_number_of_partitions()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        Dictionary<string, Queue<(long Value, long TimestampMs)>> devices = Enumerable.Range(0, 12).ToDictionary(
            index => $"device{index}", index => new Queue<(long, long)>(Readings(random, index)));
        SortedSet<string>? expected = null;
        foreach (int partitions in (int[])[1, 2, 8])
        {
            for (int round = 0; round < 10; round++)
            {
                SortedSet<string> results = Run(devices, partitions, random);
                expected ??= results;
                Assert.Equal(expected, results);
            }
        }

        output.WriteLine($"{expected!.Count} results");
        Assert.True(expected.Count > 100);
    }

    /// <summary>Out of order within bounds, some beyond the grace period, some pauses.</summary>
    private static IEnumerable<(long Value, long TimestampMs)> Readings(Random random, int device)
    {
        long timeMs = 1_000 * random.Next(1, 100);
        for (int i = 0; i < 200; i++)
        {
            timeMs += random.Next(20) == 0 ? random.Next(60_000) : random.Next(2_000);
            long backMs = random.Next(4) == 0 ? random.Next(20_000) : 0;
            yield return (device + i, Math.Max(0, timeMs - backMs));
        }
    }

    private static SortedSet<string> Run(
        Dictionary<string, Queue<(long Value, long TimestampMs)>> devices, int partitions, Random random)
    {
        SortedSet<string> results = new(StringComparer.Ordinal);
        using Pipeline pipeline = Pipeline.Of(
            stream => stream.GroupByKey().WindowedBy(TimeWindows.OfSizeAndGrace(Size, TimeSpan.FromSeconds(5)))
                .LateRecordsTo("late")
                .Aggregate(() => 0L, (_, value, sum) => sum + value, Materialized.As("sums", Serdes.String, Serdes.Long))
                .ToStream().ForEach((window, sum) => results.Add($"{window} {sum} r{window.Revision} {window.Completeness}")),
            new TestDriverOptions { Partitions = partitions });
        List<(string Key, Queue<(long Value, long TimestampMs)> Left)> left =
            [.. devices.Select(device => (device.Key, new Queue<(long, long)>(device.Value)))];
        while (left.Count > 0)
        {
            int at = random.Next(left.Count);
            for (int burst = random.Next(1, 30); burst > 0 && left[at].Left.TryDequeue(out (long Value, long TimestampMs) next); burst--)
            {
                pipeline.Input.PipeInput(left[at].Key, next.Value, next.TimestampMs);
            }

            if (left[at].Left.Count == 0)
            {
                left.RemoveAt(at);
            }
        }

        pipeline.Driver.AdvanceWallClock(TimeSpan.FromMinutes(2));
        foreach (string late in pipeline.Read("late").GroupBy(text => text).Select(group => $"late {group.Key} x{group.Count()}"))
        {
            results.Add(late);
        }

        return results;
    }
}
