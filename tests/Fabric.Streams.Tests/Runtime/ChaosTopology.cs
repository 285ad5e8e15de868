using System.Text;

namespace Fabric.Streams.Tests.Runtime;

/// <summary>
/// What the kill and rebalance tests run: every record passed on once, and counted by its last digit through a repartition
/// topic and a store. A record doubled or lost shows in one or the other.
/// </summary>
internal static class ChaosTopology
{
    public const int Partitions = 4;

    public static string[] Topics(string prefix) => [$"{prefix}-in", $"{prefix}-copy", $"{prefix}-counts"];

    public static Topology Build(string prefix)
    {
        var builder = new StreamBuilder();
        IKStream<string, string> input = builder.Stream<string, string>($"{prefix}-in");
        input.MapValues(value => value + "!").To($"{prefix}-copy");
        input.GroupBy((_, value) => value[^1..], Grouped.With("byDigit", Serdes.String, Serdes.String))
            .Count(Materialized.As<string, long>("counts")).ToStream().To($"{prefix}-counts");
        return builder.Build();
    }

    public static StreamsConfig Config(string prefix, string node) =>
        Running.Config(prefix, node) with { CommitInterval = TimeSpan.FromMilliseconds(50) };

    /// <summary>Waits until everything is through, then holds outputs and state to the input: 0 lost, 0 doubled.</summary>
    public static void Verify(BrokerFixture broker, string prefix, int records)
    {
        broker.ReadUntil($"{prefix}-copy", Partitions, copies => copies.Count >= records, TimeSpan.FromMinutes(3));
        broker.ReadUntil(
            $"{prefix}-counts", Partitions, counts => counts.Count >= records, TimeSpan.FromMinutes(3));
        List<string> copies = [.. broker.ReadAll($"{prefix}-copy", Partitions).Select(copy => BrokerFixture.Text(copy.Value))];
        Assert.Equal(0, records - copies.Distinct().Count());
        Assert.Equal(0, copies.Count - copies.Distinct().Count());
        Dictionary<string, long> expected = Enumerable.Range(0, records).GroupBy(index => $"{index}"[^1..])
            .ToDictionary(group => group.Key, group => group.LongCount());
        Assert.Equal(expected.OrderBy(pair => pair.Key), Last(broker, $"{prefix}-counts").OrderBy(pair => pair.Key));
        Assert.Equal(expected.OrderBy(pair => pair.Key), Last(broker, $"{prefix}-counts-changelog").OrderBy(pair => pair.Key));
    }

    private static Dictionary<string, long> Last(BrokerFixture broker, string topic) =>
        broker.ReadAll(topic, Partitions).GroupBy(record => Encoding.UTF8.GetString(record.Key!))
            .ToDictionary(group => group.Key, group => Serdes.Long.Deserialize(group.Last().Value, default));
}
