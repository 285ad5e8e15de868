using System.Buffers;

namespace Fabric.Statistics;

/// <summary>Two-sample Kolmogorov-Smirnov test of two unsorted samples, without kept state. Pure, thread-safe.</summary>
public static class KolmogorovSmirnov
{
    /// <summary>Exact D, and p as <see cref="KolmogorovSmirnovDistribution.Survival"/> gives it. Inputs are left as they are.</summary>
    /// <exception cref="ArgumentException">A sample is empty or contains NaN.</exception>
    public static TwoSampleResult Test(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        if (reference.IsEmpty || current.IsEmpty)
        {
            throw new ArgumentException("Both samples need at least one value");
        }

        double[] a = ArrayPool<double>.Shared.Rent(reference.Length);
        double[] b = ArrayPool<double>.Shared.Rent(current.Length);
        try
        {
            Span<double> first = Sorted(reference, a), second = Sorted(current, b);
            long scaled = LargestDistance(first, second);
            long g = KolmogorovSmirnovDistribution.GreatestCommonDivisor(first.Length, second.Length);
            double p = KolmogorovSmirnovDistribution.Survival(
                first.Length, second.Length, scaled / g, out PValueMethod method);
            double d = scaled / ((double)first.Length * second.Length);
            return new TwoSampleResult(d, p, first.Length, second.Length, method);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(a);
            ArrayPool<double>.Shared.Return(b);
        }
    }

    private static Span<double> Sorted(ReadOnlySpan<double> values, double[] buffer)
    {
        Span<double> sorted = buffer.AsSpan(0, values.Length);
        values.CopyTo(sorted);
        sorted.Sort();
        if (double.IsNaN(sorted[0]))
        {
            throw new ArgumentException("NaN is not a value of a sample");
        }

        return sorted;
    }

    /// <summary>max |F − G| · m · n, walking both samples in order and stepping over ties together.</summary>
    private static long LargestDistance(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        long m = a.Length, n = b.Length, largest = 0;
        int i = 0, j = 0;
        while (i < a.Length && j < b.Length)
        {
            double at = Math.Min(a[i], b[j]);
            while (i < a.Length && a[i] == at)
            {
                i++;
            }

            while (j < b.Length && b[j] == at)
            {
                j++;
            }

            largest = Math.Max(largest, Math.Abs((i * n) - (j * m)));
        }

        return largest;
    }
}
