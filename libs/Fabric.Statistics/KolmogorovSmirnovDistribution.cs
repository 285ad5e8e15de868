using System.Buffers;

namespace Fabric.Statistics;

/// <summary>
/// Distribution of the two-sample Kolmogorov-Smirnov statistic under the null hypothesis. Pure functions, thread-safe.
/// </summary>
/// <remarks>
/// The statistic is given as an integer distance, so that no comparison depends on rounding: with <c>g = gcd(m, n)</c>,
/// D = distance · g / (m · n). With ties the true null distribution lies on fewer points and the p-value given here is
/// an upper bound (conservative).
/// </remarks>
public static class KolmogorovSmirnovDistribution
{
    /// <summary>Samples up to this size get an exact p-value; the work grows with the product of both sizes.</summary>
    public const int ExactSizeMax = 10_000;

    /// <summary>Probability of a distance at least as large as the observed one.</summary>
    /// <param name="m">Size of one sample, at least 1.</param>
    /// <param name="n">Size of the other, at least 1.</param>
    /// <param name="distance">max |F − G| · lcm(m, n), 0..lcm(m, n).</param>
    public static double Survival(long m, long n, long distance, out PValueMethod method)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(m, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(distance);
        if (Math.Max(m, n) > ExactSizeMax)
        {
            method = PValueMethod.Asymptotic;
            double d = distance / ((double)m / GreatestCommonDivisor(m, n) * n);
            return AsymptoticSurvival(Math.Sqrt((double)m * n / (m + n)) * d);
        }

        method = PValueMethod.Exact;
        if (distance == 0)
        {
            return 1;
        }

        return m == n ? SurvivalEqual((int)m, distance) : SurvivalUnequal((int)m, (int)n, distance);
    }

    /// <summary>Kolmogorov's limit: 2 Σ (−1)^(k−1) exp(−2 k² x²) (Kolmogorov 1933; Smirnov 1939).</summary>
    /// <param name="x">D · sqrt(m n / (m + n)).</param>
    public static double AsymptoticSurvival(double x)
    {
        if (x < 0.2)
        {
            return 1; // 1 minus less than 1e-12 (dual series); the alternating series converges slowly here
        }

        double sum = 0;
        for (int k = 1; k <= 100; k++)
        {
            double term = Math.Exp(-2.0 * k * k * x * x);
            sum += (k & 1) == 1 ? term : -term;
            if (term < 1e-18 * Math.Abs(sum))
            {
                break;
            }
        }

        return Math.Clamp(2 * sum, 0, 1);
    }

    internal static long GreatestCommonDivisor(long a, long b)
    {
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }

        return a;
    }

    /// <summary>
    /// Equal sizes: reflection principle (Gnedenko &amp; Korolyuk 1951),
    /// P = 2 [C(2n, n−h) − C(2n, n−2h) + …] / C(2n, n), by Horner's scheme from the last term: O(n) and free of cancellation.
    /// </summary>
    private static double SurvivalEqual(int n, long h)
    {
        double p = 0;
        for (long k = n / h; k >= 1; k--)
        {
            // Ratio of the k-th binomial to the one before: Π_{j=0}^{h-1} (n − (k−1)h − j) / (n + (k−1)h + j + 1).
            double ratio = 1;
            long low = n - ((k - 1) * h), high = n + ((k - 1) * h) + 1;
            for (long j = 0; j < h; j++)
            {
                ratio *= (double)(low - j) / (high + j);
            }

            p = ratio * (1 - p);
        }

        return Math.Clamp(2 * p, 0, 1);
    }

    /// <summary>
    /// Unequal sizes: u(i, j) is the probability that a random lattice path to (i, j) has touched the region where the
    /// distance is reached; u = 1 there, else i/(i+j)·u(i−1, j) + j/(i+j)·u(i, j−1) (Viehmann 2021, arXiv:2102.08037).
    /// All terms are positive, so small p-values keep their relative accuracy. O(m·n) time bounded by the band, O(n) memory.
    /// </summary>
    private static double SurvivalUnequal(int m, int n, long distance)
    {
        if (m > n)
        {
            (m, n) = (n, m);
        }

        long g = GreatestCommonDivisor(m, n);
        long stepI = n / g, stepJ = m / g;
        double[] row = ArrayPool<double>.Shared.Rent(n + 1);
        double[] inverse = ArrayPool<double>.Shared.Rent(m + n + 1);
        try
        {
            for (int k = 1; k <= m + n; k++)
            {
                inverse[k] = 1.0 / k;
            }

            Array.Fill(row, 1.0, 0, n + 1);
            for (int i = 0; i <= m; i++)
            {
                // Inside the band: |i·stepI − j·stepJ| < distance.
                long first = Math.Max(0, FloorDivide((i * stepI) - distance, stepJ) + 1);
                long last = Math.Min(n, FloorDivide((i * stepI) + distance - 1, stepJ));
                FillRow(row, inverse, i, (int)first, (int)last);
                if (last + 1 <= n)
                {
                    row[last + 1] = 1;
                }
            }

            return Math.Clamp(row[n], 0, 1);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(row);
            ArrayPool<double>.Shared.Return(inverse);
        }
    }

    private static void FillRow(double[] row, double[] inverse, int i, int first, int last)
    {
        double left = 1;
        int j = first;
        if (j == 0)
        {
            left = i == 0 ? 0 : row[0];
            row[0] = left;
            j = 1;
        }
        else
        {
            row[first - 1] = 1;
        }

        for (; j <= last; j++)
        {
            double weight = inverse[i + j];
            left = ((i * row[j]) + (j * left)) * weight;
            row[j] = left;
        }
    }

    private static long FloorDivide(long a, long b) => a >= 0 ? a / b : -((-a + b - 1) / b);
}
