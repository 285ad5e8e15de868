// Goals 7a and 7c: the two-sample Kolmogorov-Smirnov test, 1,000 against 1,000, exact D and exact p, beside scipy's
// ks_2samp(mode="exact") in the same run. Rounds are interleaved; medians and their range are printed.
using System.Diagnostics;
using System.Globalization;
using Fabric.Statistics;

const int size = 1000, rounds = 7;
var random = new Random(1);
double[] reference = Sample(0), current = Sample(0.05);
var window = new WindowCounts(new ReferenceSample(reference));
Array.ForEach(current, value => window.Add(value));
var kept = new List<double>();
var oneShot = new List<double>();
var scipy = new List<double>();
for (int round = -1; round < rounds; round++)
{
    double keptNs = Measure(() => window.Test().P);
    double oneShotNs = Measure(() => KolmogorovSmirnov.Test(reference, current).P);
    double scipyNs = Scipy();
    if (round >= 0)
    {
        kept.Add(keptNs);
        oneShot.Add(oneShotNs);
        scipy.Add(scipyNs);
    }
}

Print("7a kept window, D and p", kept, 60);
Print("7c one shot, unsorted", oneShot, 4);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"scipy exact: median {Median(scipy) / 1000:0.0} us"));

void Print(string what, List<double> ours, double goal)
{
    double[] ratios = [.. ours.Zip(scipy, (mine, theirs) => theirs / mine).Order()];
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{what}: median {Median(ours) / 1000:0.00} us, {ratios[ratios.Length / 2]:0}x scipy ({ratios[0]:0} to {ratios[^1]:0}), goal {goal:0}x"));
}

double[] Sample(double shift) => [.. Enumerable.Range(0, size).Select(_ =>
    shift + (Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

static double Measure(Func<double> call)
{
    double sink = 0;
    int calls = 0;
    long start = Stopwatch.GetTimestamp();
    while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMilliseconds(400))
    {
        for (int i = 0; i < 50; i++, calls++)
        {
            sink += call();
        }
    }

    double nanoseconds = Stopwatch.GetElapsedTime(start).TotalNanoseconds / calls;
    return double.IsNaN(sink) ? throw new InvalidOperationException("no p-value") : nanoseconds;
}

static double Scipy()
{
    const string script = """
        import timeit, numpy as np
        from scipy.stats import ks_2samp
        r = np.random.default_rng(1); a = r.normal(size=1000); b = r.normal(0.05, size=1000)
        f = lambda: ks_2samp(a, b, mode="exact")
        [f() for _ in range(30)]
        print(timeit.timeit(f, number=500) / 500 * 1e9)
        """;
    using Process python = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", script]) { RedirectStandardOutput = true })!;
    string text = python.StandardOutput.ReadToEnd();
    python.WaitForExit();
    return double.Parse(text, CultureInfo.InvariantCulture);
}
