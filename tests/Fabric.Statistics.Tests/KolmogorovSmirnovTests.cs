using System.Globalization;
using System.Text;
using System.Text.Json;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Statistics.Tests;

public sealed class KolmogorovSmirnovTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(new double[] { 1 }, new double[] { 1 }, 0, 1)]
    [InlineData(new double[] { 1 }, new double[] { 2 }, 1, 1)]
    [InlineData(new double[] { 1, 2 }, new double[] { 3, 4 }, 1, 1.0 / 3)]
    [InlineData(new double[] { 1, 2, 3 }, new double[] { 4, 5 }, 1, 0.2)]
    [InlineData(new double[] { -0.0, double.NegativeInfinity }, new double[] { 0.0, double.NegativeInfinity }, 0, 1)]
    public void Test_small_samples_gives_the_combinatorial_value(double[] a, double[] b, double d, double p)
    {
        TwoSampleResult result = KolmogorovSmirnov.Test(a, b);
        Assert.Equal(d, result.D, 15);
        Assert.Equal(p, result.P, 14);
        Assert.Equal(PValueMethod.Exact, result.Method);
    }

    [Fact]
    public void Test_above_the_exact_size_says_it_is_asymptotic()
    {
        double[] values = [.. Enumerable.Range(0, KolmogorovSmirnovDistribution.ExactSizeMax + 1).Select(i => (double)i)];
        Assert.Equal(PValueMethod.Asymptotic, KolmogorovSmirnov.Test(values, values).Method);
        Assert.Equal(0.049999, KolmogorovSmirnovDistribution.AsymptoticSurvival(1.3581), 5);
    }

    [Fact]
    public void Test_empty_or_NaN_samples_are_refused()
    {
        Assert.Throws<ArgumentException>(() => KolmogorovSmirnov.Test([], [1]));
        Assert.Throws<ArgumentException>(() => KolmogorovSmirnov.Test([1], [double.NaN]));
        Assert.Throws<ArgumentException>(() => new ReferenceSample([double.NaN, 1]));
        Assert.Throws<ArgumentException>(() => new ReferenceSample([]));
    }

    [SkippableFact]
    public async Task Test_random_samples_agree_with_scipy()
    {
        Judge scipy = Judge.Python("scipy-ks.py");
        Skip.IfNot(scipy.IsPresent, scipy.Absent);
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var cases = Cases(new Random(seed)).ToList();
        var input = new StringBuilder();
        foreach ((double[] a, double[] b) in cases)
        {
            input.Append(CultureInfo.InvariantCulture, $"{{\"a\":[{Join(a)}],\"b\":[{Join(b)}]}}\n");
        }

        JudgeResult judged = await scipy.RunAsync(input.ToString(), TimeSpan.FromMinutes(5));
        Assert.True(judged.ExitCode == 0, judged.Error);
        string[] lines = judged.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(cases.Count, lines.Length);
        double worst = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            worst = Math.Max(worst, AssertAgrees(cases[i], JsonDocument.Parse(lines[i]).RootElement));
        }

        output.WriteLine($"measured {cases.Count} cases, largest relative difference of p {worst:E2}");
    }

    [Fact]
    public void WindowCounts_merge_and_remove_equal_the_window_itself()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 200; round++)
        {
            double[] reference = Sample(random, random.Next(1, 300), decimals: 1);
            double[] first = Sample(random, random.Next(1, 200), decimals: 1);
            double[] second = Sample(random, random.Next(0, 200), decimals: 1);
            var prepared = new ReferenceSample(reference);
            var window = new WindowCounts(prepared);
            var other = new WindowCounts(prepared);
            Array.ForEach(first, value => window.Add(value));
            Array.ForEach(second, value => other.Add(value));
            window.Merge(other.Slots);
            Assert.Equal(KolmogorovSmirnov.Test(reference, [.. first, .. second]), window.Test());
            Array.ForEach(second, window.Remove);
            Assert.Equal(KolmogorovSmirnov.Test(reference, first), window.Test());
            Assert.Equal(BruteCliffsDelta(reference, first), window.CliffsDelta(), 12);
        }
    }

    [Fact]
    public void WindowCounts_large_samples_use_the_wide_path()
    {
        var random = new Random(7);
        double[] reference = Sample(random, 60_000, decimals: 3);
        double[] current = Sample(random, 50_000, decimals: 3);
        var window = new WindowCounts(new ReferenceSample(reference));
        Array.ForEach(current, value => window.Add(value));
        Assert.Equal(KolmogorovSmirnov.Test(reference, current), window.Test());
    }

    [Fact]
    public void WindowCounts_NaN_is_not_counted_and_foreign_slots_are_refused()
    {
        var window = new WindowCounts(new ReferenceSample([1, 2]));
        Assert.False(window.Add(double.NaN));
        Assert.Equal(0, window.Count);
        Assert.Throws<InvalidOperationException>(() => window.Test());
        Assert.Throws<ArgumentException>(() => window.Merge([1]));
        Assert.Throws<InvalidOperationException>(() => window.Remove(1));
    }

    private static double AssertAgrees((double[] A, double[] B) sample, JsonElement judged)
    {
        TwoSampleResult oneShot = KolmogorovSmirnov.Test(sample.A, sample.B);
        var window = new WindowCounts(new ReferenceSample(sample.A));
        Array.ForEach(sample.B, value => window.Add(value));
        Assert.Equal(oneShot, window.Test());
        double d = judged.GetProperty("d").GetDouble(), p = judged.GetProperty("p").GetDouble();
        Assert.True(Math.Abs(d - oneShot.D) <= 1e-15 * Math.Max(1, d), $"D {oneShot.D:R}, scipy {d:R}");
        double relative = p == 0 ? 0 : Math.Abs(oneShot.P - p) / p;
        string sizes = $"{sample.A.Length} and {sample.B.Length}";
        Assert.True(p < 1e-12 || relative <= 1e-10, $"p {oneShot.P:R}, scipy {p:R}, D {d:R}, sizes {sizes}");
        return p < 1e-12 ? 0 : relative;
    }

    private static IEnumerable<(double[] A, double[] B)> Cases(Random random)
    {
        for (int i = 0; i < 600; i++)
        {
            int m = random.Next(1, i < 400 ? 60 : 1200), n = i % 3 == 0 ? m : random.Next(1, i < 400 ? 60 : 1200);
            double shift = random.NextDouble() * random.Next(0, 3), scale = i % 5 == 0 ? 2 : 1;
            double[] current = [.. Sample(random, n, i % 4).Select(value => (value * scale) + shift)];
            yield return (Sample(random, m, i % 4), current);
        }

        foreach ((int m, int n) in new[] { (10_000, 10_000), (10_000, 9_973), (10_000, 1), (7, 10_000), (5_000, 10_000) })
        {
            yield return (Sample(random, m, 15), [.. Sample(random, n, 15).Select(value => value + 0.05)]);
        }
    }

    private static double[] Sample(Random random, int count, int decimals) =>
        [.. Enumerable.Range(0, count).Select(_ => Math.Round(
            Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()), decimals))];

    private static double BruteCliffsDelta(double[] reference, double[] current)
    {
        long sum = 0;
        foreach (double x in current)
        {
            foreach (double y in reference)
            {
                sum += x.CompareTo(y);
            }
        }

        return sum / ((double)reference.Length * current.Length);
    }

    private static string Join(double[] values) =>
        string.Join(',', values.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
}
