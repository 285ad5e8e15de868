namespace Fabric.Statistics;

/// <summary>How a p-value was computed.</summary>
public enum PValueMethod
{
    /// <summary>Exact distribution under the null hypothesis of two continuous samples; conservative when values are tied.</summary>
    Exact,

    /// <summary>Kolmogorov's limiting distribution: for samples too large for the exact one.</summary>
    Asymptotic,
}

/// <summary>Outcome of a two-sample Kolmogorov-Smirnov test.</summary>
/// <param name="D">Largest distance between the two empirical distribution functions, 0..1.</param>
/// <param name="P">Two-sided p-value, 0..1.</param>
/// <param name="ReferenceCount">Values in the first sample.</param>
/// <param name="CurrentCount">Values in the second sample.</param>
/// <param name="Method">How <paramref name="P"/> was computed.</param>
public readonly record struct TwoSampleResult(
    double D, double P, long ReferenceCount, long CurrentCount, PValueMethod Method);
