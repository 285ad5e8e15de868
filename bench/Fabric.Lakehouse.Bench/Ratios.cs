using System.Globalization;

namespace Fabric.Lakehouse.Bench;

/// <summary>Ratios of interleaved rounds: median, least and greatest.</summary>
internal static class Ratios
{
    public static string Tell(IEnumerable<double> ratios)
    {
        double[] sorted = [.. ratios.Order()];
        return string.Create(CultureInfo.InvariantCulture, $"{Median(sorted):0.00}x ({sorted[0]:0.00} to {sorted[^1]:0.00})");
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
