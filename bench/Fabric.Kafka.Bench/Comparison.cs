using System.Globalization;

namespace Fabric.Kafka.Bench;

/// <summary>Pairs of figures, ours and the peer's, taken in turn; what counts is the median of their ratios.</summary>
internal sealed class Comparison(string what, string unit, string goal)
{
    // Fewer are good for a look, not for a figure.
    private static readonly int Rounds =
        int.Parse(Environment.GetEnvironmentVariable("FABRIC_BENCH_ROUNDS") ?? "7", CultureInfo.InvariantCulture);

    private readonly List<double> _ours = [];
    private readonly List<double> _peers = [];

    /// <summary>Runs every round of a measurement that fills comparisons, the first for nothing.</summary>
    /// <param name="round">Given the number of the round and whether it counts.</param>
    public static void Interleave(Action<int, bool> round)
    {
        for (int i = 0; i <= Rounds; i++)
        {
            round(i, i > 0);
        }
    }

    public void Add(double ours, double peer)
    {
        _ours.Add(ours);
        _peers.Add(peer);
    }

    public void Print()
    {
        double[] ratios = [.. _ours.Zip(_peers, (ours, peer) => ours / peer).Order()];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: ratio {ratios[ratios.Length / 2]:0.00} ({ratios[0]:0.00} to {ratios[^1]:0.00}), goal {goal}; "
            + $"ours {Median(_ours):0.###} {unit}, peer {Median(_peers):0.###} {unit}, {ratios.Length} rounds"));
    }

    public static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
